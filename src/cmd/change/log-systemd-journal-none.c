/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-systemd-journal-none.c - `cgward log --journal systemd` in a build without libsystemd. */
#include <string.h>

#include "cmd/change/log-systemd-journal.h"

bool log_journal_is(const char *text, const char **ret_where)
{
	(void)ret_where;
	return strcmp(text, "systemd") == 0 || strncmp(text, "systemd:", 8) == 0;
}

enum cli_exit log_journal_print(const struct log_journal *log)
{
	cli_error(log->context,
		  "this build does not support systemd journals; use --journal DIR to read "
		  "the journal of changes");
	return CLI_FAILED;
}
