/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* file-replacement.c - a new file that takes the place of an old one as a whole, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/file-replacement.h"

int replacement_begin(struct file_replacement *replacement, int directory_fd, const char *path,
		      mode_t mode, bool shared)
{
	int length;

	*replacement = FILE_REPLACEMENT_NONE;
	replacement->directory_fd = directory_fd;
	replacement->path = path;
	length = shared ? snprintf(replacement->temporary, sizeof(replacement->temporary),
				   "%s.%ld.new", path, (long)getpid())
			: snprintf(replacement->temporary, sizeof(replacement->temporary), "%s.new",
				   path);
	if (length < 0 || (size_t)length >= sizeof(replacement->temporary))
		return -ENAMETOOLONG;
	/* A process that was killed left it. O_EXCL refuses one that appears in the meantime. */
	(void)unlinkat(directory_fd, replacement->temporary, 0);
	replacement->fd =
		openat(directory_fd, replacement->temporary,
		       O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, mode);
	return replacement->fd < 0 ? -errno : 0;
}

int replacement_begin_stream(struct file_replacement *replacement, int directory_fd,
			     const char *path, mode_t mode, bool shared)
{
	int r = replacement_begin(replacement, directory_fd, path, mode, shared);

	if (r < 0)
		return r;
	replacement->stream = fdopen(replacement->fd, "w");
	if (replacement->stream != NULL)
		return 0;
	cleanup_replacement(replacement);
	return -ENOMEM;
}

/* Closes the file, whose stream owns the descriptor. */
static int close_file(struct file_replacement *replacement)
{
	FILE *stream = steal_pointer(&replacement->stream);
	int fd = steal_fd(&replacement->fd);

	return (stream != NULL ? fclose(stream) : close(fd)) != 0 ? -errno : 0;
}

int replacement_commit(struct file_replacement *replacement, bool durable)
{
	FILE *stream = replacement->stream;
	int r = 0, closed;

	/* An earlier error, such as a full disk, is in the flag only. */
	if (stream != NULL && ferror(stream))
		r = -EIO;
	else if ((stream != NULL && fflush(stream) != 0) || (durable && fsync(replacement->fd) < 0))
		r = -errno;
	closed = close_file(replacement);
	r = r < 0 ? r : closed;
	if (r == 0 && renameat(replacement->directory_fd, replacement->temporary,
			       replacement->directory_fd, replacement->path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(replacement->directory_fd, replacement->temporary, 0);
	return r;
}

void cleanup_replacement(struct file_replacement *replacement)
{
	if (replacement->fd < 0)
		return;
	(void)close_file(replacement);
	(void)unlinkat(replacement->directory_fd, replacement->temporary, 0);
}
