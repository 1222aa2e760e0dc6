/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.h - files collector: reads control files through open descriptors, one pread() per file. */
#pragma once

#include "lib/kernel/device-stack.h"
#include "lib/sample/collector.h"
#include "lib/sample/device-names.h"
#include "lib/sample/trace-values.h"

extern const struct collector_functions files_collector;

struct files {
	const struct cgw_layout *layout;
	struct group_tree *tree;
	const struct plan *plan;
	char *buffer;
	size_t buffer_size;
	size_t open_count, open_max; /* descriptors that stay open between samples */
	bool group_gone;             /* a read failed with ENODEV: the tree is outdated */
	struct decode_request active[CGW_METRIC_COUNT];
	struct cgw_number row[CGW_METRIC_COUNT]; /* of the group being read, by column */
	struct device_names device_names;
	struct device_stack device_stack;
	bool device_stack_known;
	struct trace_values traces;
	bool unread[CGW_METRIC_COUNT]; /* by column: only the file has it for the current group */
	bool reads_all;                /* no other collector provides anything */
	uint32_t hierarchies;          /* with files that are read for all groups */
	uint32_t whole_depth; /* of deeper groups, only files that are summed over descendants */
	size_t order_size;
	size_t *order;           /* the files of the plan as they are read */
	size_t usage_file_count; /* the first files of `order`, which contain the CPU usage */
	unsigned idle_interval;  /* see cgw_sampler_options */
	unsigned tick;
	bool read_all;             /* read everything in the next sample */
	struct cgw_snapshot *last; /* referenced; NULL: no values to reuse */
	struct cgw_snapshot *snapshot;
	struct coverage *coverage;
	uint32_t group; /* current index in the snapshot */
};

/* The plan is set later, and must stay at that address. */
int files_init(struct files *files, const struct cgw_layout *layout, struct group_tree *tree,
	       const struct plan *plan, size_t open_max);
/* Reads one file of a group into a row by column, without instances and texts. */
int files_peek(struct files *files, struct tree_group *group, size_t file, struct cgw_number *row);
/* Closes the group's files in these hierarchies. */
void files_forget(struct files *files, struct tree_group *group, uint32_t hierarchies);
/* Tries absent and denied files again, and empties the caches of devices. */
void files_retry_absent(struct files *files);

/* Shared by the files of the collector. */
/* The directory of a group in one hierarchy, opened with the first of its files. */
struct files_directory {
	int fd;    /* -1: not open */
	int error; /* of opening; 0: not tried */
	uint32_t hierarchy;
};
void files_directory_close(struct files *files, struct files_directory *directory);
/* Reads one file of the current group for these requests, into its row and the snapshot. */
int files_read_group(struct files *files, struct tree_group *group, size_t index,
		     const struct decode_request *requests, size_t count,
		     struct files_directory *directory);
/* Reads all groups of the tree into the snapshot, which must have the tree's newest topology. */
int files_collect(void *collector, struct cgw_snapshot *snapshot, struct coverage *coverage);
