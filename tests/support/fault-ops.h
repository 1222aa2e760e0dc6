/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault-ops.h - system calls of the kernel module that fail on request. For tests that link the
 * kernel module.
 */
#pragma once

#include "lib/kernel/kernel-ops.h"

/* Call number `fault_at` (1 is the next one) fails with `fault_error`; 0: none fails. */
static unsigned fault_at, fault_calls;
static int fault_error;
static bool fault_short; /* reads return one byte at a time; no call fails */

static bool fault_now(void)
{
	fault_calls++;
	return fault_at != 0 && fault_calls == fault_at && !fault_short;
}

static int fault_open_at(int directory, const char *path, int flags)
{
	return fault_now() ? fault_error : kernel_ops_real.open_at(directory, path, flags);
}

static int fault_open_beneath(int directory, const char *path, int flags)
{
	return fault_now() ? fault_error : kernel_ops_real.open_beneath(directory, path, flags);
}

static ssize_t fault_read_at(int fd, void *buffer, size_t size, off_t offset)
{
	if (fault_now())
		return fault_error;
	return kernel_ops_real.read_at(fd, buffer, fault_short && size > 1 ? 1 : size, offset);
}

static ssize_t fault_write(int fd, const void *buffer, size_t size)
{
	return fault_now() ? fault_error : kernel_ops_real.write(fd, buffer, size);
}

static int fault_stat_at(int directory, const char *path, struct stat *ret_stat)
{
	return fault_now() ? fault_error : kernel_ops_real.stat_at(directory, path, ret_stat);
}

static int fault_stat_fd(int fd, struct stat *ret_stat)
{
	return fault_now() ? fault_error : kernel_ops_real.stat_fd(fd, ret_stat);
}

static ssize_t fault_list(int fd, void *buffer, size_t size)
{
	return fault_now() ? fault_error : kernel_ops_real.list(fd, buffer, size);
}

static int fault_may_write(int directory, const char *path)
{
	return fault_now() ? fault_error : kernel_ops_real.may_write(directory, path);
}

static int fault_make_directory(int directory, const char *name)
{
	return fault_now() ? fault_error : kernel_ops_real.make_directory(directory, name);
}

static int fault_remove_directory(int directory, const char *name)
{
	return fault_now() ? fault_error : kernel_ops_real.remove_directory(directory, name);
}

static int fault_close(int fd)
{
	return kernel_ops_real.close(fd);
}

static ssize_t fault_read_link(int directory, const char *path, char *buffer, size_t size)
{
	return fault_now() ? fault_error : kernel_ops_real.read_link(directory, path, buffer, size);
}

static const struct kernel_ops fault_ops = {
	.open_at = fault_open_at,
	.open_beneath = fault_open_beneath,
	.read_at = fault_read_at,
	.write = fault_write,
	.stat_at = fault_stat_at,
	.stat_fd = fault_stat_fd,
	.list = fault_list,
	.may_write = fault_may_write,
	.make_directory = fault_make_directory,
	.remove_directory = fault_remove_directory,
	.close = fault_close,
	.read_link = fault_read_link,
};

static void fault_arm(unsigned at, int error)
{
	fault_at = at;
	fault_calls = 0;
	fault_error = error;
}
