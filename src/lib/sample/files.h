/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h - the collector that reads control files: held descriptors and one pread() each. It asks the BPF
 * collector first, where there is one.
 */
#ifndef CGWARD_LIB_SAMPLE_FILES_H
#define CGWARD_LIB_SAMPLE_FILES_H

#include "lib/sample/device-names.h"
#include "lib/sample/read-plan.h"

struct bpf;

struct files {
	const struct cgw_layout *layout;
	struct plan plan;
	char *buffer;
	size_t buffer_size;
	size_t held, held_max; /* descriptors kept from tick to tick */
	bool group_gone;       /* a descriptor answered ENODEV: the tree is behind the kernel */
	struct decode_request active[CGW_METRIC_COUNT];
	struct cgw_number row[CGW_METRIC_COUNT]; /* of the group being read, by column */
	struct devices devices;
	const struct bpf *bpf;           /* answers before the files do; or NULL */
	bool answered[CGW_METRIC_COUNT]; /* by it, of the group being read, by column */
	size_t *rest;                    /* files of which it does not answer everything */
	size_t rest_count;
	uint32_t unanswered;      /* hierarchies with files of which it answers nothing */
	struct tree_group **open; /* [row]: the group, where files are left to be read */
	uint32_t open_size;
	size_t clock_count;     /* so many of the rest, the first, tell the CPU clock */
	unsigned idle_interval; /* see cgw_sampler_options */
	unsigned tick;
	bool roused;               /* everything is read this time */
	struct cgw_snapshot *last; /* referenced; NULL: nothing can be carried over */
	struct cgw_snapshot *snapshot;
	uint32_t group;  /* its index in the snapshot */
	uint32_t hidden; /* the tree's */
};

int files_init(struct files *files, const struct cgw_layout *layout, size_t held_max);
/* Closes everything that `tree` holds for this collector. */
void files_done(struct files *files, struct tree *tree);
/* Takes over a plan (emptied); descriptors of the old one are closed. */
void files_set_plan(struct files *files, struct tree *tree, struct plan *plan);
/* From now on `bpf` (NULL: nobody) answers what it can; called again when its columns change. */
int files_set_bpf(struct files *files, const struct bpf *bpf);
/*
 * Reads one file of a group, as it is, into a row by column. A negative error says why nothing was
 * read; instances and texts are not kept.
 */
int files_peek(struct files *files, struct tree_group *group, size_t file, struct cgw_number *row);
/* Reads all groups of the tree into the snapshot, whose topology is the tree's newest. */
int files_collect(struct files *files, struct tree *tree, struct cgw_snapshot *snapshot);
/* The group left these hierarchies. */
void files_forget(struct files *files, struct tree_group *group, uint32_t hierarchies);
/* Files that were absent or denied are looked for again, and names of devices. */
void files_retry_absent(struct files *files, struct tree *tree);

/* Between the collector's files. */
/* The directory of a group in one hierarchy, opened when the first of its files must be. */
struct files_directory {
	int fd;    /* -1: not open */
	int error; /* why not, or 0 when nobody tried */
	uint32_t hierarchy;
};
void files_directory_close(struct files *files, struct files_directory *directory);
/* Reads one file of the group at hand for these of its wants, into its row and the snapshot. */
int files_read_group(struct files *files, struct tree_group *group, size_t index,
		     const struct decode_request *wants, size_t count,
		     struct files_directory *directory);

#endif
