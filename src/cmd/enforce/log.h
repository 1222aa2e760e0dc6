/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log.h - what the daemon tells: the journal with fields, or lines on standard error. */
#ifndef CGWARD_CMD_ENFORCE_LOG_H
#define CGWARD_CMD_ENFORCE_LOG_H

#include "shared/cli/systemd-journal.h"
#include <cgward/policy.h>

/* Priorities are those of syslog(3). */
void log_event(int priority, const char *format, ...) CGW_PRINTF(2, 3);
/* What the catalogue explains. */
void log_message(enum cli_message message, int priority, const char *text);
/* One action and what came of it, with the fields that cgward-enforce(8) lists. */
void log_action(const struct cgw_action *action, const struct cgw_action_result *result,
		const char *how);

#endif
