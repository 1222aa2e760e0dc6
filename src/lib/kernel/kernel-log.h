/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-log.h - the reports of the OOM killer in the kernel's log.
 *
 * Memory for the newest reports is allocated when the log is opened: nothing is allocated when one
 * arrives, which is when memory is short.
 */
#pragma once

#include <sys/types.h>

#include <cgward/base.h>

/* One report: raw lines as the kernel printed them. */
struct oom_report {
	const char *text;     /* lines that end with a newline; terminated */
	size_t omitted;       /* lines that did not fit */
	const char *decision; /* the line "oom-kill:..." in `text`; NULL: not printed yet */
	uint64_t received_ns; /* monotonic */
};

/* What the line "oom-kill:..." states. */
struct oom_decision {
	pid_t pid;
	char name[32]; /* of the process, raw bytes */
	/* The first bytes of the path name the group whose limit was reached; 0: not stated. */
	size_t limit_length;
	bool machine; /* the memory of the whole machine was used up */
};

/* A line of the table of processes. */
struct oom_task {
	pid_t pid;
	char name[32]; /* raw bytes */
	uint64_t resident_pages;
};

struct kernel_log;
/* The log without a source, for kernel_log_add(). -ENOMEM. */
int kernel_log_new(struct kernel_log **ret_log);
/* Reads the log from now on. -EPERM, -ENOENT, ...: not readable here. */
int kernel_log_open(struct kernel_log *log, const char *file);
/* Accepts NULL, returns NULL. */
struct kernel_log *kernel_log_free(struct kernel_log *log);
/* To wait for more; -1: not open, or closed after an error. */
int kernel_log_fd(const struct kernel_log *log);
/* Reads what is new. Returns true if the kernel has killed and counted a process. */
bool kernel_log_read(struct kernel_log *log);
/* Adds one record as read from /dev/kmsg. Returns true if it states a kill. */
bool kernel_log_add(struct kernel_log *log, const char *record, size_t length, uint64_t now_ns);

/* The newest report, received at or after `since_ns`, of a process of the group; or NULL. */
const struct oom_report *kernel_log_find(const struct kernel_log *log, const char *path,
					 uint64_t since_ns, struct oom_decision *ret_decision);
/* Parses "oom-kill:..." for a process of the group `path`; false if it was in another group. */
bool oom_decision_parse(const char *line, const char *path, struct oom_decision *ret_decision);
/* The largest processes of a report, largest first. Returns how many there are. */
size_t oom_report_largest(const struct oom_report *report, struct oom_task *tasks, size_t size);
