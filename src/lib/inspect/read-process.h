/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read-process.h - details of one process or thread. */
#pragma once

#include <cgward/inspect.h>

/* Properties of the machine and the reader, read once for all processes. */
struct process_context {
	const struct cgw_layout *layout;
	uint64_t own_user_namespace;                    /* of the reader; 0: unknown */
	uint64_t host[CGW_NAMESPACE_COUNT];             /* of the host; 0: unknown */
	enum cgw_state host_state[CGW_NAMESPACE_COUNT]; /* why it is unknown */
	uint64_t all_capabilities; /* the most that the host grants; 0: unknown */
	uint64_t ticks_per_s, page_bytes;
	unsigned uses; /* bit mask of enum cgw_process_use to read */
};

void process_context_read(const struct cgw_layout *layout, struct process_context *ret_context);

/*
 * Reads everything except `group` and `hierarchies`. -ESRCH: the process exited, even if its PID
 * was reused. `thread`: times and state of only that thread.
 */
int process_read(const struct process_context *context, pid_t pid, bool thread,
		 struct cgw_process *ret_process);
/* The parent of a zombie; 0 for any other process. */
pid_t process_dead_parent(const struct process_context *context, pid_t pid);
void process_done(struct cgw_process *process);
