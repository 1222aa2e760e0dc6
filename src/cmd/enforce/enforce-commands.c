/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce-commands.c - table of the policy commands. */
#include "cmd/enforce/enforce-commands.h"

const struct cli_command enforce_commands[] = {
	{"enforce", "apply a policy file continuously", enforce_run},
	{"check", "validate a policy file and show what it would do here", check_run},
	{"status", "show the state of the running enforcement", status_run},
	{"export", "print the current limits of groups as policy sections", export_run},
	{NULL, NULL, NULL},
};
