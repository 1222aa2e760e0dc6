/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-tree.h - tree of all groups of all hierarchies, joined by path, across samples.
 *
 * A group exists as long as it is in at least one hierarchy. The tree stores names, ids and the
 * hierarchies of each group, and the state that collectors have for it.
 */
#pragma once

#include "lib/sample/snapshot.h"

struct tree_group {
	struct tree_group *parent, *first_child, *next_sibling, *previous_sibling;
	struct tree_group *hash_next;
	uint32_t hash;
	uint32_t present; /* bit h: in hierarchy h */
	uint32_t seen;    /* bit h: found by the current walk */
	uint32_t hidden;  /* bit h: listing its children there is not permitted */
	uint32_t index;   /* in the newest topology */
	uint32_t row;     /* in the collector's last snapshot, or CGW_NO_GROUP */
	uint16_t depth;
	uint16_t name_length;
	bool idle;    /* collector: its CPU usage is that of the last sample */
	int *files;   /* collector; NULL until it reads this group */
	uint64_t *id; /* [hierarchy], after the name */
	int *watch;   /* [hierarchy], discovery: watch descriptor or -1 */
	char name[];
};

struct group_tree {
	uint32_t hierarchy_count;
	uint32_t count;  /* groups, including the root */
	uint32_t hidden; /* bit h: set for some group */
	struct tree_group *root;
	struct tree_group **buckets;
	uint32_t bucket_count; /* a power of two */
	size_t names_size;
	bool changed; /* since the last topology */
	/* Called before a group leaves these hierarchies, to release its state in them. */
	void (*forget)(void *context, struct tree_group *group, uint32_t hierarchies);
	void *forget_context;
};

int group_tree_init(struct group_tree *tree, uint32_t hierarchy_count);
void group_tree_done(struct group_tree *tree);

struct tree_group *group_tree_find_child(const struct group_tree *tree,
					 const struct tree_group *parent, const char *name,
					 size_t length);
/* Finds or adds the child of that name in that hierarchy. Another id is another group. */
int group_tree_add(struct group_tree *tree, struct tree_group *parent, const char *name,
		   size_t length, uint32_t hierarchy, uint64_t id, struct tree_group **ret_group);
/* Removes the group and its descendants from these hierarchies; frees groups that are in none. */
void group_tree_remove(struct group_tree *tree, struct tree_group *group, uint32_t hierarchies);
/* Starts a walk of `hierarchies`: marks all groups unseen. */
void group_tree_begin_walk(struct group_tree *tree, uint32_t hierarchies);
/* Ends a walk of `hierarchies`: removes groups from those in which they were not seen. */
void group_tree_end_walk(struct group_tree *tree, uint32_t hierarchies);
/* The next group in pre-order, NULL at the end. */
struct tree_group *group_tree_next(const struct tree_group *group);
/* "/a/b", allocated; NULL: out of memory. */
char *group_tree_path(const struct tree_group *group);
/* The depth of the group of a path: 0 for "/". */
uint32_t path_depth(const char *path) CGW_PURE;

/* Creates a topology of the tree, siblings in byte order; sets the index of every group. */
int group_tree_topology(struct group_tree *tree, struct topology **ret_topology);
