/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-target.h - a process that an action applies to. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct process_target {
	pid_t pid;
	uint64_t start_ticks; /* detects another process with the same PID */
	char command[160];    /* escaped */
	char *path;           /* of the group where it was listed, raw; the app's own */
};
