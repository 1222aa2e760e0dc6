/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake-kernel.h - plain files that imitate writes to cgroupfs: values are replaced as a whole,
 * rounded to pages, and logged; a test can make a write fail. For tests of the limit module only.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/kernel/kernel-ops.h"
#include "tree.h"

static char fake_log[8192]; /* "memory.max=4096\n" for every write that succeeded */
static unsigned fake_writes;
static unsigned fake_fail_at; /* number of the write that fails; 0: none */
static int fake_fail_with;
static bool fake_nonblock; /* the last file was opened with O_NONBLOCK */
static bool fake_stuck;    /* freezing never completes */
/* Called before each write, to change the machine as another process would. */
static void (*fake_before_write)(const char *file);
static void (*fake_before_open)(void); /* same, before each open() */
static const char *fake_denied;        /* file that this process may not write; NULL */
static uint64_t fake_id;               /* inode number of all groups; 0: their own */

static void fake_reset(void)
{
	fake_log[0] = '\0';
	fake_writes = 0;
	fake_fail_at = 0;
	fake_stuck = false;
	fake_before_write = NULL;
	fake_before_open = NULL;
	fake_denied = NULL;
	fake_id = 0;
}

static ssize_t fake_write(int fd, const void *buffer, size_t size)
{
	char link[64], path[4096], text[512];
	unsigned long long number;
	const char *file;
	size_t used = strlen(fake_log);
	ssize_t length;

	/* A file of mode 0200 can be opened for writing only. */
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
		return -EACCES;
	fake_nonblock = (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	file = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	fake_writes++;
	if (fake_before_write != NULL)
		fake_before_write(file);
	if (fake_fail_at != 0 && fake_writes == fake_fail_at)
		return fake_fail_with;
	snprintf(text, sizeof(text), "%.*s", (int)size, (const char *)buffer);
	snprintf(fake_log + used, sizeof(fake_log) - used, "%s=%s\n", file, text);
	if (strncmp(file, "memory.", 7) == 0 && sscanf(text, "%llu", &number) == 1)
		snprintf(text, sizeof(text), "%llu", number & ~4095ULL);
	if (strcmp(file, "memory.limit_in_bytes") == 0 && strcmp(text, "-1") == 0)
		snprintf(text, sizeof(text), "9223372036854771712");
	if (fake_stuck && strcmp(text, "FROZEN") == 0)
		snprintf(text, sizeof(text), "FREEZING");
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		return -errno;
	return (ssize_t)size;
}

/* cgroupfs does not allow creating files: open() with O_CREAT fails with EACCES. */
static int fake_open_at(int directory, const char *path, int flags)
{
	if (fake_before_open != NULL)
		fake_before_open();
	if (flags & (O_CREAT | O_TRUNC))
		return -EACCES;
	return kernel_ops_real.open_at(directory, path, flags);
}

static int fake_may_write(int directory, const char *path)
{
	return fake_denied != NULL && strcmp(path, fake_denied) == 0
		       ? -EACCES
		       : kernel_ops_real.may_write(directory, path);
}

static int fake_stat_fd(int fd, struct stat *ret_stat)
{
	int r = kernel_ops_real.stat_fd(fd, ret_stat);

	if (r == 0 && fake_id != 0)
		ret_stat->st_ino = fake_id;
	return r;
}

/* Removing the directory of a group also removes its files. */
static int fake_remove_directory(int directory, const char *name)
{
	char path[4096], link[64];
	ssize_t length;
	DIR *entries;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", directory);
	length = readlink(link, path, sizeof(path) - 300);
	path[length > 0 ? length : 0] = '\0';
	snprintf(path + strlen(path), 256, "/%s", name);
	entries = opendir(path);
	for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
		if (entry->d_type == DT_REG)
			(void)unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries != NULL)
		closedir(entries);
	return rmdir(path) < 0 ? -errno : 0;
}

static const struct kernel_ops *fake_kernel(void)
{
	static struct kernel_ops ops;

	ops = kernel_ops_real;
	ops.open_at = fake_open_at;
	ops.write = fake_write;
	ops.stat_fd = fake_stat_fd;
	ops.may_write = fake_may_write;
	ops.remove_directory = fake_remove_directory;
	return &ops;
}

static struct cgw_layout *fake_layout(struct tree_dir *dir)
{
	char cgroup[4096], proc[4096], sys[4096];
	const struct cgw_roots roots = {
		.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
		.proc = tree_at(dir, "proc", proc, sizeof(proc)),
		.sys = tree_at(dir, "sys", sys, sizeof(sys)),
	};
	struct cgw_layout *layout = NULL;
	struct cgw_diag diag = {0};

	if (layout_open_with(&roots, fake_kernel(), &layout, &diag) < 0) {
		fprintf(stderr, "%s\n", diag.text);
		abort();
	}
	return layout;
}
