/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log.c - log to the journal, or to standard error without one. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/enforce/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/libsystemd.h"
#include "lib/base/local-text.h"
#include "shared/cli/systemd-journal.h"
#include "shared/report/log-change.h"

/* If standard error is the journal already, write only structured entries. */
static bool in_journal(void)
{
	return getenv("JOURNAL_STREAM") != NULL &&
	       access("/run/systemd/journal/socket", W_OK) == 0 && libsystemd_load(NULL) == 0;
}

void log_event(int priority, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!in_journal() || sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority, NULL) < 0)
		fprintf(stderr, "cgward enforce: %s\n", text);
}

void log_message(enum cli_message message, int priority, const char *text)
{
	if (!in_journal() || sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority,
					     "MESSAGE_ID=%s", cli_message_id(message), NULL) < 0)
		fprintf(stderr, "cgward enforce: %s\n", text);
}

static int priority_of(const struct cgw_action *action, const struct cgw_action_result *result)
{
	if (result->outcome == CGW_OUTCOME_INCONSISTENT)
		return LOG_ALERT;
	if (result->error < 0)
		return LOG_WARNING;
	return action->kind == CGW_ACTION_KILL || action->kind == CGW_ACTION_NOTIFY ? LOG_WARNING
										    : LOG_NOTICE;
}

void log_action(const struct cgw_action *action, const struct cgw_action_result *result,
		const char *how)
{
	const char *key =
		action->control < CGW_CONTROL_COUNT ? cgw_control_info(action->control)->key : "";
	CLEANUP(cleanup_free) char *path = escape_copy(action->path);
	CLEANUP(string_builder_free) struct string_builder message = {0};
	const char *text;

	if (path == NULL)
		return;
	string_builder_printf(&message, "%s%s: %s %s", action->dry_run ? "would: " : "",
			      action->rule, cgw_action_kind_name(action->kind), path);
	if (action->value != NULL)
		string_builder_printf(&message, " %s", key);
	append_change(&message, action->value != NULL ? result->old_value : NULL, action->value,
		      action->reason,
		      result->error >= 0       ? NULL
		      : result->reason != NULL ? result->reason
					       : strerror(-result->error));
	text = string_builder_text(&message);
	if (in_journal() &&
	    sd_journal_send("MESSAGE=%s", text, "PRIORITY=%d", priority_of(action, result),
			    "MESSAGE_ID=%s", cli_message_id(CLI_MESSAGE_ACTION), "CGWARD_ACTION=%s",
			    cgw_action_kind_name(action->kind), "CGWARD_GROUP=%s", path,
			    "CGWARD_GROUP_ID=%llu", (unsigned long long)action->group_id,
			    "CGWARD_RULE=%s", action->rule, "CGWARD_STEP=%u", action->step,
			    "CGWARD_KEY=%s", key, "CGWARD_OLD=%s",
			    result->old_value != NULL ? result->old_value : "", "CGWARD_NEW=%s",
			    action->value != NULL ? action->value : "", "CGWARD_KEPT=%s",
			    result->accepted_value != NULL ? result->accepted_value : "",
			    "CGWARD_REASON=%s", action->reason != NULL ? action->reason : "",
			    "CGWARD_HOW=%s", how, "CGWARD_DRY_RUN=%d", action->dry_run, "ERRNO=%d",
			    -result->error, NULL) == 0)
		return;
	fprintf(stderr, "cgward enforce: %s\n", text);
}
