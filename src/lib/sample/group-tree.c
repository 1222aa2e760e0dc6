/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-tree.c - tree of all groups of all hierarchies, joined by path. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/group-tree.h"

/* FNV-1a over the name, seeded by the parent: many parents have children of the same name. */
static uint32_t hash_name(const struct tree_group *parent, const char *name, size_t length)
{
	uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)((uintptr_t)parent >> 4);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * UINT32_C(16777619);
	return hash;
}

static struct tree_group *group_new(const struct group_tree *tree, const char *name, size_t length)
{
	size_t name_size = (length + 1 + 7) & ~(size_t)7;
	size_t count = tree->hierarchy_count;
	size_t size =
		sizeof(struct tree_group) + name_size + count * (sizeof(uint64_t) + sizeof(int));
	struct tree_group *group = calloc(1, size);
	char *after_name;

	if (group == NULL)
		return NULL;
	memcpy(group->name, name, length);
	group->name_length = (uint16_t)length;
	after_name = (char *)(group + 1) + name_size;
	group->id = (void *)after_name;
	group->watch = (void *)(group->id + count);
	group->row = CGW_NO_GROUP;
	for (size_t h = 0; h < count; h++)
		group->watch[h] = -1;
	return group;
}

int group_tree_init(struct group_tree *tree, uint32_t hierarchy_count)
{
	*tree = (struct group_tree){.hierarchy_count = hierarchy_count, .bucket_count = 256};
	tree->buckets = calloc(tree->bucket_count, sizeof(struct tree_group *));
	tree->root = group_new(tree, "", 0);
	if (tree->buckets == NULL || tree->root == NULL) {
		group_tree_done(tree);
		return -ENOMEM;
	}
	tree->count = 1;
	tree->names_size = 1;
	tree->changed = true;
	return 0;
}

static void group_free(struct group_tree *tree, struct tree_group *group)
{
	if (tree->forget != NULL)
		tree->forget(tree->forget_context, group, UINT32_MAX);
	free(group->files);
	free(group);
}

void group_tree_done(struct group_tree *tree)
{
	struct tree_group *group = tree->root;

	/* Frees leaves first, without recursion. */
	while (group != NULL) {
		struct tree_group *parent = group->parent;

		if (group->first_child != NULL) {
			group = group->first_child;
			continue;
		}
		if (parent != NULL)
			parent->first_child = group->next_sibling;
		group_free(tree, group);
		group = parent;
	}
	free(tree->buckets);
	*tree = (struct group_tree){0};
}

struct tree_group *group_tree_find_child(const struct group_tree *tree,
					 const struct tree_group *parent, const char *name,
					 size_t length)
{
	uint32_t hash = hash_name(parent, name, length);
	struct tree_group *group = tree->buckets[hash & (tree->bucket_count - 1)];

	while (group != NULL &&
	       (group->hash != hash || group->parent != parent || group->name_length != length ||
		memcmp(group->name, name, length) != 0))
		group = group->hash_next;
	return group;
}

static int grow_buckets(struct group_tree *tree)
{
	uint32_t larger = tree->bucket_count * 2;
	struct tree_group **buckets;

	if (tree->count < tree->bucket_count)
		return 0;
	buckets = calloc(larger, sizeof(struct tree_group *));
	if (buckets == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->bucket_count; i++) {
		struct tree_group *group = tree->buckets[i];

		while (group != NULL) {
			struct tree_group *next = group->hash_next;

			group->hash_next = buckets[group->hash & (larger - 1)];
			buckets[group->hash & (larger - 1)] = group;
			group = next;
		}
	}
	free(tree->buckets);
	tree->buckets = buckets;
	tree->bucket_count = larger;
	return 0;
}

static int add_child(struct group_tree *tree, struct tree_group *parent, const char *name,
		     size_t length, struct tree_group **ret_group)
{
	struct tree_group *group;
	int r;

	if (length > UINT16_MAX || parent->depth == UINT16_MAX)
		return -ENAMETOOLONG;
	r = grow_buckets(tree);
	if (r < 0)
		return r;
	group = group_new(tree, name, length);
	if (group == NULL)
		return -ENOMEM;
	group->hash = hash_name(parent, name, length);
	group->hash_next = tree->buckets[group->hash & (tree->bucket_count - 1)];
	tree->buckets[group->hash & (tree->bucket_count - 1)] = group;
	group->parent = parent;
	group->depth = (uint16_t)(parent->depth + 1);
	group->next_sibling = parent->first_child;
	if (parent->first_child != NULL)
		parent->first_child->previous_sibling = group;
	parent->first_child = group;
	tree->count++;
	tree->names_size += length + 1;
	tree->changed = true;
	*ret_group = group;
	return 0;
}

int group_tree_add(struct group_tree *tree, struct tree_group *parent, const char *name,
		   size_t length, uint32_t hierarchy, uint64_t id, struct tree_group **ret_group)
{
	uint32_t bit = UINT32_C(1) << hierarchy;
	struct tree_group *group =
		parent == NULL ? tree->root : group_tree_find_child(tree, parent, name, length);
	int r;

	/* Recreated under the same name: the old group and its descendants are gone. */
	if (group != NULL && group->present & bit && group->id[hierarchy] != id) {
		group_tree_remove(tree, group, bit);
		group = parent == NULL ? tree->root
				       : group_tree_find_child(tree, parent, name, length);
	}
	if (group == NULL && parent != NULL) {
		r = add_child(tree, parent, name, length, &group);
		if (r < 0)
			return r;
	}
	if (group == NULL)
		return -EINVAL;
	if (!(group->present & bit)) {
		group->present |= bit;
		group->row = CGW_NO_GROUP; /* it has more files now */
		group->id[hierarchy] = id;
		tree->changed = true;
	}
	group->seen |= bit;
	*ret_group = group;
	return 0;
}

static void remove_leaf(struct group_tree *tree, struct tree_group *group)
{
	struct tree_group **bucket = &tree->buckets[group->hash & (tree->bucket_count - 1)];

	while (*bucket != group)
		bucket = &(*bucket)->hash_next;
	*bucket = group->hash_next;
	if (group->previous_sibling != NULL)
		group->previous_sibling->next_sibling = group->next_sibling;
	else
		group->parent->first_child = group->next_sibling;
	if (group->next_sibling != NULL)
		group->next_sibling->previous_sibling = group->previous_sibling;
	tree->count--;
	tree->names_size -= (size_t)group->name_length + 1;
	group_free(tree, group);
}

static void remove_from_hierarchies(struct group_tree *tree, struct tree_group *group,
				    uint32_t hierarchies)
{
	uint32_t left = group->present & hierarchies;

	if (left == 0)
		return;
	if (tree->forget != NULL)
		tree->forget(tree->forget_context, group, left);
	group->present &= ~left;
	group->row = CGW_NO_GROUP;
	for (uint32_t h = 0; h < tree->hierarchy_count; h++)
		if (left & UINT32_C(1) << h)
			group->id[h] = 0;
	tree->changed = true;
}

static struct tree_group *deepest(struct tree_group *group)
{
	while (group->first_child != NULL)
		group = group->first_child;
	return group;
}

/* Frees `top` and its descendants that are in no hierarchy, children before parents. */
static void free_empty(struct group_tree *tree, struct tree_group *top)
{
	struct tree_group *group = deepest(top), *next;

	for (bool last = false; !last; group = next) {
		last = group == top;
		next = last                          ? NULL
		       : group->next_sibling != NULL ? deepest(group->next_sibling)
						     : group->parent;
		if (group != tree->root && group->present == 0 && group->first_child == NULL)
			remove_leaf(tree, group);
	}
}

struct tree_group *group_tree_next(const struct tree_group *group)
{
	if (group->first_child != NULL)
		return group->first_child;
	while (group != NULL && group->next_sibling == NULL)
		group = group->parent;
	return group == NULL ? NULL : group->next_sibling;
}

/* The next group in pre-order after the descendants of this one. */
static struct tree_group *next_after_descendants(const struct tree_group *group)
{
	while (group != NULL && group->next_sibling == NULL)
		group = group->parent;
	return group == NULL ? NULL : group->next_sibling;
}

void group_tree_remove(struct group_tree *tree, struct tree_group *group, uint32_t hierarchies)
{
	struct tree_group *end = next_after_descendants(group);

	for (struct tree_group *each = group; each != end; each = group_tree_next(each))
		remove_from_hierarchies(tree, each, hierarchies);
	free_empty(tree, group);
}

void group_tree_begin_walk(struct group_tree *tree, uint32_t hierarchies)
{
	for (struct tree_group *group = tree->root; group != NULL; group = group_tree_next(group))
		group->seen &= ~hierarchies;
}

void group_tree_end_walk(struct group_tree *tree, uint32_t hierarchies)
{
	bool lost = false;

	for (struct tree_group *group = tree->root; group != NULL; group = group_tree_next(group)) {
		uint32_t unseen = group->present & hierarchies & ~group->seen;

		remove_from_hierarchies(tree, group, unseen);
		lost = lost || group->present == 0;
	}
	if (lost)
		free_empty(tree, tree->root);
}

uint32_t path_depth(const char *path)
{
	uint32_t depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0' && path[1] != '/';
	return depth;
}

char *group_tree_path(const struct tree_group *group)
{
	size_t length = 0;
	char *path;

	for (const struct tree_group *each = group; each->parent != NULL; each = each->parent)
		length += (size_t)each->name_length + 1;
	path = malloc(length + 2);
	if (path == NULL)
		return NULL;
	memcpy(path, "/", 2);
	path[length > 0 ? length : 1] = '\0';
	for (const struct tree_group *each = group; each->parent != NULL; each = each->parent) {
		length -= each->name_length;
		memcpy(path + length, each->name, each->name_length);
		path[--length] = '/';
	}
	return path;
}

static int compare_names(const void *a, const void *b)
{
	const struct tree_group *const *first = a, *const *second = b;

	return strcmp((*first)->name, (*second)->name);
}

/* Relinks the children of a group in byte order of their names; `scratch` fits all groups. */
static void sort_children(struct tree_group *parent, struct tree_group **scratch)
{
	size_t count = 0;
	bool sorted = true;

	for (struct tree_group *child = parent->first_child; child != NULL;
	     child = child->next_sibling) {
		sorted =
			sorted && (count == 0 || strcmp(scratch[count - 1]->name, child->name) < 0);
		scratch[count++] = child;
	}
	if (sorted)
		return;
	qsort(scratch, count, sizeof(scratch[0]), compare_names);
	parent->first_child = scratch[0];
	for (size_t i = 0; i < count; i++) {
		scratch[i]->previous_sibling = i > 0 ? scratch[i - 1] : NULL;
		scratch[i]->next_sibling = i + 1 < count ? scratch[i + 1] : NULL;
	}
}

int group_tree_topology(struct group_tree *tree, struct topology **ret_topology)
{
	CLEANUP(cleanup_free) struct tree_group **scratch = calloc(tree->count, sizeof(*scratch));
	struct topology_arrays to;
	struct topology *topology;
	uint32_t index = 0;
	char *names;
	int r;

	if (scratch == NULL)
		return -ENOMEM;
	r = topology_new(tree->count, tree->hierarchy_count, tree->names_size, &topology, &to);
	if (r < 0)
		return r;
	names = to.names;
	for (struct tree_group *group = tree->root; group != NULL; group = group_tree_next(group)) {
		sort_children(group, scratch);
		group->index = index;
		to.parent[index] = group->parent != NULL ? group->parent->index : CGW_NO_GROUP;
		to.present[index] = group->present;
		to.depth[index] = group->depth;
		to.name[index] = names;
		for (uint32_t h = 0; h < tree->hierarchy_count; h++)
			to.id[h][index] = group->id[h];
		memcpy(names, group->name, (size_t)group->name_length + 1);
		names += group->name_length + 1;
		index++;
	}
	for (uint32_t i = index; i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	tree->changed = false;
	*ret_topology = topology;
	return 0;
}
