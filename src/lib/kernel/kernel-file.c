/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-file.c - read whole files, and open paths of any length. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-file.h"

#define FIRST_SIZE 4096 /* most files are smaller */

static int read_fd(const struct kernel_ops *ops, int fd, size_t limit, char **ret_text,
		   size_t *ret_length)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size = 0, used = 0;

	for (;;) {
		ssize_t length;

		if (ARRAY_RESERVE(text, size, used == 0 ? FIRST_SIZE : used + 2) < 0)
			return -ENOMEM;
		length = ops->read_at(fd, text + used, size - used - 1, (off_t)used);
		if (length < 0)
			return (int)length;
		/* A short read is not the end of the file: kernfs may return less. */
		if (length == 0)
			break;
		used += (size_t)length;
		if (used >= limit)
			return -EFBIG;
	}
	text[used] = '\0';
	*ret_text = steal_pointer(&text);
	*ret_length = used;
	return 0;
}

int file_read_at(const struct kernel_ops *ops, int directory, const char *file, char **ret_text,
		 size_t *ret_length)
{
	int fd = ops->open_at(directory, file, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return fd;
	r = read_fd(ops, fd, FILE_LIMIT, ret_text, ret_length);
	ops->close(fd);
	return r;
}

/* The length of the longest prefix of whole components that fits into one system call. */
static size_t piece_length(const char *path, size_t length)
{
	if (length < PATH_MAX)
		return length;
	for (size_t i = PATH_MAX - 1; i > 0; i--)
		if (path[i] == '/')
			return i;
	return length; /* a single component that is too long: the open fails */
}

int file_open_beneath(const struct kernel_ops *ops, int directory, const char *path, int flags,
		      int *ret_fd)
{
	int at = directory;

	path += strspn(path, "/");
	if (*path == '\0')
		path = ".";
	for (;;) {
		char piece[PATH_MAX];
		size_t length = strlen(path), cut = piece_length(path, length);
		bool last = cut == length;
		int fd;

		if (cut >= sizeof(piece)) {
			fd = -ENAMETOOLONG;
		} else {
			memcpy(piece, path, cut);
			piece[cut] = '\0';
			fd = ops->open_beneath(at, piece, last ? flags : O_PATH | O_DIRECTORY);
		}
		if (at != directory)
			ops->close(at);
		if (fd < 0)
			return fd;
		if (last) {
			*ret_fd = fd;
			return 0;
		}
		at = fd;
		path += cut + strspn(path + cut, "/");
	}
}
