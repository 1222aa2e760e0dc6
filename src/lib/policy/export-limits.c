/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-limits.c - the controls of a group that differ from the default, as a [limit] section. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/policy/export-limits.h"
#include "lib/policy/policy-priv.h"

/* inih reads 200 bytes per line; the rest is for the key. */
#define PATH_MAX_BYTES 180

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

static uint32_t path_hash(const char *path)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	for (; *path != '\0'; path++)
		hash = (hash ^ (uint8_t)*path) * UINT32_C(16777619);
	return hash;
}

/*
 * Converts the path to a section name. "_" replaces slashes and invalid characters; if the result
 * is ambiguous or too long, a hash of the path is appended.
 */
static void section_name(const char *path, char *buffer, size_t size)
{
	const char *from = path + (path[1] != '\0');
	size_t space = size - sizeof("-12345678"), length = strlen(from);
	bool ambiguous = length > space || from[strspn(from, NAME_CHARACTERS "/")] != '\0';

	snprintf(buffer, ambiguous ? space + 1 : size, "%s",
		 from + (length > space ? length - space : 0));
	for (char *at = buffer; *at != '\0'; at++)
		if (strchr(NAME_CHARACTERS, *at) == NULL)
			*at = '_';
	length = strlen(buffer);
	if (ambiguous)
		snprintf(buffer + length, size - length, "-%08x", path_hash(path));
}

/* Reads the control's value. Returns false if there is none or it is the default. */
static bool read_non_default(const struct cgw_layout *layout, const char *path,
			     enum cgw_control control, char *value, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(control);

	/*
	 * Per-device values have no default, aliases of other controls would be duplicates, and a
	 * policy must not contain all controls.
	 */
	if (control_check_automatic(control, NULL) < 0 || info->instances ||
	    info->default_value == NULL || info->metric < 0)
		return false;
	if (cgw_control_read(layout, path, control, NULL, value, size, NULL) < 0)
		return false;
	/* "0s" equals "0". */
	if (value[0] == '0' && info->default_value[0] == '0' && strtod(value, NULL) == 0 &&
	    strtod(info->default_value, NULL) == 0)
		return false;
	return strcmp(value, info->default_value) != 0;
}

/* Whether the policy parser reads the text back unchanged, and not as a glob or comment. */
static bool is_exportable(const char *shown)
{
	size_t length = strlen(shown);

	return length <= PATH_MAX_BYTES && strpbrk(shown, "*?[{;#") == NULL &&
	       shown[length - 1] != ' ';
}

int export_header(const char *path, struct string_builder *text)
{
	const char *shown = ESCAPED(4 * PATH_MAX_BYTES, path);
	char name[40];

	if (strlen(path) > PATH_MAX_BYTES || !is_exportable(shown))
		return -EINVAL;
	section_name(path, name, sizeof(name));
	string_builder_printf(text, "[limit %s]\nmatch = %s\n", name, shown);
	return 0;
}

int export_section(const struct cgw_layout *layout, const char *path, char **ret_text)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};
	char value[256];
	bool any = false;
	int r = export_header(path, &text);

	if (r < 0)
		return r;
	for (size_t i = 0; i < CGW_CONTROL_COUNT; i++) {
		enum cgw_control control = (enum cgw_control)cgw_control_nth(i);

		if (!read_non_default(layout, path, control, value, sizeof(value)))
			continue;
		string_builder_printf(&text, "%s = %s\n", cgw_control_info(control)->key, value);
		any = true;
	}
	if (!any)
		return -ENODATA;
	if (text.error < 0)
		return text.error;
	*ret_text = string_builder_steal(&text);
	return 0;
}
