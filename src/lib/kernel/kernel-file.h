/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-file.h - read whole files, and open paths of any length. */
#pragma once

#include "lib/kernel/kernel-ops.h"

/*
 * Reads a file from offset 0 to its end. The text is terminated; the caller frees it. Returns
 * -EFBIG if the file has FILE_LIMIT or more bytes.
 */
int file_read_at(const struct kernel_ops *ops, int directory, const char *file, char **ret_text,
		 size_t *ret_length);

/* Opens a path below a directory. A path longer than PATH_MAX is opened in several steps. */
int file_open_beneath(const struct kernel_ops *ops, int directory, const char *path, int flags,
		      int *ret_fd);

/* Far more than the size of any file read by this module. */
#define FILE_LIMIT ((size_t)64 << 20)
