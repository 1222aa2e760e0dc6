/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process-sizes.h - how large processes were before an event.
 *
 * Only processes of groups that use half of their memory limit are read, so that nothing is read
 * while no group can reach it soon.
 */
#pragma once

#include <cgward/inspect.h>

struct process_size {
	uint64_t time_ns;     /* monotonic */
	uint64_t start_ticks; /* with the PID, identifies the process */
	uint64_t resident_bytes;
	pid_t pid;
	char name[64];
};

struct process_sizes {
	struct process_size *items; /* oldest first */
	size_t count, capacity;
	uint64_t read_ns; /* 0: never */
};

/*
 * Reads the sizes, at most every five seconds, and drops those that are older than `last_ns`.
 * Without memory, some are left out.
 */
void process_sizes_update(struct process_sizes *sizes, const struct cgw_layout *layout,
			  const struct cgw_frame *frame, uint64_t now_ns, uint64_t last_ns);
/*
 * The oldest size of a process; NULL: none. `start_ticks` 0: not known, then the newest size of
 * that PID must have the name.
 */
const struct process_size *process_sizes_find(const struct process_sizes *sizes, pid_t pid,
					      uint64_t start_ticks, const char *name);
void process_sizes_done(struct process_sizes *sizes);
