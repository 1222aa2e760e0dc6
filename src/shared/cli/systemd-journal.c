/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-journal.c - entries for the systemd journal. */
#include "shared/cli/systemd-journal.h"

const char *cli_message_id(enum cli_message message)
{
	static const char *const ids[] = {
#define MESSAGE(id, text) [CLI_MESSAGE_##id] = (text),
#include "shared/cli/journal-messages.def"
#undef MESSAGE
	};

	return ids[message];
}

#ifdef WITH_SYSTEMD
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* The source location adds nothing to the fields. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cgward/base.h>

static const char *text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Formats "cgward set: /a: memory.max max -> 2G (by hand): FAILED: reason", escaped. */
static void format_message(const struct cli_journal_change *change, char *buffer, size_t size)
{
	const char *key = text_or_empty(change->key), *old = text_or_empty(change->old_value);
	const char *new = text_or_empty(change->accepted_value), *why = text_or_empty(change->why);
	char raw[6000];

	if (new[0] == '\0')
		new = text_or_empty(change->new_value);
	(void)snprintf(raw, sizeof(raw), "%s: %.2048s: %s%s%s%s%s%s%s%s%s%s",
		       text_or_empty(change->who), change->group,
		       key[0] != '\0' ? key : change->action, old[0] != '\0' ? " " : "", old,
		       old[0] != '\0' && new[0] != '\0' ? " ->" : "", new[0] != '\0' ? " " : "",
		       new, why[0] != '\0' ? " (" : "", why, why[0] != '\0' ? ")" : "",
		       change->error < 0 ? ": FAILED: " : "");
	if (change->error < 0)
		(void)snprintf(raw + strlen(raw), sizeof(raw) - strlen(raw), "%s",
			       change->trouble != NULL && change->trouble[0] != '\0'
				       ? change->trouble
				       : strerror(-change->error));
	(void)cgw_escape(buffer, size, raw, strlen(raw));
}

void cli_journal_change(const struct cli_journal_change *change)
{
	char text[8192], group[4 * 4096];

	if (access("/run/systemd/journal/socket", W_OK) < 0)
		return;
	format_message(change, text, sizeof(text));
	(void)cgw_escape(group, sizeof(group), change->group, strlen(change->group));
	(void)sd_journal_send(
		"MESSAGE=%s", text, "PRIORITY=%d", change->error < 0 ? LOG_WARNING : LOG_NOTICE,
		"MESSAGE_ID=%s", cli_message_id(CLI_MESSAGE_CHANGE), "CGWARD_ACTION=%s",
		change->action, "CGWARD_GROUP=%s", group, "CGWARD_GROUP_ID=%llu",
		(unsigned long long)change->group_id, "CGWARD_KEY=%s", text_or_empty(change->key),
		"CGWARD_OLD=%s", text_or_empty(change->old_value), "CGWARD_NEW=%s",
		text_or_empty(change->new_value), "CGWARD_KEPT=%s",
		text_or_empty(change->accepted_value), "CGWARD_WHO=%s", text_or_empty(change->who),
		"CGWARD_REASON=%s", text_or_empty(change->why), "CGWARD_HOW=%s",
		text_or_empty(change->how), "CGWARD_CHANGE=%llu",
		(unsigned long long)change->change_id, "ERRNO=%d", -change->error, NULL);
}
#else
void cli_journal_change(const struct cli_journal_change *change)
{
	(void)change;
}
#endif
