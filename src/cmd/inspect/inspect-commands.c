/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-commands.c - the commands of this face. */
#include <stddef.h>

#include "cmd/inspect/inspect-commands.h"
#include "cmd/inspect/inspect-entry.h"

const struct cli_command inspect_commands[] = {
	{"inspect", "show what is in a group, and what isolates it", inspect_run},
	{"explain", "show what holds a group back, the worst first", explain_run},
	{NULL, NULL, NULL},
};
