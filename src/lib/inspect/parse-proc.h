/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-proc.h - parsers of files in /proc/PID. Pure; texts are terminated. */
#pragma once

#include <cgward/inspect.h>

/* /proc/PID/stat. -EBADMSG for an invalid text. */
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

/* /proc/PID/status. -EBADMSG without a Tgid line. */
struct process_status {
	pid_t leader, inner_pid;
	unsigned pid_namespaces; /* entries of NSpid, from our PID namespace on; 1: only ours */
	uint32_t uid, gid;       /* effective */
	uint64_t capabilities[CGW_CAPABILITIES_SET_COUNT];
	int seccomp, seccomp_filters, no_new_privileges; /* -1: not reported */
};
int parse_status(const char *text, struct process_status *ret_status);

/* /proc/PID/limits. Limits that are not in the text remain unchanged. */
void parse_limits(const char *text, struct cgw_rlimit limits[CGW_RLIMIT_COUNT]);

/* Maps an outer ID to the inner one, by a uid_map or gid_map; CGW_NO_ID: not mapped. */
uint32_t parse_map(const char *text, uint32_t outside);

/* Joins '\0'-separated arguments with blanks, `limit` bytes at most; NULL: none, or no memory. */
char *parse_command(const char *text, size_t length, size_t limit);

/* The type of the file system mounted at "/" in a mountinfo; "": none. */
void parse_root_type(const char *text, char *buffer, size_t size);
