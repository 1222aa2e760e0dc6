/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* run-program.h - run commands of rules, and kill the largest process of a group. */
#ifndef CGWARD_CMD_ENFORCE_RUN_PROGRAM_H
#define CGWARD_CMD_ENFORCE_RUN_PROGRAM_H

#include "cmd/enforce/apply-actions.h"

/* Starts the action's command without a shell; it is killed after ten seconds. */
int command_start(struct applier *applier, const struct cgw_action *action, char *reason,
		  size_t size);
/* Signals the process of the group with the most resident memory; `how` describes it. */
int kill_largest_process(const struct cgw_layout *layout, const struct cgw_action *action,
			 bool dry_run, char *how, size_t size);

#endif
