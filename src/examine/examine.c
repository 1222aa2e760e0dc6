/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* examine.c - the commands of this face. */
#include <stddef.h>

#include "examine/commands.h"
#include "examine/examine.h"

const struct cli_command examine_commands[] = {
	{"inspect", "show what is in a group, and what isolates it", inspect_run},
	{"explain", "show what holds a group back, the worst first", explain_run},
	{NULL, NULL, NULL},
};
