/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-arguments.h - the groups that operands name: one by one, or many by a glob. */
#ifndef CGWARD_CMD_CHANGE_GROUP_ARGUMENTS_H
#define CGWARD_CMD_CHANGE_GROUP_ARGUMENTS_H

#include "cmd/change/change.h"

struct group_list {
	char **paths;
	size_t count;
};

/*
 * Adds what `what` names: a group by any of its names, or, where none is called exactly so, all
 * whose path matches it as a glob. Each group stands once. A mistake is said.
 */
enum cli_exit groups_add(const struct verb *verb, struct group_list *list, const char *what);

/* Adds a path that need not be there yet: "a//b/" is "/a/b", a mount point before it is cut off. */
enum cli_exit groups_add_new(const struct verb *verb, struct group_list *list, const char *path);

void groups_done(struct group_list *list);

/* "/a//b/" to "/a/b". -EINVAL for ".", "..", and the root. The caller frees `ret_path`. */
int groups_normalise(const struct cgw_layout *layout, const char *text, char **ret_path);

#endif
