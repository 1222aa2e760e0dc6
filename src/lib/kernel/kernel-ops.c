/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-ops.c - the system calls of the kernel module. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"

#define FILEID_KERNFS 0xfe /* of linux/exportfs.h, which is not for user space */

static int real_open_at(int directory, const char *path, int flags)
{
	int fd;

	do
		fd = openat(directory, path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static bool is_link(int directory, const char *name)
{
	struct stat status;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(status.st_mode);
}

/* Opens one component at a time, for kernels and seccomp filters without openat2(). */
static int open_by_component(int directory, const char *path, int flags)
{
	CLEANUP(cleanup_close) int at = fcntl(directory, F_DUPFD_CLOEXEC, 3);

	if (at < 0)
		return -errno;
	while (*path != '\0') {
		char component[256];
		size_t length = strcspn(path, "/");
		bool last = path[length + strspn(path + length, "/")] == '\0';
		int fd;

		if (length >= sizeof(component))
			return -ENAMETOOLONG;
		memcpy(component, path, length);
		component[length] = '\0';
		if (strcmp(component, "..") == 0)
			return -EXDEV;
		fd = real_open_at(at, length == 0 ? "." : component,
				  O_NOFOLLOW | (last ? flags : O_PATH | O_DIRECTORY));
		if (fd == -ENOTDIR && is_link(at, component))
			return -ELOOP; /* as openat2() */
		if (fd < 0)
			return fd;
		close(at);
		at = fd;
		path += length + strspn(path + length, "/");
	}
	return steal_fd(&at);
}

static int real_open_beneath(int directory, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd >= 0)
		return (int)fd;
	/* Seccomp filters without openat2() return EPERM, which openat2() itself does not. */
	if (errno == ENOSYS || errno == EPERM)
		return open_by_component(directory, path, flags);
	return -errno;
}

/* The handle of kernfs is the id, which is the inode where that has 64 bits. */
static int real_open_id(int directory, uint64_t id)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + sizeof(id)];
	} file = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	int fd;

	memcpy(file.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(directory, &file.handle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static ssize_t real_read_at(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t length;

	do
		length = pread(fd, buffer, size, offset);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : length;
}

/* Not retried on EINTR: a write that waits for reclaim may be interrupted; the caller decides. */
static ssize_t real_write(int fd, const void *buffer, size_t size)
{
	ssize_t length = write(fd, buffer, size);

	return length < 0 ? -errno : length;
}

static int real_stat_at(int directory, const char *path, struct stat *ret_stat)
{
	return fstatat(directory, path, ret_stat, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0 ? -errno
											   : 0;
}

static int real_stat_fd(int fd, struct stat *ret_stat)
{
	return fstat(fd, ret_stat) < 0 ? -errno : 0;
}

static ssize_t real_list(int fd, void *buffer, size_t size)
{
	long length = syscall(SYS_getdents64, fd, buffer, size);

	return length < 0 ? -errno : length;
}

static int real_make_directory(int directory, const char *name)
{
	return mkdirat(directory, name, 0755) < 0 ? -errno : 0;
}

static int real_remove_directory(int directory, const char *name)
{
	return unlinkat(directory, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int real_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

static int real_may_write(int directory, const char *path)
{
	return faccessat(directory, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static ssize_t real_read_link(int directory, const char *path, char *buffer, size_t size)
{
	ssize_t length = readlinkat(directory, path, buffer, size);

	return length < 0 ? -errno : length;
}

const struct kernel_ops kernel_ops_real = {
	.open_at = real_open_at,
	.open_beneath = real_open_beneath,
	.open_id = real_open_id,
	.read_at = real_read_at,
	.write = real_write,
	.stat_at = real_stat_at,
	.stat_fd = real_stat_fd,
	.list = real_list,
	.may_write = real_may_write,
	.make_directory = real_make_directory,
	.remove_directory = real_remove_directory,
	.close = real_close,
	.read_link = real_read_link,
};
