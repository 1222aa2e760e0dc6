/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* members.h - the processes of a group and the groups beneath it, in one hierarchy or in all. */
#ifndef CGWARD_LIB_LIMIT_MEMBERS_H
#define CGWARD_LIB_LIMIT_MEMBERS_H

#include "lib/limit/target.h"

/* The group and all beneath it: each stands behind the one above it. Free with subtree_done(). */
struct subtree {
	char **paths;
	size_t count, size;
};

int subtree_list(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 struct subtree *ret_subtree);
void subtree_done(struct subtree *subtree);

/* Processes, sorted, each once. Free with members_done(). */
struct members {
	pid_t *pids;
	size_t count, size;
};

/* Adds those of one group in one hierarchy. */
int members_add(struct members *members, const struct cgw_layout *layout, size_t hierarchy,
		const char *path);
/* Adds those of the group and of all beneath it, in every hierarchy that holds it. */
int members_add_all(struct members *members, const struct cgw_layout *layout, const char *path);
void members_done(struct members *members);

/* "12 (cat), 17 (dd), ...": as many as fit. */
void members_format(const struct members *members, const struct cgw_layout *layout, char *buffer,
		    size_t size);

/* One letter of /proc/PID/stat and the name; -ESRCH: no such process. `ret_kernel`: a kernel thread. */
int process_state(const struct cgw_layout *layout, pid_t pid, char *ret_state, bool *ret_kernel,
		  char *name, size_t size);

/*
 * A hierarchy that only keeps track: a named one, or v2 beside v1 without a controller. systemd counts
 * its units there, so that nothing is made or moved in it by us.
 */
bool hierarchy_tracks_members(const struct cgw_layout *layout, size_t hierarchy);

#endif
