/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subtree.c - visits a group and its descendants in one hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/group-cursor.h"
#include "lib/kernel/list-children.h"
#include "lib/limit/subtree.h"

/* Groups on the way that stay open; those above are opened again, by way of "..". */
#define OPEN_MAX 32

/* A group on the way from the top to the current one, with its children. */
struct level {
	uint64_t id;
	int directory; /* -1: closed meanwhile */
	size_t path_length;
	char *names; /* of its children, each terminated */
	size_t used, size, next;
};

struct walk {
	const struct subtree_visitor *visitor;
	struct target
		group; /* the current one; its path is `path`, its directory that of its level */
	char *path;
	size_t path_size;
	struct level *levels;
	size_t depth, size;
	int error; /* the first */
};

static void close_level(const struct walk *walk, struct level *level)
{
	if (level->directory >= 0)
		walk->group.layout->ops->close(level->directory);
	level->directory = -1;
}

static void walk_done(struct walk *walk)
{
	for (size_t i = 0; i < walk->depth; i++) {
		close_level(walk, &walk->levels[i]);
		free(walk->levels[i].names);
	}
	free(walk->levels);
	free(walk->path);
}

static int add_name(void *context, const struct walk_entry *entry)
{
	struct level *level = context;
	size_t length = strlen(entry->name) + 1;

	if (ARRAY_RESERVE(level->names, level->size, level->used + length) < 0)
		return -ENOMEM;
	memcpy(level->names + level->used, entry->name, length);
	level->used += length;
	return 0;
}

static int reserve(struct walk *walk, size_t path_size)
{
	int r = ARRAY_RESERVE(walk->levels, walk->size, walk->depth + 1);

	return r < 0 ? r : ARRAY_RESERVE(walk->path, walk->path_size, path_size);
}

static void note_error(struct walk *walk, int error)
{
	if (walk->error == 0 && !cgw_error_is_gone(error))
		walk->error = error;
}

/* The group becomes the current one: visits it and lists its children. Takes ownership of `fd`. */
static int enter(struct walk *walk, int fd, const struct stat *status, size_t path_length)
{
	const struct kernel_ops *ops = walk->group.layout->ops;
	struct level *level = &walk->levels[walk->depth];
	int r = 0;

	*level = (struct level){.id = status->st_ino, .directory = fd, .path_length = path_length};
	walk->depth++;
	if (walk->depth > OPEN_MAX)
		close_level(walk, &walk->levels[walk->depth - 1 - OPEN_MAX]);
	walk->group.directory = fd;
	walk->group.id = level->id;
	walk->group.path = walk->path;
	if (walk->visitor->enter != NULL)
		r = walk->visitor->enter(walk->visitor->context, &walk->group);
	if (r < 0)
		return r;
	/* cgroupfs counts a link for each child: most groups have none and need no listing. */
	if (status->st_nlink == 2)
		return 0;
	r = walk_children(ops, fd, false, add_name, level);
	if (r < 0 && r != -ENOMEM) {
		note_error(walk, r);
		return 0;
	}
	return r;
}

/* Opens the next child of the current group, and enters it. */
static int descend(struct walk *walk, const char *name)
{
	const struct kernel_ops *ops = walk->group.layout->ops;
	size_t length = walk->levels[walk->depth - 1].path_length, name_length = strlen(name);
	struct stat status;
	int r = reserve(walk, length + name_length + 2);
	int fd = r < 0 ? r : ops->open_beneath(walk->group.directory, name, O_PATH | O_DIRECTORY);

	r = fd < 0 ? fd : ops->stat_fd(fd, &status);
	if (r < 0) {
		if (fd >= 0)
			ops->close(fd);
		if (r == -ENOMEM)
			return r;
		note_error(walk, r);
		return 0;
	}
	if (length == 1)
		length = 0;
	walk->path[length] = '/';
	memcpy(walk->path + length + 1, name, name_length + 1);
	return enter(walk, fd, &status, length + 1 + name_length);
}

/* Opens an ancestor again, `above` levels above an open group. */
static int reopen(const struct walk *walk, struct level *level, int fd, size_t above)
{
	const struct kernel_ops *ops = walk->group.layout->ops;
	struct stat status;
	int directory, r = open_ancestor(ops, fd, above, &directory);

	if (r < 0)
		return r;
	r = ops->stat_fd(directory, &status);
	if (r == 0 && status.st_ino != level->id)
		r = -ESTALE;
	if (r == 0)
		level->directory = directory;
	else
		ops->close(directory);
	return r;
}

static bool has_more(const struct level *level)
{
	return level->next < level->used;
}

/*
 * Returns to the parent of the current group. If nothing is done on leaving a group, returns
 * directly to the nearest group with more children; the depth becomes 0 if there is none.
 */
static int ascend(struct walk *walk)
{
	bool leave = walk->visitor->leave != NULL;
	CLEANUP(cleanup_free) char *left = NULL;
	struct level *level = NULL;
	size_t above = 0;
	int fd = -1, r = 0;

	do {
		struct level *below = &walk->levels[--walk->depth];

		/* The highest group that is open is the shortest way up. */
		if (below->directory >= 0) {
			if (fd >= 0)
				walk->group.layout->ops->close(fd);
			fd = below->directory;
			above = 0;
		}
		above++;
		free(below->names);
		level = walk->depth > 0 ? below - 1 : NULL;
	} while (level != NULL && !leave && !has_more(level));
	if (level != NULL && level->directory < 0)
		r = reopen(walk, level, fd, above);
	walk->group.layout->ops->close(fd);
	if (r < 0 || level == NULL)
		return r;
	walk->group.directory = level->directory;
	walk->group.id = level->id;
	if (!leave) {
		walk->path[level->path_length] = '\0';
		return 0;
	}
	left = strdup(walk->path + level->path_length + (level->path_length > 1));
	if (left == NULL)
		return -ENOMEM;
	walk->path[level->path_length] = '\0';
	return walk->visitor->leave(walk->visitor->context, &walk->group, left);
}

int subtree_walk(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 const struct subtree_visitor *visitor)
{
	CLEANUP(walk_done) struct walk walk = {.visitor = visitor, .group = TARGET_NONE};
	size_t length = strlen(path);
	struct stat status;
	int r = target_open(layout, hierarchy, path, &walk.group);

	if (r < 0)
		return r;
	r = reserve(&walk, length + 1);
	r = r < 0 ? r : layout->ops->stat_fd(walk.group.directory, &status);
	if (r < 0) {
		target_close(&walk.group);
		return r;
	}
	memcpy(walk.path, path, length + 1);
	r = enter(&walk, walk.group.directory, &status, length);
	while (r == 0 && walk.depth > 0) {
		struct level *level = &walk.levels[walk.depth - 1];

		if (has_more(level)) {
			const char *name = level->names + level->next;

			level->next += strlen(name) + 1;
			r = descend(&walk, name);
		} else {
			r = ascend(&walk);
		}
	}
	return r < 0 ? r : walk.error;
}
