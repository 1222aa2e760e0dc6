/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-systemd-journal.h - `cgward log --journal systemd`: what systemd's journals know of cgward's changes. */
#ifndef CGWARD_CMD_CHANGE_LOG_SYSTEMD_JOURNAL_H
#define CGWARD_CMD_CHANGE_LOG_SYSTEMD_JOURNAL_H

#include "shared/cli/cli.h"

struct log_journal {
	struct cli_context *context;
	const char *where; /* a journal's file, or a directory of them; "": this machine's */
	uint64_t count;    /* 0: all */
	bool json;
	char **globs;
	int glob_count;
};

/* "systemd", "systemd:PATH": then `ret_where` is what follows. */
bool log_journal_is(const char *text, const char **ret_where);
enum cli_exit log_journal_print(const struct log_journal *log);

#endif
