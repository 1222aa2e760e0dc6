/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* read-process.h - one process or thread, read between two looks at its start time. */
#ifndef CGWARD_LIB_INSPECT_READ_PROCESS_H
#define CGWARD_LIB_INSPECT_READ_PROCESS_H

#include <cgward/inspect.h>

/* What all processes are compared with, read once. */
struct process_context {
	const struct cgw_layout *layout;
	uint64_t own_user_namespace;                    /* of the reader; 0: not known */
	uint64_t host[CGW_NAMESPACE_COUNT];             /* the machine's; 0: not known */
	enum cgw_state host_state[CGW_NAMESPACE_COUNT]; /* why not */
	uint64_t all_capabilities; /* what the host gives at most; 0: not known */
	uint64_t ticks_per_s, page_bytes;
};

void process_context_read(const struct cgw_layout *layout, struct process_context *ret_context);

/*
 * Fills everything but `group` and `hierarchies`. -ESRCH: it went away meanwhile, or another one
 * took its number. `thread`: times and state of the thread alone.
 */
int process_read(const struct process_context *context, pid_t pid, bool thread,
		 struct cgw_process *ret_process);
/* The parent of a process that exited and waits to be reaped; 0 for any other. */
pid_t process_dead_parent(const struct process_context *context, pid_t pid);
void process_done(struct cgw_process *process);

#endif
