/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* regular-file.h - open files that others name: never a FIFO, a device or more than expected. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/*
 * Opens a file with O_CLOEXEC; `flags` has no O_CREAT. Returns the descriptor or a negative errno:
 * -EMEDIUMTYPE if it is not a regular file, -EFBIG if it is larger than `bytes_max`.
 */
int open_regular_file(int directory_fd, const char *path, int flags, uint64_t bytes_max);
/* Creates the file if it does not exist. */
int create_regular_file(int directory_fd, const char *path, int flags, mode_t mode,
			uint64_t bytes_max);

/* The reason for an error of open_regular_file(). */
const char *regular_file_error_text(int error);
