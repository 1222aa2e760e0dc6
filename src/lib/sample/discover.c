/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discover.c - discovery of created and removed groups. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/list-children.h"
#include "lib/sample/discover.h"

struct walk {
	struct discover *discover;
	uint32_t hierarchy;
	struct tree_group *parent;  /* whose children are being listed */
	const char *path;           /* of the parent */
	struct tree_group **groups; /* still to list */
	size_t count, size;
};

int discover_init(struct discover *discover, const struct cgw_layout *layout,
		  struct group_tree *tree, const struct discover_options *options)
{
	*discover = (struct discover){
		.layout = layout,
		.tree = tree,
		.options = *options,
		.inotify_fd = -1,
		.walk_requested = true,
	};
	if (!options->watch)
		return 0;
	discover->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (discover->inotify_fd >= 0)
		discover->watched = UINT32_MAX;
	return 0; /* without inotify every update walks */
}

void discover_done(struct discover *discover)
{
	if (discover->inotify_fd >= 0)
		close(discover->inotify_fd);
	free(discover->watches);
	*discover = (struct discover){.inotify_fd = -1};
}

/* Children of the group are required in the hierarchy, if the group itself is. */
static bool requires_children(const struct discover *discover, const struct tree_group *group,
			      uint32_t hierarchy)
{
	return discover->options.unlimited & UINT32_C(1) << hierarchy ||
	       group->depth < discover->options.depth_max;
}

bool discover_requires(const struct discover *discover, const struct tree_group *group,
		       uint32_t hierarchy)
{
	CLEANUP(cleanup_free) char *path = NULL;
	size_t length, below;

	if (!requires_children(discover, group->parent, hierarchy))
		return false;
	/* Its parent is required: below the top of the sub-tree, all groups are. */
	if (discover->options.below == NULL || group->depth > path_depth(discover->options.below))
		return true;
	path = group_tree_path(group);
	if (path == NULL)
		return true;
	length = strlen(path);
	below = strlen(discover->options.below);
	/* A longer path of no more components is that of another group. */
	return length <= below && strncmp(path, discover->options.below, length) == 0 &&
	       (length == below || length == 1 || discover->options.below[length] == '/');
}

/* The entry of a watch descriptor, or the empty one where it belongs. One is always empty. */
static struct watch *find_watch(struct watch *watches, size_t size, int descriptor)
{
	size_t at = (size_t)descriptor & (size - 1);

	while (watches[at].group != NULL && watches[at].descriptor != descriptor)
		at = (at + 1) & (size - 1);
	return &watches[at];
}

/* Unlinks both directions, so that no event refers to a freed group. */
static void unlink_watch(struct discover *discover, int descriptor)
{
	struct watch *watches = discover->watches;
	size_t mask = discover->watch_size - 1, hole;
	struct watch *watch;

	if (watches == NULL)
		return;
	watch = find_watch(watches, discover->watch_size, descriptor);
	if (watch->group == NULL)
		return;
	watch->group->watch[watch->hierarchy] = -1;
	discover->watch_count--;
	/* Move up entries that linear probing placed after this one. */
	hole = (size_t)(watch - watches);
	for (size_t at = (hole + 1) & mask; watches[at].group != NULL; at = (at + 1) & mask) {
		size_t home = (size_t)watches[at].descriptor & mask;

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		watches[hole] = watches[at];
		hole = at;
	}
	watches[hole] = (struct watch){.group = NULL};
}

static int grow_watches(struct discover *discover)
{
	size_t size = discover->watch_size == 0 ? 64 : 2 * discover->watch_size;
	struct watch *larger;

	if (2 * (discover->watch_count + 1) <= discover->watch_size)
		return 0;
	larger = calloc(size, sizeof(*larger));
	if (larger == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < discover->watch_size; i++)
		if (discover->watches[i].group != NULL)
			*find_watch(larger, size, discover->watches[i].descriptor) =
				discover->watches[i];
	free(discover->watches);
	discover->watches = larger;
	discover->watch_size = size;
	return 0;
}

static int add_watch(struct discover *discover, int descriptor, struct tree_group *group,
		     uint32_t hierarchy)
{
	int r;

	/* A renamed directory keeps its watch descriptor, now for another group. */
	unlink_watch(discover, descriptor);
	r = grow_watches(discover);
	if (r < 0)
		return r;
	*find_watch(discover->watches, discover->watch_size, descriptor) =
		(struct watch){group, (int)hierarchy, descriptor};
	discover->watch_count++;
	group->watch[hierarchy] = descriptor;
	return 0;
}

static bool is_watched(const struct discover *discover, uint32_t hierarchy)
{
	return discover->watched & UINT32_C(1) << hierarchy;
}

/* If no watch can be added, the hierarchy is walked at every update from now on. */
static int watch_group(struct discover *discover, struct tree_group *group, uint32_t hierarchy,
		       const char *path)
{
	CLEANUP(cleanup_free) char *full = NULL;
	int descriptor;

	if (!is_watched(discover, hierarchy) || group->watch[hierarchy] >= 0)
		return 0;
	if (asprintf(&full, "%s%s", discover->layout->hierarchies[hierarchy].mountpoint, path) < 0)
		return -ENOMEM;
	descriptor =
		inotify_add_watch(discover->inotify_fd, full,
				  IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR | IN_DONT_FOLLOW);
	if (descriptor >= 0) {
		int r = add_watch(discover, descriptor, group, hierarchy);

		if (r < 0)
			(void)inotify_rm_watch(discover->inotify_fd, descriptor);
		return r;
	}
	if (errno == ENOSPC || errno == ENOMEM || errno == EACCES || errno == ENAMETOOLONG)
		discover->watched &= ~(UINT32_C(1) << hierarchy);
	return 0;
}

void discover_forget(struct discover *discover, struct tree_group *group, uint32_t hierarchies)
{
	for (uint32_t h = 0; h < discover->layout->hierarchy_count; h++) {
		int descriptor = group->watch[h];

		if (!(hierarchies & UINT32_C(1) << h) || descriptor < 0)
			continue;
		/* Fails if the directory was removed, which also removed its watch. */
		(void)inotify_rm_watch(discover->inotify_fd, descriptor);
		unlink_watch(discover, descriptor);
	}
}

void discover_hand_over(struct discover *discover, uint32_t hierarchies)
{
	for (struct tree_group *group = discover->tree->root; group != NULL;
	     group = group_tree_next(group))
		discover_forget(discover, group, hierarchies);
	discover->handed_over = hierarchies;
}

void discover_rollback(struct discover *discover)
{
	discover->handed_over = 0;
	discover->walk_requested = true;
}

static int push(struct walk *walk, struct tree_group *group)
{
	if (ARRAY_RESERVE(walk->groups, walk->size, walk->count + 1) < 0)
		return -ENOMEM;
	walk->groups[walk->count++] = group;
	return 0;
}

static int watch_child(struct walk *walk, struct tree_group *group)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (!is_watched(walk->discover, walk->hierarchy) || group->watch[walk->hierarchy] >= 0)
		return 0;
	if (asprintf(&path, "%s/%s", walk->path[1] == '\0' ? "" : walk->path, group->name) < 0)
		return -ENOMEM;
	return watch_group(walk->discover, group, walk->hierarchy, path);
}

static int on_child(void *context, const struct walk_entry *entry)
{
	struct walk *walk = context;
	struct discover *discover = walk->discover;
	struct tree_group *group;
	struct stat stat;
	int r;

	r = group_tree_add(discover->tree, walk->parent, entry->name, strlen(entry->name),
			   walk->hierarchy, entry->id, &group);
	if (r < 0)
		return r == -ENAMETOOLONG ? 0 : r;
	if (!discover_requires(discover, group, walk->hierarchy)) {
		group_tree_remove(discover->tree, group, UINT32_C(1) << walk->hierarchy);
		return 0;
	}
	if (!requires_children(discover, group, walk->hierarchy))
		return 0;
	/* Children are looked for after the watch was added: it reports those created later. */
	r = watch_child(walk, group);
	if (r < 0)
		return r;
	r = discover->layout->ops->stat_at(entry->directory, entry->name, &stat);
	if (cgw_error_is_gone(r)) {
		group_tree_remove(discover->tree, group, UINT32_C(1) << walk->hierarchy);
		return 0;
	}
	/* A directory has a link from each of its subdirectories. */
	return r == 0 && stat.st_nlink == 2 ? 0 : push(walk, group);
}

/*
 * Errors that affect one group only: removed, denied, another mount. Any other error (no memory, no
 * descriptors, EIO) must fail, or groups would silently be missing from the tree.
 */
static bool is_error_of_group(int error)
{
	return cgw_error_is_gone(error) || error == -EACCES || error == -EPERM || error == -EXDEV ||
	       error == -ELOOP || error == -ENOTDIR;
}

/* Access denied: unknown children may exist, so their values are denied, not absent. */
static void mark_hidden(const struct walk *walk, struct tree_group *group, int error)
{
	uint32_t bit = UINT32_C(1) << walk->hierarchy;

	group->hidden &= ~bit;
	if (error == -EACCES || error == -EPERM) {
		group->hidden |= bit;
		walk->discover->tree->hidden |= bit;
	}
}

static int list_group(struct walk *walk, struct tree_group *group)
{
	struct discover *discover = walk->discover;
	CLEANUP(cleanup_free) char *path = group_tree_path(group);
	int directory, r;

	if (path == NULL)
		return -ENOMEM;
	r = watch_group(discover, group, walk->hierarchy, path);
	if (r < 0)
		return r;
	r = cgw_group_open(discover->layout, walk->hierarchy, path, &directory, NULL);
	if (r == 0) {
		walk->parent = group;
		walk->path = path;
		r = walk_children(discover->layout->ops, directory, false, on_child, walk);
		discover->layout->ops->close(directory);
	}
	/* Listing may fail after opening. Children found so far stay, the others are swept. */
	mark_hidden(walk, group, r);
	return is_error_of_group(r) ? 0 : r;
}

static int walk_below(struct discover *discover, uint32_t hierarchy, struct tree_group *group)
{
	struct walk walk = {.discover = discover, .hierarchy = hierarchy};
	int r = push(&walk, group);

	while (r == 0 && walk.count > 0)
		r = list_group(&walk, walk.groups[--walk.count]);
	free(walk.groups);
	return r;
}

/* Finds the group at a path, a child of the walk's parent; NULL if it is not in the hierarchy. */
static int find_at_path(struct walk *walk, const char *path, const char *name,
			struct tree_group **ret_group)
{
	struct discover *discover = walk->discover;
	uint32_t bit = UINT32_C(1) << walk->hierarchy;
	struct tree_group *group = NULL;
	uint64_t id;
	int directory, r = cgw_group_open(discover->layout, walk->hierarchy, path, &directory, &id);

	mark_hidden(walk, walk->parent, r);
	if (r == 0) {
		discover->layout->ops->close(directory);
		r = group_tree_add(discover->tree, walk->parent, name, strlen(name),
				   walk->hierarchy, id, &group);
	} else if (is_error_of_group(r)) {
		group = group_tree_find_child(discover->tree, walk->parent, name, strlen(name));
		if (group != NULL)
			group_tree_remove(discover->tree, group, bit);
		group = NULL;
	}
	*ret_group = group;
	return r == -ENAMETOOLONG || is_error_of_group(r) ? 0 : r;
}

/*
 * Follows the path to the top of the sub-tree, without reading the directories on the way: they may
 * have thousands of other children. NULL if the sub-tree is not in the hierarchy.
 */
static int follow_path(struct walk *walk, struct tree_group **ret_top)
{
	struct discover *discover = walk->discover;
	CLEANUP(cleanup_free) char *path = strdup(discover->options.below);
	struct tree_group *group = *ret_top;
	int r = path == NULL ? -ENOMEM : 0;

	for (char *name = path; r == 0 && group != NULL && name[0] == '/' && name[1] != '\0';) {
		char *end = name + 1 + strcspn(name + 1, "/"), after = *end;

		*end = '\0';
		walk->parent = group;
		r = find_at_path(walk, path, name + 1, &group);
		*end = after;
		name = end;
	}
	*ret_top = group;
	return r;
}

/* `all`: also the directories that are watched, not only those above and new ones. */
static int walk_hierarchy(struct discover *discover, uint32_t hierarchy, bool all)
{
	const struct cgw_hierarchy *info = &discover->layout->hierarchies[hierarchy];
	struct walk walk = {.discover = discover, .hierarchy = hierarchy};
	struct tree_group *top;
	int r = group_tree_add(discover->tree, NULL, "", 0, hierarchy, info->root_id, &top);

	if (r == 0 && discover->options.below != NULL)
		r = follow_path(&walk, &top);
	if (r < 0 || top == NULL || !requires_children(discover, top, hierarchy) ||
	    (!all && top->watch[hierarchy] >= 0))
		return r;
	return walk_below(discover, hierarchy, top);
}

static uint32_t all_hierarchies(const struct discover *discover)
{
	size_t count = discover->layout->hierarchy_count;

	return (count >= 32 ? UINT32_MAX : (UINT32_C(1) << count) - 1) & ~discover->handed_over;
}

void discover_request_walk(struct discover *discover)
{
	discover->walk_requested = all_hierarchies(discover) != 0;
}

static int walk_hierarchies(struct discover *discover, uint32_t hierarchies)
{
	group_tree_begin_walk(discover->tree, hierarchies);
	discover->tree->hidden &= ~hierarchies;
	for (uint32_t h = 0; h < discover->layout->hierarchy_count; h++) {
		int r = hierarchies & UINT32_C(1) << h ? walk_hierarchy(discover, h, true) : 0;

		if (r < 0)
			return r;
	}
	group_tree_end_walk(discover->tree, hierarchies);
	return 0;
}

/* The groups above the sub-tree are not watched, because their other children do not matter. */
static int follow_paths(struct discover *discover, uint32_t hierarchies)
{
	int r = 0;

	for (uint32_t h = 0; h < discover->layout->hierarchy_count && r == 0; h++)
		if (hierarchies & UINT32_C(1) << h)
			r = walk_hierarchy(discover, h, false);
	return r;
}

static int on_created(struct discover *discover, struct watch watch, const char *name)
{
	CLEANUP(cleanup_free) char *parent_path = group_tree_path(watch.group);
	CLEANUP(cleanup_free) char *path = NULL;
	struct tree_group *group;
	uint32_t hierarchy = (uint32_t)watch.hierarchy;
	uint64_t id;
	int directory, r;

	if (parent_path == NULL ||
	    asprintf(&path, "%s/%s", parent_path[1] == '\0' ? "" : parent_path, name) < 0)
		return -ENOMEM;
	r = cgw_group_open(discover->layout, hierarchy, path, &directory, &id);
	if (r < 0)
		return is_error_of_group(r) ? 0 : r; /* already removed */
	discover->layout->ops->close(directory);
	r = group_tree_add(discover->tree, watch.group, name, strlen(name), hierarchy, id, &group);
	if (r < 0)
		return r == -ENAMETOOLONG ? 0 : r;
	if (!discover_requires(discover, group, hierarchy)) {
		group_tree_remove(discover->tree, group, UINT32_C(1) << hierarchy);
		return 0;
	}
	/* Children created before the watch was added are found by listing. */
	return requires_children(discover, group, hierarchy)
		       ? walk_below(discover, hierarchy, group)
		       : 0;
}

static int on_event(struct discover *discover, const struct inotify_event *event)
{
	struct watch watch = {.group = NULL};
	struct tree_group *child;

	if (event->mask & IN_Q_OVERFLOW) {
		discover->walk_requested = true;
		return 0;
	}
	if (event->wd >= 0 && discover->watches != NULL)
		watch = *find_watch(discover->watches, discover->watch_size, event->wd);
	if (watch.group == NULL)
		return 0;
	if (event->mask & IN_IGNORED) {
		unlink_watch(discover, event->wd);
		return 0;
	}
	if (!(event->mask & IN_ISDIR) || event->len == 0)
		return 0;
	if (event->mask & IN_MOVE) {
		discover->walk_requested = true; /* v1 can rename: rare enough for a full walk */
		return 0;
	}
	if (event->mask & IN_CREATE)
		return on_created(discover, watch, event->name);
	child = group_tree_find_child(discover->tree, watch.group, event->name,
				      strlen(event->name));
	if (child != NULL && child->present & UINT32_C(1) << watch.hierarchy)
		group_tree_remove(discover->tree, child, UINT32_C(1) << watch.hierarchy);
	return 0;
}

static int read_events(struct discover *discover)
{
	_Alignas(struct inotify_event) char buffer[16384];
	int r = 0;

	while (r == 0 && discover->inotify_fd >= 0) {
		ssize_t length = read(discover->inotify_fd, buffer, sizeof(buffer));

		if (length <= 0)
			return 0;
		for (size_t at = 0; at < (size_t)length && r == 0;) {
			const void *bytes = buffer + at;
			const struct inotify_event *event = bytes;

			r = on_event(discover, event);
			at += sizeof(*event) + event->len;
		}
	}
	return r;
}

int discover_update(struct discover *discover, uint64_t now_ns, bool *ret_walked)
{
	uint32_t all = all_hierarchies(discover);
	int r = read_events(discover);

	*ret_walked = false;
	if (r < 0)
		return r;
	if (discover->walk_requested || discover->walked_ns == 0 ||
	    now_ns - discover->walked_ns >= discover->options.full_walk_interval_ns) {
		r = walk_hierarchies(discover, all);
		if (r < 0)
			return r;
		discover->walk_requested = false;
		discover->walked_ns = now_ns;
		*ret_walked = true;
		return 0;
	}
	if (all & ~discover->watched) {
		*ret_walked = true;
		r = walk_hierarchies(discover, all & ~discover->watched);
	}
	if (r == 0 && discover->options.below != NULL)
		r = follow_paths(discover, all & discover->watched);
	return r;
}
