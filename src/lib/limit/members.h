/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* members.h - processes and descendants of a group, in one hierarchy or in all. */
#ifndef CGWARD_LIB_LIMIT_MEMBERS_H
#define CGWARD_LIB_LIMIT_MEMBERS_H

#include "lib/limit/target.h"

/* The group and its descendants, each after its parent. Free with subtree_done(). */
struct subtree {
	char **paths;
	size_t count, size;
};

int subtree_list(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 struct subtree *ret_subtree);
void subtree_done(struct subtree *subtree);

/* Processes, sorted and unique. Free with members_done(). */
struct members {
	pid_t *pids;
	size_t count, size;
};

/* Adds the processes of one group in one hierarchy. */
int members_add(struct members *members, const struct cgw_layout *layout, size_t hierarchy,
		const char *path);
/* Adds those of the group and its descendants in all hierarchies. -ENOENT: no such group. */
int members_add_all(struct members *members, const struct cgw_layout *layout, const char *path);
void members_done(struct members *members);

/* "12 (cat), 17 (dd), ...": as many as fit. */
void members_format(const struct members *members, const struct cgw_layout *layout, char *buffer,
		    size_t size);

/* State letter and name in /proc/PID/stat; `ret_kernel`: kernel thread. -ESRCH: no such process. */
int process_state(const struct cgw_layout *layout, pid_t pid, char *ret_state, bool *ret_kernel,
		  char *name, size_t size);

/*
 * A hierarchy without controllers: a named one, or v2 on a hybrid layout. systemd tracks its units
 * there, so cgward neither creates groups nor moves processes in it.
 */
bool hierarchy_tracks_members(const struct cgw_layout *layout, size_t hierarchy);

#endif
