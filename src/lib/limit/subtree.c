/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subtree.c - visits a group and its descendants in one hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/list-children.h"
#include "lib/limit/subtree.h"

/* A group on the way from the top to the current one, with its children. */
struct level {
	uint64_t id;
	size_t path_length;
	char *names; /* of its children, each terminated */
	size_t used, size, next;
};

struct walk {
	const struct subtree_visitor *visitor;
	struct target group; /* the current one; its path is `path` */
	char *path;
	size_t path_size;
	struct level *levels;
	size_t depth, size;
	int error; /* the first */
};

static void walk_done(struct walk *walk)
{
	for (size_t i = 0; i < walk->depth; i++)
		free(walk->levels[i].names);
	free(walk->levels);
	free(walk->path);
	target_close(&walk->group);
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

/* The current group becomes a level: visits it and lists its children. */
static int enter(struct walk *walk)
{
	const struct kernel_ops *ops = walk->group.layout->ops;
	struct level *level = &walk->levels[walk->depth];
	struct stat status;
	int r = 0;

	*level = (struct level){.id = walk->group.id, .path_length = strlen(walk->path)};
	walk->depth++;
	walk->group.path = walk->path;
	if (walk->visitor->enter != NULL)
		r = walk->visitor->enter(walk->visitor->context, &walk->group);
	if (r < 0)
		return r;
	/* cgroupfs counts a link for each child: most groups have none and need no listing. */
	if (ops->stat_fd(walk->group.directory, &status) == 0 && status.st_nlink == 2)
		return 0;
	r = walk_children(ops, walk->group.directory, false, add_name, level);
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
	target_close(&walk->group);
	walk->group.directory = fd;
	walk->group.id = status.st_ino;
	if (length == 1)
		length = 0;
	walk->path[length] = '/';
	memcpy(walk->path + length + 1, name, name_length + 1);
	return enter(walk);
}

/* Returns to the parent of the current group. */
static int ascend(struct walk *walk)
{
	const struct kernel_ops *ops = walk->group.layout->ops;
	const struct level *parent = &walk->levels[walk->depth - 2];
	const char *name = walk->path + (parent->path_length == 1 ? 1 : parent->path_length + 1);
	CLEANUP(cleanup_free) char *left = strdup(name);
	struct stat status;
	int fd = ops->open_at(walk->group.directory, "..", O_PATH | O_DIRECTORY);
	int r = fd < 0 ? fd : ops->stat_fd(fd, &status);

	if (r == 0 && status.st_ino != parent->id)
		r = -ESTALE;
	if (r == 0 && left == NULL)
		r = -ENOMEM;
	if (r < 0) {
		if (fd >= 0)
			ops->close(fd);
		return r;
	}
	target_close(&walk->group);
	walk->group.directory = fd;
	walk->group.id = parent->id;
	free(walk->levels[--walk->depth].names);
	walk->path[parent->path_length] = '\0';
	return walk->visitor->leave == NULL
		       ? 0
		       : walk->visitor->leave(walk->visitor->context, &walk->group, left);
}

int subtree_walk(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 const struct subtree_visitor *visitor)
{
	CLEANUP(walk_done) struct walk walk = {.visitor = visitor, .group = TARGET_NONE};
	int r = target_open(layout, hierarchy, path, &walk.group);

	r = r < 0 ? r : reserve(&walk, strlen(path) + 1);
	if (r < 0)
		return r;
	memcpy(walk.path, path, strlen(path) + 1);
	r = enter(&walk);
	while (r == 0) {
		struct level *level = &walk.levels[walk.depth - 1];

		if (level->next < level->used) {
			const char *name = level->names + level->next;

			level->next += strlen(name) + 1;
			r = descend(&walk, name);
		} else if (walk.depth > 1) {
			r = ascend(&walk);
		} else {
			return walk.error;
		}
	}
	return r;
}
