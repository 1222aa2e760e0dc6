/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-of-id.c - the parent and the path of a group of which only the id is known. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/group-of-id.h"
#include "lib/kernel/list-children.h"

/* Opens the directory of a group, in this hierarchy wherever it is. */
static int open_id(const struct cgw_layout *layout, size_t hierarchy, uint64_t id)
{
	const struct kernel_ops *ops = layout->ops;
	/* The file system is not accepted from a descriptor of O_PATH. */
	int top = ops->open_at(layout->hierarchies[hierarchy].fd, ".", O_RDONLY | O_DIRECTORY), fd;

	if (top < 0)
		return top;
	fd = ops->open_id(top, id);
	ops->close(top);
	return fd;
}

uint64_t group_parent_id(const struct cgw_layout *layout, size_t hierarchy, uint64_t id)
{
	int fd = open_id(layout, hierarchy, id), r;
	struct stat stat;

	if (fd < 0)
		return 0;
	r = layout->ops->stat_at(fd, "..", &stat);
	layout->ops->close(fd);
	return r == 0 && stat.st_ino != id ? stat.st_ino : 0;
}

/* The last component of the path of an open directory, allocated. */
static int read_name(const struct cgw_layout *layout, int fd, char **ret_name)
{
	char path[PATH_MAX];
	const char *last;
	ssize_t length;

	length = layout->ops->read_link(layout->proc_fd, FORMATTED(48, "self/fd/%d", fd), path,
					sizeof(path) - 1);
	if (length < 0)
		return (int)length;
	path[length] = '\0';
	last = strrchr(path, '/');
	*ret_name = last != NULL ? strdup(last + 1) : NULL;
	return last == NULL ? -ENOENT : *ret_name == NULL ? -ENOMEM : 0;
}

/* The child found in a directory. */
struct search {
	uint64_t id;
	char *name;
};

static int compare_child(void *context, const struct walk_entry *entry)
{
	struct search *search = context;

	if (entry->id != search->id)
		return 0;
	search->name = strdup(entry->name);
	return search->name != NULL ? -EEXIST : -ENOMEM;
}

static int find_name(const struct cgw_layout *layout, int directory, uint64_t id, char **ret_name)
{
	struct search search = {.id = id};
	int r = walk_children(layout->ops, directory, false, compare_child, &search);

	*ret_name = search.name;
	return r == -EEXIST ? 0 : r == 0 ? -ENOENT : r;
}

int group_child_path(const struct cgw_layout *layout, size_t hierarchy, const char *parent,
		     uint64_t id, char **ret_path)
{
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_free) char *path = NULL;
	int fd = open_id(layout, hierarchy, id), directory, r;
	uint64_t found;

	if (fd >= 0) {
		r = read_name(layout, fd, &name);
		layout->ops->close(fd);
	} else {
		r = cgw_group_open(layout, hierarchy, parent, &directory, NULL);
		if (r < 0)
			return r;
		r = find_name(layout, directory, id, &name);
		layout->ops->close(directory);
	}
	if (r < 0)
		return r;
	if (asprintf(&path, "%s/%s", parent[1] == '\0' ? "" : parent, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	/* The kernel appends " (deleted)" to the name of a group that was removed. */
	r = cgw_group_open(layout, hierarchy, path, &directory, &found);
	if (r < 0)
		return r;
	layout->ops->close(directory);
	if (found != id)
		return -ENOENT;
	*ret_path = steal_pointer(&path);
	return 0;
}
