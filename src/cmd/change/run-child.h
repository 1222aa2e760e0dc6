/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-child.h - child process of `cgward run`, which waits until its group is ready, and
 * signal forwarding.
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "shared/cli/cli.h"

struct child {
	pid_t pid;
	int go;          /* one byte starts it; if closed before, it exits silently */
	sigset_t before; /* signal mask of the command */
};

/* Exit statuses of a command that could not be run, as for shells and env(1). */
enum { CHILD_NOT_STARTED = 125, CHILD_NOT_EXECUTABLE = 126, CHILD_NOT_FOUND = 127 };

/*
 * Forks a child that waits for child_go(). Forwarded signals are blocked in this process until
 * child_done().
 */
int child_start(struct child *child, const struct cli_context *context, char **command);
int child_go(struct child *child);
/* Forwards signals until the command exits; returns its exit status, or 128 plus the signal. */
int child_wait(struct child *child);
/* Ends a child that was not started, and unblocks signals. */
void child_done(struct child *child);
