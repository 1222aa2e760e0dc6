/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-systemd-journal.h - `cgward log --journal systemd`: cgward's changes in systemd journals. */
#pragma once

#include "shared/cli/cli.h"

struct log_journal {
	struct cli_context *context;
	const char *where; /* a journal file or directory; "": the local journal */
	uint64_t count;    /* 0: all */
	bool json;
	char **globs;
	int glob_count;
};

#ifdef WITH_SYSTEMD
enum cli_exit log_journal_print(const struct log_journal *log);
#else
static inline enum cli_exit log_journal_print(const struct log_journal *log)
{
	cli_error(log->context,
		  "this build does not support systemd journals; use --journal DIR to read "
		  "the journal of changes");
	return CLI_FAILED;
}
#endif
