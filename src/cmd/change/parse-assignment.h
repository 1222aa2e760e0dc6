/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-assignment.h - arguments of the form KEY=VALUE. */
#ifndef CGWARD_CMD_CHANGE_PARSE_ASSIGNMENT_H
#define CGWARD_CMD_CHANGE_PARSE_ASSIGNMENT_H

#include "cmd/change/group-arguments.h"

/* Is it KEY=VALUE? A group with '=' in its name must start with '/': "/a=b". */
bool assign_is(const char *argument) CGW_PURE;

/* Adds a SET step for each assignment and group. Prints errors. */
enum cli_exit assign_add(struct change_command *command, const struct group_list *groups, int count,
			 char **arguments);

#endif
