/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespaces.h - table of namespaces with counts of their processes. */
#pragma once

#include "lib/inspect/read-process.h"

/* A hash table of namespaces by kind and inode. Adding an item invalidates pointers to items. */
struct namespace_table {
	struct cgw_namespace *items;
	size_t count, size;
	size_t *slots; /* open addressing: index + 1; 0: free */
	size_t slot_count;
};

int namespace_table_add(struct namespace_table *table, enum cgw_namespace_kind kind, uint64_t inode,
			struct cgw_namespace **ret_namespace);
void namespace_table_done(struct namespace_table *table);

/* Reads from its example process: hostname, ID maps, time offsets, and if it is the host's. */
void namespace_describe(const struct process_context *context, struct cgw_namespace *namespace);

/* Sorts by kind, the host's first, then by descending number of processes, then by inode. */
void namespace_sort(struct cgw_namespace *namespaces, size_t count);

/* All processes that /proc shows, sorted by pid. */
struct process_scan {
	struct scanned_process {
		pid_t pid;
		uint64_t namespaces[CGW_NAMESPACE_COUNT]; /* 0: exited, or access denied */
	} * items;
	size_t count, size;
};

/* `all_kinds`: also other namespaces than that of mounts, which zombies do not have. */
int process_scan_read(const struct process_context *context, bool all_kinds,
		      struct process_scan *ret_scan);
void process_scan_done(struct process_scan *scan);

/* Counts `others` and `groups` over all processes except `own`, which is sorted by pid. */
int namespace_count_others(const struct process_context *context, const struct process_scan *scan,
			   const struct cgw_process *own, size_t own_count,
			   struct namespace_table *table);
