/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* open-group.c - open the directory of a group and read its files. */
#include <errno.h>
#include <fcntl.h>

#include "lib/kernel/group-cursor.h"
#include "lib/kernel/kernel-file.h"

static int open_directory(const struct cgw_layout *layout, size_t hierarchy, const char *path,
			  int *ret_fd)
{
	/* A failure may be that of a group on the way, removed since it was opened. */
	int r = layout->cursor == NULL ? -ENOENT
				       : group_cursor_open(layout->cursor, hierarchy, path, ret_fd);

	if (r < 0)
		r = file_open_beneath(layout->ops, layout->hierarchies[hierarchy].fd, path,
				      O_PATH | O_DIRECTORY, ret_fd);
	if (r == 0 && layout->cursor != NULL)
		group_cursor_set(layout->cursor, hierarchy, path, *ret_fd);
	return r;
}

int cgw_group_open(const struct cgw_layout *layout, size_t hierarchy, const char *path, int *ret_fd,
		   uint64_t *ret_id)
{
	struct stat stat;
	int fd, r;

	if (hierarchy >= layout->hierarchy_count)
		return -EINVAL;
	r = open_directory(layout, hierarchy, path, &fd);
	if (r < 0)
		return r;
	r = layout->ops->stat_fd(fd, &stat);
	if (r < 0) {
		layout->ops->close(fd);
		return r;
	}
	*ret_fd = fd;
	if (ret_id != NULL)
		*ret_id = stat.st_ino;
	return 0;
}

int cgw_file_read(const struct cgw_layout *layout, int directory, const char *file, char **ret_text,
		  size_t *ret_length)
{
	return file_read_at(layout->ops, directory, file, ret_text, ret_length);
}

int cgw_proc_read(const struct cgw_layout *layout, const char *file, char **ret_text,
		  size_t *ret_length)
{
	return file_read_at(layout->ops, layout->proc_fd, file, ret_text, ret_length);
}
