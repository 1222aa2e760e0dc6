/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-commands.c - the table of the writing face. */
#include "cmd/change/change-commands.h"
#include "cmd/change/change-entry.h"

const struct cli_command change_commands[] = {
	{"set", "set limits and weights of groups", verb_set},
	{"freeze", "stop all processes of groups", verb_freeze},
	{"thaw", "let the processes of groups go on", verb_thaw},
	{"kill", "send a signal to all processes of groups", verb_kill},
	{"create", "make groups", verb_create},
	{"move", "move processes into a group", verb_move},
	{"delete", "remove groups", verb_delete},
	{"run", "run a command in a limited group of its own", verb_run},
	{"undo", "take back a change", verb_undo},
	{"log", "show what was changed", verb_log},
	{NULL, NULL, NULL},
};
