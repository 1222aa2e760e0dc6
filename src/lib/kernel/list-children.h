/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-children.h - list the children of a group in one hierarchy. */
#pragma once

#include "lib/kernel/kernel-ops.h"

struct walk_entry {
	int directory;        /* that contains it */
	const char *name;     /* valid only during the callback */
	uint64_t id;          /* inode */
	uint64_t child_count; /* UINT64_MAX: not known */
};

/*
 * Calls `each` for every subdirectory of `directory` (may be O_PATH). Returns -ENOENT or -ENODEV if
 * the directory is removed meanwhile; entries that are removed are left out. With `count_children`,
 * children are counted by link count, so that groups without children need not be opened. Stops if
 * `each` returns a negative value, and returns that value.
 */
int walk_children(const struct kernel_ops *ops, int directory, bool count_children,
		  int (*each)(void *context, const struct walk_entry *entry), void *context);

/*
 * Calls `each` for every entry of `directory`, with the type from getdents64(2) and an open
 * descriptor of the directory. Stops if `each` returns a negative value, and returns that value.
 */
int walk_names(const struct kernel_ops *ops, int directory,
	       int (*each)(void *context, int fd, const char *name, uint8_t type, uint64_t inode),
	       void *context);
