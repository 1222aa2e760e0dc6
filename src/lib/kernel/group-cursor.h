/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-cursor.h - a layout that opens each group from the previously opened one.
 *
 * Opening a group by its path takes time in proportion to its depth, so visiting a tree of 3,000
 * levels group by group would take minutes. Groups with long paths are therefore opened by the
 * steps up and down from the group opened before. Not thread-safe: each user has its own.
 */
#pragma once

#include "lib/kernel/kernel-ops.h"

/* Paths of real systems are shorter; they are always opened from the top. */
#define CURSOR_LENGTH 512

struct group_cursor {
	struct cgw_layout layout; /* a copy: cgw_group_open() on it uses the cursor */
	struct {
		int fd; /* O_PATH, or -1 */
		char *path;
	} last[CGW_HIERARCHY_MAX];
};

/* `layout` must outlive the cursor, which must not be moved. */
void group_cursor_init(struct group_cursor *cursor, const struct cgw_layout *layout);
void group_cursor_done(struct group_cursor *cursor);

/* -ENOENT: a short path, or nothing is nearer than the top: open it from there. */
int group_cursor_open(struct group_cursor *cursor, size_t hierarchy, const char *path, int *ret_fd);
/* The ancestor of an open group, `levels` above it. The kernel never moves a group elsewhere. */
int open_ancestor(const struct kernel_ops *ops, int fd, size_t levels, int *ret_fd);
/* Remembers an open group for the next one. */
void group_cursor_set(struct group_cursor *cursor, size_t hierarchy, const char *path, int fd);
