/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault.c - preloaded library that makes the k-th system call on a cgroupfs file fail.
 *
 * FAULT_KIND  which calls count: one of "open stat read write list make remove", or "any"
 * FAULT_AT    k, from 1; 0 or unset: no call fails, calls are only counted
 * FAULT_ERROR errno as a number, or "short": the read or write transfers one byte
 * FAULT_COUNT file that receives the number of counted calls at exit, and the name of the file
 *             that could not be opened
 *
 * A call that is selected to fail has no effect.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

static atomic_ulong calls;
static unsigned long fault_at;
static int fault_error = EIO;
static bool fault_short;
static const char *fault_kind = "any";
static char fault_path[256];

#define REAL(name) ((__typeof__(&name))real_of(#name))

static void *real_of(const char *name)
{
	void *real = dlsym(RTLD_NEXT, name);

	if (real == NULL)
		abort();
	return real;
}

/* Calls the kernel without any wrapper, neither ours nor those of the sanitizers. */
static long raw(long number, long a, long b, long c, long d)
{
	return REAL(syscall)(number, a, b, c, d);
}

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERROR"),
		   *kind = getenv("FAULT_KIND");

	if (at != NULL)
		fault_at = strtoul(at, NULL, 10);
	if (kind != NULL)
		fault_kind = kind;
	if (error != NULL && strcmp(error, "short") == 0)
		fault_short = true;
	else if (error != NULL)
		fault_error = (int)strtol(error, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%lu\n%s\n", atomic_load(&calls), fault_path);
	(void)fclose(file);
}

static bool is_cgroupfs(int fd)
{
	struct statfs fs;
	int saved_errno = errno;
	bool is_cgroup = fstatfs(fd, &fs) == 0 &&
			 (fs.f_type == CGROUP_SUPER_MAGIC || fs.f_type == CGROUP2_SUPER_MAGIC);

	errno = saved_errno;
	return is_cgroup;
}

/* Counts the call; returns whether it is the one to fail. */
static bool fault_now(const char *kind)
{
	if (strcmp(fault_kind, "any") != 0 && strcmp(fault_kind, kind) != 0)
		return false;
	return atomic_fetch_add(&calls, 1) + 1 == fault_at;
}

static bool fail_now(const char *kind)
{
	if (!fault_now(kind))
		return false;
	errno = fault_error;
	return true;
}

static int finish_open(int fd, const char *path)
{
	if (fd >= 0 && is_cgroupfs(fd) && fail_now("open")) {
		int saved_errno = errno;

		snprintf(fault_path, sizeof(fault_path), "%s", path);
		(void)raw(SYS_close, fd, 0, 0, 0);
		errno = saved_errno;
		return -1;
	}
	return fd;
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return finish_open((int)raw(SYS_openat, directory, (long)path, flags, (long)mode), path);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return finish_open((int)raw(SYS_openat, AT_FDCWD, (long)path, flags, (long)mode), path);
}

/* Variants that fortified builds call. */
int __openat_2(int directory, const char *path, int flags);
int __open_2(const char *path, int flags);
ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset, size_t space);
ssize_t __pread64_chk(int fd, void *buffer, size_t size, off_t offset, size_t space);
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t space);

int __openat_2(int directory, const char *path, int flags)
{
	return openat(directory, path, flags);
}

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

static ssize_t prepare_transfer(const char *kind, int fd, size_t *size)
{
	if (!is_cgroupfs(fd) || !fault_now(kind))
		return 0;
	if (fault_short) {
		*size = *size > 1 ? 1 : *size;
		return 0;
	}
	errno = fault_error;
	return -1;
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	return prepare_transfer("read", fd, &size) < 0
		       ? -1
		       : raw(SYS_pread64, fd, (long)buffer, (long)size, offset);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t offset)
{
	return pread(fd, buffer, size, offset);
}

ssize_t read(int fd, void *buffer, size_t size)
{
	return prepare_transfer("read", fd, &size) < 0
		       ? -1
		       : raw(SYS_read, fd, (long)buffer, (long)size, 0);
}

ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset, size_t space)
{
	return size <= space ? pread(fd, buffer, size, offset) : (abort(), -1);
}

ssize_t __pread64_chk(int fd, void *buffer, size_t size, off_t offset, size_t space)
{
	return __pread_chk(fd, buffer, size, offset, space);
}

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t space)
{
	return size <= space ? read(fd, buffer, size) : (abort(), -1);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
	return prepare_transfer("write", fd, &size) < 0
		       ? -1
		       : raw(SYS_write, fd, (long)buffer, (long)size, 0);
}

int mkdirat(int directory, const char *name, mode_t mode)
{
	return is_cgroupfs(directory) && fail_now("make")
		       ? -1
		       : (int)raw(SYS_mkdirat, directory, (long)name, (long)mode, 0);
}

int unlinkat(int directory, const char *name, int flags)
{
	return is_cgroupfs(directory) && fail_now("remove")
		       ? -1
		       : (int)raw(SYS_unlinkat, directory, (long)name, flags, 0);
}

int fstatat(int directory, const char *path, struct stat *ret_stat, int flags)
{
	return directory >= 0 && is_cgroupfs(directory) && fail_now("stat")
		       ? -1
		       : (int)raw(SYS_newfstatat, directory, (long)path, (long)ret_stat, flags);
}

int faccessat(int directory, const char *path, int mode, int flags)
{
	return directory >= 0 && is_cgroupfs(directory) && fail_now("access")
		       ? -1
		       : (int)raw(SYS_faccessat2, directory, (long)path, mode, flags);
}

int fstat(int fd, struct stat *ret_stat)
{
	return is_cgroupfs(fd) && fail_now("stat") ? -1
						   : (int)raw(SYS_fstat, fd, (long)ret_stat, 0, 0);
}

/* Not every C library has openat2() and getdents64(), so cgward calls them through syscall(). */
long syscall(long number, ...)
{
	va_list arguments;
	long a, b, c, d, e, f;
	bool listing;

	va_start(arguments, number);
	a = va_arg(arguments, long);
	b = va_arg(arguments, long);
	c = va_arg(arguments, long);
	d = va_arg(arguments, long);
	e = va_arg(arguments, long);
	f = va_arg(arguments, long);
	va_end(arguments);
	listing = number == SYS_getdents64 && is_cgroupfs((int)a);
	if (listing && fail_now("list"))
		return -1;
	if (number == SYS_openat2)
		return finish_open((int)REAL(syscall)(number, a, b, c, d), (const char *)b);
	return REAL(syscall)(number, a, b, c, d, e, f);
}
