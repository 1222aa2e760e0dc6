/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-report.h - results of a plan, as text or JSON. */
#ifndef CGWARD_CMD_CHANGE_CHANGE_REPORT_H
#define CGWARD_CMD_CHANGE_CHANGE_REPORT_H

#include "cmd/change/change.h"

/*
 * Prints one line per step to standard output and failures to standard error, or with --json one
 * document. `error` is the return value of cgw_plan_apply(). Returns the exit status.
 */
enum cli_exit report_plan(const struct change_command *command, int error);

/* The same for steps outside a plan: an undone change, or a dry run of `run`. */
enum cli_exit report_steps(const struct change_command *command, const struct cgw_step *steps,
			   const struct cgw_result *results, size_t count);

/* The exit status of one step's result. */
enum cli_exit report_status(const struct cgw_result *result, bool dry_run) CGW_PURE;

#endif
