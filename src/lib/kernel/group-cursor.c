/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-cursor.c - a layout that opens each group from the previously opened one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kernel/group-cursor.h"
#include "lib/kernel/kernel-file.h"

/* "../" this often fits into one system call. */
#define UP_MAX 1000
/* Paths of deep groups are mostly equal: compared in blocks of this size. */
#define COMPARE_BYTES 64

void group_cursor_init(struct group_cursor *cursor, const struct cgw_layout *layout)
{
	cursor->layout = *layout;
	cursor->layout.cursor = cursor;
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++) {
		cursor->last[h].fd = -1;
		cursor->last[h].path = NULL;
	}
}

static void forget(struct group_cursor *cursor, size_t hierarchy)
{
	if (cursor->last[hierarchy].fd >= 0)
		cursor->layout.ops->close(cursor->last[hierarchy].fd);
	free(cursor->last[hierarchy].path);
	cursor->last[hierarchy].fd = -1;
	cursor->last[hierarchy].path = NULL;
}

void group_cursor_done(struct group_cursor *cursor)
{
	for (size_t h = 0; h < CGW_HIERARCHY_MAX; h++)
		forget(cursor, h);
}

static size_t count_components(const char *path)
{
	size_t count = 0;

	for (; *path != '\0'; path++)
		count += *path == '/' && path[1] != '/' && path[1] != '\0';
	return count;
}

/* The length of the leading components that both paths have. */
static size_t common_length(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t shorter = a_length < b_length ? a_length : b_length, i = 0;

	while (i + COMPARE_BYTES <= shorter && memcmp(a + i, b + i, COMPARE_BYTES) == 0)
		i += COMPARE_BYTES;
	while (i < shorter && a[i] == b[i])
		i++;
	if ((a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/'))
		return i;
	while (i > 0 && a[--i] != '/')
		;
	return i;
}

int open_ancestor(const struct kernel_ops *ops, int fd, size_t levels, int *ret_fd)
{
	int at = fd;

	do {
		char up[3 * UP_MAX + 1] = ".";
		size_t step = levels < UP_MAX ? levels : UP_MAX;
		int above;

		for (size_t i = 0; i < step; i++)
			memcpy(up + 3 * i, "../", 4);
		above = ops->open_at(at, up, O_PATH | O_DIRECTORY);
		if (at != fd)
			ops->close(at);
		at = above;
		levels -= step;
	} while (at >= 0 && levels > 0);
	if (at < 0)
		return at;
	*ret_fd = at;
	return 0;
}

int group_cursor_open(struct group_cursor *cursor, size_t hierarchy, const char *path, int *ret_fd)
{
	const struct kernel_ops *ops = cursor->layout.ops;
	const char *last = cursor->last[hierarchy].path;
	size_t length = strlen(path), last_length, common;
	int above, r;

	if (length < CURSOR_LENGTH || last == NULL)
		return -ENOENT;
	last_length = strlen(last);
	common = common_length(last, last_length, path, length);
	/* Look up at least the last name: a removed directory can still be opened as ".". */
	while (path[common] == '\0' || (common > 0 && path[common] != '/'))
		common--;
	if (last_length - common + length - common >= length)
		return -ENOENT;
	r = open_ancestor(ops, cursor->last[hierarchy].fd, count_components(last + common), &above);
	if (r < 0)
		return r;
	r = file_open_beneath(ops, above, path + common, O_PATH | O_DIRECTORY, ret_fd);
	ops->close(above);
	return r;
}

void group_cursor_set(struct group_cursor *cursor, size_t hierarchy, const char *path, int fd)
{
	int copy;

	if (strlen(path) < CURSOR_LENGTH)
		return;
	forget(cursor, hierarchy);
	copy = cursor->layout.ops->open_at(fd, ".", O_PATH | O_DIRECTORY);
	if (copy < 0)
		return;
	cursor->last[hierarchy].path = strdup(path);
	if (cursor->last[hierarchy].path != NULL)
		cursor->last[hierarchy].fd = copy;
	else
		cursor->layout.ops->close(copy);
}
