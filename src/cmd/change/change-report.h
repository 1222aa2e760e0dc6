/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change-report.h - what came of a plan, for people and for programs. */
#ifndef CGWARD_CMD_CHANGE_CHANGE_REPORT_H
#define CGWARD_CMD_CHANGE_CHANGE_REPORT_H

#include "cmd/change/change.h"

/*
 * Prints a line a step on standard output, failures on standard error; with --json one document.
 * `error` is what cgw_plan_apply() returned. Returns the exit status.
 */
enum cli_exit report_plan(const struct verb *verb, int error);

/* The same for steps that no plan holds: an undone change, what `run` would do. */
enum cli_exit report_steps(const struct verb *verb, const struct cgw_step *steps,
			   const struct cgw_result *results, size_t count);

/* The exit status of one step's result. */
enum cli_exit report_status(const struct cgw_result *result, bool dry_run) CGW_PURE;

#endif
