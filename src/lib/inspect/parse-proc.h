/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-proc.h - the texts of /proc/PID. Pure: each takes a terminated text and fills what it finds. */
#ifndef CGWARD_LIB_INSPECT_PARSE_PROC_H
#define CGWARD_LIB_INSPECT_PARSE_PROC_H

#include <cgward/inspect.h>

/* /proc/PID/stat: name, state, parent, times, threads, start. -EBADMSG for a text that is none. */
struct process_stat {
	char name[64];
	char state;
	pid_t parent;
	unsigned flags;
	uint64_t user_ticks, system_ticks, start_ticks;
	unsigned threads;
	uint64_t resident_pages;
};
int parse_stat(const char *text, struct process_stat *ret_stat);

/* /proc/PID/status: ids, the innermost pid, capabilities, seccomp. */
struct process_status {
	pid_t leader, inner_pid;
	unsigned
		pid_namespaces; /* how many the process is known in, from ours on: 1 is ours alone */
	uint32_t uid, gid;      /* effective */
	uint64_t capabilities[CGW_CAPABILITIES_SET_COUNT];
	int seccomp, seccomp_filters, no_new_privileges; /* -1: not said */
};
int parse_status(const char *text, struct process_status *ret_status);

/* /proc/PID/limits: those that are not in the text stay absent. */
void parse_limits(const char *text, struct cgw_rlimit limits[CGW_RLIMIT_COUNT]);

/* The id inside for one outside, by the lines of a uid_map or gid_map; CGW_NO_ID: not mapped. */
uint32_t parse_map(const char *text, uint32_t outside);

/* Arguments with '\0' between to one line, `limit` bytes at most; NULL where there are none. */
char *parse_command(const char *text, size_t length, size_t limit);

/* The type of the file system at "/" in a mountinfo; "" where there is none. */
void parse_root_type(const char *text, char *buffer, size_t size);

#endif
