/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.h - the collector that reads control files: held descriptors and one pread() each.
 */
#ifndef CGWARD_SAMPLE_FILES_H
#define CGWARD_SAMPLE_FILES_H

#include "sample/plan.h"

struct files {
	const struct cgw_layout *layout;
	struct plan plan;
	char *buffer;
	size_t buffer_size;
	size_t held, held_max; /* descriptors kept from tick to tick */
	bool group_gone;       /* a descriptor answered ENODEV: the tree is behind the kernel */
	struct decode_want active[CGW_METRIC_COUNT];
	struct cgw_number row[CGW_METRIC_COUNT]; /* of the group being read, by column */
	struct cgw_snapshot *snapshot;
	uint32_t group; /* its index in the snapshot */
};

int files_init(struct files *files, const struct cgw_layout *layout, size_t held_max);
/* Closes everything that `tree` holds for this collector. */
void files_done(struct files *files, struct tree *tree);
/* Takes over a plan (emptied); descriptors of the old one are closed. */
void files_set_plan(struct files *files, struct tree *tree, struct plan *plan);
/* Reads all groups of the tree into the snapshot, whose topology is the tree's newest. */
int files_collect(struct files *files, struct tree *tree, struct cgw_snapshot *snapshot);
/* The group left these hierarchies. */
void files_forget(struct files *files, struct tree_group *group, uint32_t hierarchies);
/* Files that were absent or denied are looked for again. */
void files_retry_absent(struct files *files, struct tree *tree);

#endif
