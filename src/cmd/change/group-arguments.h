/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-arguments.h - groups given as arguments, by name or glob. */
#pragma once

#include "cmd/change/change.h"

struct group_list {
	char **paths;
	char **processes; /* by path: "pid:N" if it is the group of a process, or NULL */
	size_t count;
	size_t path_capacity, process_capacity;
	size_t process_count;
	uint32_t hierarchies; /* where to find the group of a process; 0: any */
};

/*
 * Adds the group with the name `what`, or if no group has that name, all groups whose path matches
 * it as a glob. Duplicates are skipped. Prints errors.
 */
enum cli_exit groups_add(const struct change_command *command, struct group_list *list,
			 const char *what);

/* Adds a group by its path. Duplicates are skipped. -ENOMEM. */
int groups_add_path(struct group_list *list, const char *path);

/* Adds the path of a new group: "a//b/" becomes "/a/b", and a leading mount point is removed. */
enum cli_exit groups_add_new(const struct change_command *command, struct group_list *list,
			     const char *path);

void groups_done(struct group_list *list);

/* Converts "/a//b/" to "/a/b". -EINVAL for ".", ".." and the root. The caller frees `ret_path`. */
int groups_normalise(const struct cgw_layout *layout, const char *text, char **ret_path);

/* Is it KEY=VALUE? A group with '=' in its name must start with '/': "/a=b". */
bool assign_is(const char *argument) CGW_PURE;

/* Adds a SET step for each assignment and group. Prints errors. */
enum cli_exit assign_add(struct change_command *command, const struct group_list *groups, int count,
			 char **arguments);
