/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce-commands.c - the commands of this face. */
#include "cmd/enforce/enforce-commands.h"

const struct cli_command enforce_commands[] = {
	{"enforce", "apply a policy file, and keep applying it", enforce_run},
	{"check", "say what a policy file would do here, or what is wrong with it", check_run},
	{"status", "show what the running enforcement holds and waits for", status_run},
	{"export", "write the present limits of groups as sections of a policy", export_run},
	{NULL, NULL, NULL},
};
