/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-file.h - whole files, and directories of groups however deep. */
#ifndef CGWARD_LIB_KERNEL_KERNEL_FILE_H
#define CGWARD_LIB_KERNEL_KERNEL_FILE_H

#include "lib/kernel/kernel-ops.h"

/* Reads from offset 0 to the end; the text is terminated. `limit`: -EFBIG beyond that many bytes. */
int file_read_fd(const struct kernel_ops *ops, int fd, size_t limit, char **ret_text,
		 size_t *ret_length);
int file_read_at(const struct kernel_ops *ops, int directory, const char *file, char **ret_text,
		 size_t *ret_length);

/* A path of any length beneath a directory, in pieces that a system call takes. */
int file_open_beneath(const struct kernel_ops *ops, int directory, const char *path, int flags,
		      int *ret_fd);

/* No kernel file that is read here comes near it. */
#define FILE_LIMIT ((size_t)64 << 20)

#endif
