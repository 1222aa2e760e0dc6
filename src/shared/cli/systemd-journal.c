/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-journal.c - entries in systemd's journal. */
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

/* Our own call sites say nothing that the fields do not. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cgward/base.h>

static const char *or_nothing(const char *text)
{
	return text != NULL ? text : "";
}

/* "cgward set: /a: memory.max max -> 2G (by hand): FAILED: why", escaped. */
static void sentence(const struct cli_journal_change *change, char *buffer, size_t size)
{
	const char *key = or_nothing(change->key), *old = or_nothing(change->old_value);
	const char *new = or_nothing(change->accepted_value), *why = or_nothing(change->why);
	char raw[6000];

	if (new[0] == '\0')
		new = or_nothing(change->new_value);
	(void)snprintf(raw, sizeof(raw), "%s: %.2048s: %s%s%s%s%s%s%s%s%s%s",
		       or_nothing(change->who), change->group,
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
	sentence(change, text, sizeof(text));
	(void)cgw_escape(group, sizeof(group), change->group, strlen(change->group));
	(void)sd_journal_send(
		"MESSAGE=%s", text, "PRIORITY=%d", change->error < 0 ? LOG_WARNING : LOG_NOTICE,
		"MESSAGE_ID=%s", cli_message_id(CLI_MESSAGE_CHANGE), "CGWARD_ACTION=%s",
		change->action, "CGWARD_GROUP=%s", group, "CGWARD_GROUP_ID=%llu",
		(unsigned long long)change->group_id, "CGWARD_KEY=%s", or_nothing(change->key),
		"CGWARD_OLD=%s", or_nothing(change->old_value), "CGWARD_NEW=%s",
		or_nothing(change->new_value), "CGWARD_KEPT=%s", or_nothing(change->accepted_value),
		"CGWARD_WHO=%s", or_nothing(change->who), "CGWARD_REASON=%s",
		or_nothing(change->why), "CGWARD_HOW=%s", or_nothing(change->how),
		"CGWARD_CHANGE=%llu", (unsigned long long)change->change_id, "ERRNO=%d",
		-change->error, NULL);
}
#else
void cli_journal_change(const struct cli_journal_change *change)
{
	(void)change;
}
#endif
