/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cleanup-process.h - a process that cleans up if this one is killed. */
#pragma once

#include <sys/types.h>

struct cleanup_process {
	pid_t pid; /* -1: not started */
	int alive; /* its other end reads EOF once this process has exited */
};

/*
 * Starts a process that calls `clean` if this one exits without cleanup_process_stop(). It closes
 * its copy of `other_fd` unless -1, for a reader that waits until this process has exited.
 */
int cleanup_process_start(struct cleanup_process *cleanup, int other_fd,
			  void (*clean)(void *context), void *context);
void cleanup_process_stop(struct cleanup_process *cleanup);
