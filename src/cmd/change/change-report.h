/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-report.h - applies a plan and reports the results, as text or JSON. */
#pragma once

#include "cmd/change/change.h"

/*
 * Applies the plan with signals blocked. Prints one line per step to standard output and failures
 * to standard error, or with --json one document. Returns the exit status.
 */
enum cli_exit change_apply(struct change_command *command);

/* The same for steps outside a plan: an undone change, or a dry run of `run`. */
enum cli_exit report_steps(const struct change_command *command, const struct cgw_step *steps,
			   const struct cgw_result *results, size_t count);

/* The exit status of one step's result. */
enum cli_exit report_status(const struct cgw_result *result, bool dry_run) CGW_PURE;
