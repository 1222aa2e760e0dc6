/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-ops.h - a table of the system calls of the kernel module, which tests can replace.
 *
 * Each returns like the system call, but with -errno instead of -1. All access to cgroupfs uses
 * this table.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cgward/kernel.h>

struct kernel_ops {
	int (*open_at)(int directory, const char *path, int flags);
	/* Does not leave `directory`, nor follow symbolic links or mounts, as RESOLVE_BENEATH. */
	int (*open_beneath)(int directory, const char *path, int flags);
	/* Opens the directory with this id in the same kernfs; requires CAP_DAC_READ_SEARCH. */
	int (*open_id)(int directory, uint64_t id);
	ssize_t (*read_at)(int fd, void *buffer, size_t size, off_t offset);
	ssize_t (*write)(int fd, const void *buffer, size_t size);
	int (*stat_at)(int directory, const char *path, struct stat *ret_stat); /* no symlinks */
	int (*stat_fd)(int fd, struct stat *ret_stat);
	ssize_t (*list)(int fd, void *buffer, size_t size); /* getdents64 */
	/* May this process write the file, or create and remove entries of the directory? */
	int (*may_write)(int directory, const char *path);
	int (*make_directory)(int directory, const char *name);
	int (*remove_directory)(int directory, const char *name);
	int (*close)(int fd);
	ssize_t (*read_link)(int directory, const char *path, char *buffer, size_t size);
};

extern const struct kernel_ops kernel_ops_real;

/* Like cgw_layout_open(), with other system calls. */
int layout_open_with(const struct cgw_roots *roots, const struct kernel_ops *ops,
		     struct cgw_layout **ret_layout, struct cgw_diag *diag);
