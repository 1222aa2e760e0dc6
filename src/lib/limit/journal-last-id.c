/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-last-id.c - the number of the last change in a journal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/limit/journal-last-id.h"

/* The number of an intent, if all of its digits are there; 0: another line. */
static uint64_t id_of_line(const char *line)
{
	static const char *const start[] = {"{", "\"id\"", ":"};
	uint64_t id;
	char *after;

	for (size_t i = 0; i < ARRAY_SIZE(start); i++) {
		line += strspn(line, " \t\r");
		if (strncmp(line, start[i], strlen(start[i])) != 0)
			return 0;
		line += strlen(start[i]);
	}
	id = strtoull(line, &after, 10);
	/* JSON numbers are signed: a larger one is damaged. */
	return after[strspn(after, " \t\r")] == ',' && id < INT64_MAX ? id : 0;
}

/* The highest number of an intent in the text, which may begin within a line; 0: none. */
static uint64_t last_id_in(const char *text, size_t length, bool at_start)
{
	uint64_t last = 0, id;

	for (const char *end = text + length; text < end; at_start = true) {
		id = at_start ? id_of_line(text) : 0;
		last = id > last ? id : last;
		text = memchr(text, '\n', (size_t)(end - text));
		if (text == NULL)
			break;
		text++;
	}
	return last;
}

int journal_find_last_id(int fd, off_t file_size, uint64_t *ret_id)
{
	uint64_t last = 0;
	off_t size = 16384;

	while (last == 0) {
		off_t from = file_size > size ? file_size - size : 0;
		CLEANUP(cleanup_free) char *text = malloc((size_t)(file_size - from) + 1);
		ssize_t length;

		if (text == NULL)
			return -ENOMEM;
		length = pread(fd, text, (size_t)(file_size - from), from);
		if (length < 0)
			return -errno;
		text[length] = '\0';
		last = last_id_in(text, (size_t)length, from == 0);
		if (from == 0)
			break;
		size *= 4;
	}
	*ret_id = last;
	return 0;
}
