/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log.h - log of the daemon: journal entries with fields, or lines on standard error. */
#pragma once

#include "shared/cli/systemd-journal.h"
#include <cgward/policy.h>

/* `priority` as for syslog(3). */
void log_event(int priority, const char *format, ...) CGW_PRINTF(2, 3);
/* An entry that the message catalog explains. */
void log_message(enum cli_message message, int priority, const char *text);
/* An action and its result, with the fields listed in cgward-enforce(8). */
void log_action(const struct cgw_action *action, const struct cgw_action_result *result,
		const char *how);
