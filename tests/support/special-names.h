/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * special-names.h - names of groups with characters that shells, terminals, CSV, JSON or Prometheus
 * interpret, and the inverse of cgw_escape().
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <cgward/base.h>

/* If a shell runs a command that is part of a name, it creates the file "marker". */
static const char *const special_names[] = {
	"$(>marker)",
	"`>marker`",
	"\\`>marker`",
	"\\$(>marker)",
	"a;>marker",
	"a&>marker",
	"a|>marker",
	"a\n>marker",
	"\">marker",
	"\";>marker;\"",
	"';>marker;'",
	"\\\";>marker;\"",
	"$HOME",
	"${HOME}",
	"$$",
	"$'\\x41'",
	"$((1+1))",
	"\\",
	"ends with a backslash\\",
	"\\\\",
	"\\x41",
	"\\n",
	"\\101",
	"app-gnome\\x2dw.scope",
	"!",
	"!!",
	"~",
	"~root",
	"#",
	"a # b",
	"*",
	"?",
	"[a-z]",
	"{a,b}",
	"a\tb",
	" leading space",
	"trailing space ",
	"two  spaces",
	"-n",
	"--help",
	"-1",
	"a=b",
	"=1+1",
	"+1",
	"@SUM(1)",
	"\tformula",
	"\rformula",
	"a,b",
	"a\"b",
	"a\r\nb",
	"%s%n",
	"\x01\x02\x1b[31m",
	"\x7f",
	"invalid \xff\xfe UTF-8",
	"\xc3",
	"\x80",
	"\xed\xa0\x80",
	"\xe2\x80\xae right to left",
	"\xef\xbb\xbf byte order mark",
	"\xc3\xa4\xe6\xbc\xa2\xe5\xad\x97",
	"a=\"1\" group=\"2\"",
	"} 1\n# EOF\n",
	"null",
	"NaN",
};

#define SPECIAL_NAME_COUNT (sizeof(special_names) / sizeof(special_names[0]))

static inline int special_name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In byte order, as the children of a group are. */
static inline void special_names_sorted(const char *names[SPECIAL_NAME_COUNT])
{
	memcpy(names, special_names, sizeof(special_names));
	qsort(names, SPECIAL_NAME_COUNT, sizeof(names[0]), special_name_compare);
}

/* Reverts cgw_escape(); the caller frees the result. */
static inline char *unescape(const char *text)
{
	char *bytes = strdup(text);

	if (bytes != NULL)
		(void)cgw_unescape(bytes);
	return bytes;
}

/* Reverts the escapes of formats for programs, which escape some more characters. */
static inline char *unescape_program(const char *text)
{
	static const char *const escapes[] = {"\\x20", "\\x22", "\\x24", "\\x60"};
	char *bytes = strdup(text), *at;

	for (size_t i = 0; bytes != NULL && i < sizeof(escapes) / sizeof(escapes[0]); i++)
		while ((at = strstr(bytes, escapes[i])) != NULL) {
			*at = " \"$`"[i];
			memmove(at + 1, at + 4, strlen(at + 4) + 1);
		}
	if (bytes != NULL)
		(void)cgw_unescape(bytes);
	return bytes;
}
