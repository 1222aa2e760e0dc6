/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* members.h - processes of a group, in one hierarchy or in all. */
#pragma once

#include "lib/limit/subtree.h"

/* Processes, sorted and unique. Free with members_done(). */
struct members {
	pid_t *pids;
	size_t count, size;
	size_t groups;      /* visited by members_add_all() */
	size_t out_of_view; /* processes of other PID namespaces */
	int error;          /* the first of a group below that could not be read */
};

/* The list of processes of one group; of a threaded group, its threads. */
int members_read(const struct target *group, char **ret_text);
int members_push(struct members *members, pid_t pid);
/* Is the process in the sorted list? */
bool members_contain(const struct members *members, pid_t pid) CGW_PURE;
/* Adds the processes of such a list, unsorted. */
int members_parse(struct members *members, const char *text);
/* Adds the processes of one group in one hierarchy. */
int members_add(struct members *members, const struct target *group);
/*
 * Adds those of the group and its descendants in a set of hierarchies, or in all. -ENOENT: no such
 * group. Groups that cannot be read are left out, and `error` is set.
 */
int members_add_in(struct members *members, const struct cgw_layout *layout, const char *path,
		   uint32_t hierarchies);
int members_add_all(struct members *members, const struct cgw_layout *layout, const char *path);
void members_done(struct members *members);

/* "12 (cat), 17 (dd), ...": as many as fit. */
void members_format(const struct members *members, const struct cgw_layout *layout, char *buffer,
		    size_t size);

/* State letter and name in /proc/PID/stat; `ret_kernel`: kernel thread. -ESRCH: no such process. */
int process_state(const struct cgw_layout *layout, pid_t pid, char *ret_state, bool *ret_kernel,
		  char *name, size_t size);

/* The start of a process in clock ticks since boot, which identifies it with its PID. */
int process_start(const struct cgw_layout *layout, pid_t pid, uint64_t *ret_ticks);

/* A pidfd, which refers to one process, so that its PID cannot be reused; or an error. */
int process_open(pid_t pid);
/* Threads, and processes on kernels or under filters without pidfds, are signalled by number. */
int process_signal(int fd, pid_t pid, int signal);

/* The process of a thread; `tid` itself if it cannot be read. */
pid_t process_of_thread(const struct cgw_layout *layout, pid_t tid);

/*
 * A hierarchy without controllers: a named one, or v2 on a hybrid layout. systemd tracks its units
 * there, so cgward neither creates groups nor moves processes in it.
 */
bool hierarchy_tracks_members(const struct cgw_layout *layout, size_t hierarchy);
