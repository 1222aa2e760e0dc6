/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-child.h - a command that waits until its group is ready, signals that go through to it, and a keeper
 * that cleans up where the runner itself was killed.
 */
#ifndef CGWARD_CMD_CHANGE_RUN_CHILD_H
#define CGWARD_CMD_CHANGE_RUN_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "shared/cli/cli.h"

struct child {
	pid_t pid;
	int go;          /* a byte lets it start; closed before that, it ends without a word */
	sigset_t before; /* the signal mask that the command gets */
};

/* Statuses of shells and of env(1): what could not be run at all. */
enum { CHILD_NOT_STARTED = 125, CHILD_NOT_EXECUTABLE = 126, CHILD_NOT_FOUND = 127 };

/*
 * Forks; the child waits. From here on the signals that are passed on are blocked in this process,
 * until child_done().
 */
int child_start(struct child *child, const struct cli_context *context, char **command);
int child_go(struct child *child);
/* Passes signals on until the command ends: its exit status, or 128 and the signal's number. */
int child_wait(struct child *child);
/* Ends a child that never started, and gives the signals back. */
void child_done(struct child *child);

struct keeper {
	pid_t pid;
	int alive; /* its other end reads as closed once this process is gone */
};

/* A process that calls `clean` when this one ends without cleanup_process_stop(). */
int cleanup_process_start(struct keeper *keeper, const struct child *child,
			  void (*clean)(void *context), void *context);
void cleanup_process_stop(struct keeper *keeper);

#endif
