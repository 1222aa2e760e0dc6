/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* assign.h - operands of the form KEY=VALUE. */
#ifndef CGWARD_VERBS_ASSIGN_H
#define CGWARD_VERBS_ASSIGN_H

#include "verbs/groups.h"

/* Is it KEY=VALUE? A group with '=' in its name is written from the root: "/a=b". */
bool assign_is(const char *operand) CGW_PURE;

/* One SET step for each assignment of `operands` and each group; a mistake is said. */
enum cli_exit assign_add(struct verb *verb, const struct group_list *groups, int count,
			 char **operands);

#endif
