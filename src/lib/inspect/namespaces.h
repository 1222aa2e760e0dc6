/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespaces.h - counting who is in which namespace. */
#ifndef CGWARD_LIB_INSPECT_NAMESPACES_H
#define CGWARD_LIB_INSPECT_NAMESPACES_H

#include "lib/inspect/read-process.h"

/*
 * Namespaces by (kind, inode), in a table that grows. Pointers into it do not outlive an addition.
 */
struct namespace_table {
	struct cgw_namespace *items;
	size_t count, size;
	size_t *slots; /* open addressing: index + 1, 0 is free */
	size_t slot_count;
};

int namespace_table_add(struct namespace_table *table, enum cgw_namespace_kind kind, uint64_t inode,
			struct cgw_namespace **ret_namespace);
struct cgw_namespace *namespace_table_find(const struct namespace_table *table,
					   enum cgw_namespace_kind kind, uint64_t inode);
void namespace_table_done(struct namespace_table *table);

/* Adds a path to those that share it, once; beyond CGW_NAMESPACE_GROUPS_MAX they are only counted. */
int namespace_add_group(struct cgw_namespace *namespace, const char *path);

/* Whether it is the machine's own, its hostname, maps and offsets; from its example. */
void namespace_describe(const struct process_context *context, struct cgw_namespace *namespace);

/* By kind, then the host's first, then the most used, then by inode. */
void namespace_sort(struct cgw_namespace *namespaces, size_t count);

/* Counts `others` and `groups` over all processes of the machine, but for those of `own`, by pid. */
int namespace_count_others(const struct process_context *context, const struct cgw_process *own,
			   size_t own_count, struct namespace_table *table);

#endif
