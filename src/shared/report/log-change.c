/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-change.c - entries of the systemd journal about changes made by users. */
#include <string.h>

#include "shared/cli/systemd-journal.h"
#include "shared/report/log-change.h"

#ifdef WITH_SYSTEMD
#include <syslog.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/libsystemd.h"
#include "lib/base/local-text.h"

static const char *text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

void append_change(struct string_builder *text, const char *old_value, const char *new_value,
		   const char *why, const char *failure)
{
	bool has_new = new_value != NULL && new_value[0] != '\0';

	if (old_value != NULL && old_value[0] != '\0')
		string_builder_printf(text, " %s%s", old_value, has_new ? " ->" : "");
	if (has_new)
		string_builder_printf(text, " %s", new_value);
	if (why != NULL && why[0] != '\0')
		string_builder_printf(text, " (%s)", why);
	if (failure != NULL)
		string_builder_printf(text, ": FAILED: %s", failure);
}

/* Formats "cgward set: /a: memory.max max -> 2G (by hand): FAILED: reason", escaped. */
static char *format_message(const struct cgw_step *step, const struct cgw_result *result,
			    const struct cgw_limit_options *options, const char *key)
{
	CLEANUP(string_builder_free) struct string_builder raw = {0};

	string_builder_printf(&raw, "%s: %s: %s", text_or_empty(options->who), step->path,
			      key[0] != '\0' ? key : cgw_step_kind_name(step->kind));
	append_change(&raw, result->old_value,
		      result->new_value[0] != '\0' ? result->new_value : step->value, options->why,
		      result->error >= 0             ? NULL
		      : result->diag.text[0] != '\0' ? result->diag.text
						     : strerror(-result->error));
	return raw.error == 0 ? escape_copy(string_builder_text(&raw)) : NULL;
}

void log_change(const struct cgw_step *step, const struct cgw_result *result,
		const struct cgw_limit_options *options)
{
	const char *key = step->kind == CGW_STEP_SET ? cgw_control_info(step->control)->key : "";
	CLEANUP(cleanup_free) char *message = NULL;
	CLEANUP(cleanup_free) char *group = NULL;

	if (options->dry_run || result->outcome == CGW_OUTCOME_PENDING ||
	    result->outcome == CGW_OUTCOME_UNCHANGED || result->outcome == CGW_OUTCOME_NOT_TRIED ||
	    access("/run/systemd/journal/socket", W_OK) < 0 || libsystemd_load(NULL) < 0)
		return;
	message = format_message(step, result, options, key);
	group = escape_copy(step->path);
	if (message == NULL || group == NULL)
		return;
	(void)sd_journal_send(
		"MESSAGE=%s", message, "PRIORITY=%d", result->error < 0 ? LOG_WARNING : LOG_NOTICE,
		"MESSAGE_ID=%s", cli_message_id(CLI_MESSAGE_CHANGE), "CGWARD_ACTION=%s",
		cgw_step_kind_name(step->kind), "CGWARD_GROUP=%s", group, "CGWARD_GROUP_ID=%llu",
		(unsigned long long)step->expected_id, "CGWARD_KEY=%s", key, "CGWARD_OLD=%s",
		result->old_value, "CGWARD_NEW=%s", text_or_empty(step->value), "CGWARD_KEPT=%s",
		result->new_value, "CGWARD_WHO=%s", text_or_empty(options->who), "CGWARD_REASON=%s",
		text_or_empty(options->why), "CGWARD_HOW=%s", result->how, "CGWARD_CHANGE=%llu",
		(unsigned long long)result->change_id, "ERRNO=%d", -result->error, NULL);
}
#else
void log_change(const struct cgw_step *step, const struct cgw_result *result,
		const struct cgw_limit_options *options)
{
}
#endif
