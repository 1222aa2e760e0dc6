/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-commands.c - table of the commands `inspect` and `explain`. */
#include <stddef.h>

#include "cmd/inspect/inspect-commands.h"
#include "cmd/inspect/inspect-entry.h"

const struct cli_command inspect_commands[] = {
	{"inspect", "show processes, isolation and limits of a group", inspect_run},
	{"explain", "show what slows a group down, worst first", explain_run},
	{NULL, NULL, NULL},
};
