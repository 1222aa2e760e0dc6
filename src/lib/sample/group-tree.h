/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-tree.h - all groups of all hierarchies, joined by path, from tick to tick.
 *
 * A group is here as long as one hierarchy has it. The tree knows names, ids and which hierarchies a
 * group is in; what it reads for a group it keeps beside it (`files`, for the collector).
 */
#ifndef CGWARD_LIB_SAMPLE_GROUP_TREE_H
#define CGWARD_LIB_SAMPLE_GROUP_TREE_H

#include "lib/sample/snapshot.h"

struct tree_group {
	struct tree_group *parent, *first_child, *next_sibling, *previous_sibling;
	struct tree_group *hash_next;
	uint32_t hash;
	uint32_t present; /* bit h: in hierarchy h */
	uint32_t seen;    /* bit h: met by the walk that goes on */
	uint32_t hidden;  /* bit h: what is beneath it there may not be looked at */
	uint32_t index;   /* in the newest topology */
	uint32_t row;     /* in the collector's last snapshot, or CGW_NO_GROUP */
	uint16_t depth;
	uint16_t name_length;
	bool still;     /* the collector's: its CPU clock did not move since the last sample */
	int *files;     /* the collector's; NULL until it reads this group */
	uint64_t *id;   /* [hierarchy], behind the name */
	int *watch;     /* [hierarchy], the discovery's watch descriptor or -1 */
	uint32_t *slot; /* [hierarchy], its place in the BPF programs' walk */
	char name[];
};

struct tree {
	uint32_t hierarchy_count;
	uint32_t count;  /* groups, the root included */
	uint32_t hidden; /* bit h: so it is for some group */
	struct tree_group *root;
	struct tree_group **buckets;
	uint32_t bucket_count; /* a power of two */
	size_t names_size;
	bool changed; /* since the last topology */
	/* Tells the collector that its files of that group in these hierarchies are no more. */
	void (*forget)(void *context, struct tree_group *group, uint32_t hierarchies);
	void *forget_context;
};

int tree_init(struct tree *tree, uint32_t hierarchy_count);
void tree_done(struct tree *tree);

struct tree_group *tree_child(const struct tree *tree, const struct tree_group *parent,
			      const char *name, size_t length);
/* The child of that name in that hierarchy, made where needed. A new id is a new group. */
int tree_meet(struct tree *tree, struct tree_group *parent, const char *name, size_t length,
	      uint32_t hierarchy, uint64_t id, struct tree_group **ret_group);
/* The group and all beneath it left these hierarchies. Groups that are in none go. */
void tree_leave(struct tree *tree, struct tree_group *group, uint32_t hierarchies);
/* Before a walk of `hierarchies`: nothing is met yet. */
void tree_unmark(struct tree *tree, uint32_t hierarchies);
/* After a walk of `hierarchies`: what was not met in one of them has left it. */
void tree_sweep(struct tree *tree, uint32_t hierarchies);
/* The next group in pre-order, NULL at the end. */
struct tree_group *tree_next(const struct tree_group *group);
/* "/a/b"; allocated. NULL without memory. */
char *tree_path(const struct tree_group *group);

/* A topology of the tree as it is, siblings in byte order; sets every group's index. */
int tree_topology(struct tree *tree, struct topology **ret_topology);

#endif
