/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-children.h - the groups right beneath a group, in one hierarchy. */
#ifndef CGWARD_LIB_KERNEL_LIST_CHILDREN_H
#define CGWARD_LIB_KERNEL_LIST_CHILDREN_H

#include "lib/kernel/kernel-ops.h"

struct walk_entry {
	const char *name;     /* dies with the callback */
	uint64_t id;          /* inode */
	uint64_t child_count; /* UINT64_MAX: not known, look yourself */
};

/*
 * Calls `each` for every sub-directory of `directory` (O_PATH will do). A directory that goes away
 * meanwhile ends the list early: -ENOENT or -ENODEV; entries that vanish are left out. The child
 * count comes from link counts, so that leaves need not be opened. A negative result of `each` ends
 * the walk and is returned.
 */
int walk_children(const struct kernel_ops *ops, int directory, bool count_children,
		  int (*each)(void *context, const struct walk_entry *entry), void *context);

/*
 * Calls `each` for everything in `directory`, with getdents64()'s type and an open descriptor of the
 * directory. A negative result ends it and is returned.
 */
int walk_names(const struct kernel_ops *ops, int directory,
	       int (*each)(void *context, int fd, const char *name, uint8_t type, uint64_t inode),
	       void *context);

#endif
