/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-children.c - list the children of a group in one hierarchy. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "lib/kernel/list-children.h"

/* The record written by getdents64(2), for which libc has no structure. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* The arguments of walk_children() for visit(). */
struct children {
	const struct kernel_ops *ops;
	bool count;
	int (*each)(void *context, const struct walk_entry *entry);
	void *context;
};

static int visit(void *context, int fd, const char *name, uint8_t type, uint64_t inode)
{
	const struct children *children = context;
	struct walk_entry entry = {fd, name, inode, UINT64_MAX};
	struct stat stat;
	int r;

	if (type != DT_DIR && type != DT_UNKNOWN)
		return 0;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (children->count || type == DT_UNKNOWN) {
		r = children->ops->stat_at(fd, name, &stat);
		if (cgw_error_is_gone(r))
			return 0;
		if (r == 0 && !S_ISDIR(stat.st_mode))
			return 0;
		if (r == 0 && stat.st_nlink >= 2)
			entry.child_count = stat.st_nlink - 2;
	}
	return children->each(children->context, &entry);
}

int walk_names(const struct kernel_ops *ops, int directory,
	       int (*each)(void *context, int fd, const char *name, uint8_t type, uint64_t inode),
	       void *context)
{
	_Alignas(8) char buffer[32768];
	int fd = ops->open_at(directory, ".", O_RDONLY | O_DIRECTORY);
	int r = 0;

	if (fd < 0)
		return fd;
	while (r == 0) {
		ssize_t length = ops->list(fd, buffer, sizeof(buffer));

		if (length <= 0) {
			r = (int)length;
			break;
		}
		for (ssize_t at = 0; at < length && r == 0;) {
			const void *bytes = buffer + at;
			const struct directory_entry *found = bytes;

			r = each(context, fd, found->name, found->type, found->inode);
			at += found->length;
		}
	}
	ops->close(fd);
	return r;
}

int walk_children(const struct kernel_ops *ops, int directory, bool count_children,
		  int (*each)(void *context, const struct walk_entry *entry), void *context)
{
	struct children children = {ops, count_children, each, context};

	return walk_names(ops, directory, visit, &children);
}
