/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * discover.h - discovery of created and removed groups.
 *
 * All directories are walked at the start and periodically. In between, one inotify watch per
 * directory reports created and removed children, at no cost while nothing changes. A hierarchy
 * in which watches cannot be added is walked at every update. To a sub-tree the path is followed
 * at every update.
 */
#pragma once

#include "lib/sample/group-tree.h"

struct discover_options {
	uint32_t depth_max; /* deeper groups are left out; UINT32_MAX: none */
	uint32_t unlimited; /* bit h: in hierarchy h, deeper groups are needed as well */
	const char *below;  /* NULL: all; its ancestors are included, for effective limits */
	uint64_t full_walk_interval_ns;
	bool watch; /* false: walk at every update */
};

struct watch {
	struct tree_group *group; /* NULL: empty entry */
	int hierarchy;
	int descriptor; /* of inotify, which never reuses one */
};

struct discover {
	const struct cgw_layout *layout;
	struct group_tree *tree;
	struct discover_options options;
	int inotify_fd;
	struct watch *watches; /* hash table by descriptor; NULL: none yet */
	size_t watch_size, watch_count;
	uint32_t watched;     /* hierarchies that inotify covers */
	uint32_t handed_over; /* hierarchies that the BPF collector keeps up to date */
	uint64_t walked_ns;   /* time of the last full walk */
	bool walk_requested;
};

int discover_init(struct discover *discover, const struct cgw_layout *layout,
		  struct group_tree *tree, const struct discover_options *options);
void discover_done(struct discover *discover);
/* Updates the tree. `ret_walked`: directories were walked. */
int discover_update(struct discover *discover, uint64_t now_ns, bool *ret_walked);
/* The group is in the requested sub-tree, or an ancestor of it. */
bool discover_requires(const struct discover *discover, const struct tree_group *group,
		       uint32_t hierarchy);
/* Another collector keeps these hierarchies up to date from now on: removes their watches. */
void discover_hand_over(struct discover *discover, uint32_t hierarchies);
/* Takes all hierarchies over again: the next update walks. */
void discover_rollback(struct discover *discover);
/* A read failed with ENODEV, so an event was missed: the next update walks. */
void discover_request_walk(struct discover *discover);
/* For tree.forget: removes the group's watches. */
void discover_forget(struct discover *discover, struct tree_group *group, uint32_t hierarchies);
