/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h - files collector: reads control files through open descriptors, one pread() per file.
 * Takes values from the BPF collector first if it is in use.
 */
#ifndef CGWARD_LIB_SAMPLE_FILES_H
#define CGWARD_LIB_SAMPLE_FILES_H

#include "lib/kernel/device-stack.h"
#include "lib/sample/device-names.h"
#include "lib/sample/read-plan.h"

struct bpf;

struct files {
	const struct cgw_layout *layout;
	struct plan plan;
	char *buffer;
	size_t buffer_size;
	size_t open_count, open_max; /* descriptors that stay open between samples */
	bool group_gone;             /* a read failed with ENODEV: the tree is outdated */
	struct decode_request active[CGW_METRIC_COUNT];
	struct cgw_number row[CGW_METRIC_COUNT]; /* of the group being read, by column */
	struct device_names device_names;
	struct device_stack device_stack;
	bool device_stack_known;
	const struct bpf *bpf;           /* takes precedence over files; or NULL */
	bool from_bpf[CGW_METRIC_COUNT]; /* by column: BPF provides it for the current group */
	size_t *rest;                    /* files that BPF does not provide completely */
	size_t rest_count;
	uint32_t uncovered; /* hierarchies with files that BPF does not provide at all */
	struct tree_group **incomplete; /* [row]: the group if its files must be read; else NULL */
	uint32_t incomplete_size;
	size_t usage_file_count; /* the first files of `rest`, which contain the CPU usage */
	unsigned idle_interval;  /* see cgw_sampler_options */
	unsigned tick;
	bool read_all;             /* read everything in the next sample */
	struct cgw_snapshot *last; /* referenced; NULL: no values to reuse */
	struct cgw_snapshot *snapshot;
	uint32_t group;  /* current index in the snapshot */
	uint32_t hidden; /* copy of tree.hidden */
};

int files_init(struct files *files, const struct cgw_layout *layout, size_t open_max);
/* Also closes the descriptors in the tree. */
void files_done(struct files *files, struct group_tree *tree);
/* Moves the plan, which is left empty; closes the descriptors of the old one. */
void files_set_plan(struct files *files, struct group_tree *tree, struct plan *plan);
/* Sets the BPF collector, or NULL; to be called again when its columns change. */
int files_set_bpf(struct files *files, const struct bpf *bpf);
/* Reads one file of a group into a row by column, without instances and texts. */
int files_peek(struct files *files, struct tree_group *group, size_t file, struct cgw_number *row);
/* Reads all groups of the tree into the snapshot, which must have the tree's newest topology. */
int files_collect(struct files *files, struct group_tree *tree, struct cgw_snapshot *snapshot);
/* Closes the group's files in these hierarchies. */
void files_forget(struct files *files, struct tree_group *group, uint32_t hierarchies);
/* Tries absent and denied files again, and empties the caches of devices. */
void files_retry_absent(struct files *files, struct group_tree *tree);

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

#endif
