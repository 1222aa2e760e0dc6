/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * discover.h - keeps the tree true to the kernel: which groups came, which went.
 *
 * All directories are walked at the start and now and then. In between the kernel tells: one inotify
 * watch a directory reports children made and removed, at no cost while nothing happens. Where
 * watches cannot be had, that hierarchy is walked at every tick.
 */
#ifndef CGWARD_LIB_SAMPLE_DISCOVER_H
#define CGWARD_LIB_SAMPLE_DISCOVER_H

#include "lib/sample/group-tree.h"

struct discover_options {
	uint32_t depth_max; /* 0: all */
	const char *below;  /* NULL: all; groups above it are kept, for what they bound */
	uint64_t full_walk_interval_ns;
	bool watch; /* false: walk every time */
};

struct watch {
	struct tree_group *group; /* NULL: an empty place */
	int hierarchy;
	int descriptor; /* the kernel's; they only ever rise */
};

struct discover {
	const struct cgw_layout *layout;
	struct tree *tree;
	struct discover_options options;
	int inotify_fd;
	struct watch *watches; /* a hash table by descriptor; NULL: none yet */
	size_t watch_size, watch_count;
	uint32_t watched;   /* hierarchies that inotify covers */
	uint32_t elsewhere; /* hierarchies that another keeps up to date */
	uint64_t walked_ns; /* when all was walked last */
	bool walk_wanted;
};

int discover_init(struct discover *discover, const struct cgw_layout *layout, struct tree *tree,
		  const struct discover_options *options);
void discover_done(struct discover *discover);
/* Brings the tree up to date. `ret_walked`: all directories were looked at. */
int discover_update(struct discover *discover, uint64_t now_ns, bool *ret_walked);
/* Is the group on the way to the sub-tree that is asked for, or in it? */
bool discover_requires(const struct discover *discover, const struct tree_group *group);
/* These hierarchies are kept up to date by another from now on: their watches go. */
void discover_hand_over(struct discover *discover, uint32_t hierarchies);
/* None is any more: the next update walks. */
void discover_rollback(struct discover *discover);
/* A group answered ENODEV: whatever was missed, the next update walks. */
void discover_suspect(struct discover *discover);
/* The tree lets a group go (tree.forget): its watches are no more. */
void discover_forget(struct discover *discover, struct tree_group *group, uint32_t hierarchies);

#endif
