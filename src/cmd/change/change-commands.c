/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-commands.c - the commands that change groups. */
#include "cmd/change/change.h"

const struct cli_command change_commands[] = {
	{"set", "set limits and weights of groups", set_command},
	{"freeze", "freeze all processes of groups", freeze_command},
	{"thaw", "resume the processes of frozen groups", thaw_command},
	{"kill", "send a signal to all processes of groups", kill_command},
	{"create", "create groups", create_command},
	{"move", "move processes into a group", move_command},
	{"delete", "remove groups", delete_command},
	{"run", "run a command in a new group with limits", run_command},
	{"probe", "find out how much memory a group needs", probe_command},
	{"undo", "undo a change", undo_command},
	{"log", "show the journal of changes", log_command},
	{NULL, NULL, NULL},
};
