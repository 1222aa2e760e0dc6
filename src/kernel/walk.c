/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* walk.c - the groups right beneath a group, in one hierarchy. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kernel/walk.h"

/* What getdents64() writes, for which libc has no structure. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int visit(const struct kernel_ops *ops, int fd, bool count_children,
		 const struct directory_entry *found,
		 int (*each)(void *context, const struct walk_entry *entry), void *context)
{
	struct walk_entry entry = {found->name, found->inode, UINT64_MAX};
	struct stat stat;
	int r;

	if (found->type != DT_DIR && found->type != DT_UNKNOWN)
		return 0;
	if (strcmp(found->name, ".") == 0 || strcmp(found->name, "..") == 0)
		return 0;
	if (count_children || found->type == DT_UNKNOWN) {
		r = ops->stat_at(fd, found->name, &stat);
		if (cgw_error_is_gone(r))
			return 0;
		if (r == 0 && !S_ISDIR(stat.st_mode))
			return 0;
		if (r == 0 && stat.st_nlink >= 2)
			entry.child_count = stat.st_nlink - 2;
	}
	return each(context, &entry);
}

int walk_children(const struct kernel_ops *ops, int directory, bool count_children,
		  int (*each)(void *context, const struct walk_entry *entry), void *context)
{
	_Alignas(8) char buffer[32768];
	int fd = ops->open_at(directory, ".", O_RDONLY | O_DIRECTORY);
	int r = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t length = ops->list(fd, buffer, sizeof(buffer));

		if (length <= 0) {
			r = (int)length;
			break;
		}
		for (ssize_t at = 0; at < length && r == 0;) {
			const void *bytes = buffer + at;
			const struct directory_entry *found = bytes;

			r = visit(ops, fd, count_children, found, each, context);
			at += found->length;
		}
		if (r < 0)
			break;
	}
	ops->close(fd);
	return r;
}
