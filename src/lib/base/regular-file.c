/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* regular-file.c - open files that others name: never a FIFO, a device or more than expected. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/regular-file.h"

static int open_checked(int directory_fd, const char *path, int flags, mode_t mode,
			uint64_t bytes_max)
{
	/* Opening a FIFO without O_NONBLOCK waits for its other end. */
	CLEANUP(cleanup_close)
	int fd = openat(directory_fd, path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
	struct stat status;

	if (fd < 0)
		/* A FIFO without a reader, a socket, or a device without a driver. */
		return errno == ENXIO ? -EMEDIUMTYPE : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EMEDIUMTYPE;
	if ((uint64_t)status.st_size > bytes_max)
		return -EFBIG;
	return steal_fd(&fd);
}

int open_regular_file(int directory_fd, const char *path, int flags, uint64_t bytes_max)
{
	return open_checked(directory_fd, path, flags, 0, bytes_max);
}

int create_regular_file(int directory_fd, const char *path, int flags, mode_t mode,
			uint64_t bytes_max)
{
	return open_checked(directory_fd, path, flags | O_CREAT, mode, bytes_max);
}

const char *regular_file_error_text(int error)
{
	return error == -EMEDIUMTYPE ? "not a regular file" : strerror(-error);
}
