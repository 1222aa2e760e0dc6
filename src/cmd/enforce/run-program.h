/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-program.h - programs that rules start, and single processes that they end. */
#ifndef CGWARD_CMD_ENFORCE_RUN_PROGRAM_H
#define CGWARD_CMD_ENFORCE_RUN_PROGRAM_H

#include "cmd/enforce/apply-actions.h"

/* Starts the action's command, without a shell and without our descriptors; it has ten seconds. */
int command_start(struct performer *performer, const struct cgw_action *action, char *reason,
		  size_t size);
/* Signals the process of the group, or beneath it, that has most memory; `how` says which. */
int command_kill_largest(const struct cgw_layout *layout, const struct cgw_action *action,
			 bool dry_run, char *how, size_t size);

#endif
