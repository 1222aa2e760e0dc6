/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* file-replacement.h - a new file that takes the place of an old one as a whole, or not at all. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* The new file has a temporary name in the same directory until it is complete. */
struct file_replacement {
	int directory_fd;
	const char *path;
	char temporary[PATH_MAX];
	int fd; /* opened for appending; -1 after the end */
	FILE *stream;
};

/* Variables with CLEANUP(cleanup_replacement) start with this value. */
#define FILE_REPLACEMENT_NONE ((struct file_replacement){.fd = -1})

/*
 * Creates the new file with `mode`, from which the umask is taken. `shared`: other processes may
 * replace the same file at the same time, so the temporary name has the process id. `path` must
 * outlive the replacement. Returns 0 or a negative errno.
 */
int replacement_begin(struct file_replacement *replacement, int directory_fd, const char *path,
		      mode_t mode, bool shared);
/* Also opens `stream`. */
int replacement_begin_stream(struct file_replacement *replacement, int directory_fd,
			     const char *path, mode_t mode, bool shared);
/*
 * Writes what `stream` has and renames the new file, so that readers see either the old or the new
 * one. `durable`: also after a crash of the machine. Returns 0 or a negative errno; then the old
 * file is unchanged and the new one removed.
 */
int replacement_commit(struct file_replacement *replacement, bool durable);
/* Removes the new file, unless the replacement has ended. */
void cleanup_replacement(struct file_replacement *replacement);
