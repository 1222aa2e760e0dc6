/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-assignment.h - operands of the form KEY=VALUE. */
#ifndef CGWARD_CMD_CHANGE_PARSE_ASSIGNMENT_H
#define CGWARD_CMD_CHANGE_PARSE_ASSIGNMENT_H

#include "cmd/change/group-arguments.h"

/* Is it KEY=VALUE? A group with '=' in its name is written from the root: "/a=b". */
bool assign_is(const char *operand) CGW_PURE;

/* One SET step for each assignment of `operands` and each group; a mistake is said. */
enum cli_exit assign_add(struct verb *verb, const struct group_list *groups, int count,
			 char **operands);

#endif
