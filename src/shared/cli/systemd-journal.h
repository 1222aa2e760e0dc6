/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-journal.h - entries for the systemd journal: what was changed, by which command and why.
 * Without systemd nothing is written.
 */
#ifndef CGWARD_SHARED_CLI_SYSTEMD_JOURNAL_H
#define CGWARD_SHARED_CLI_SYSTEMD_JOURNAL_H

#include <stdint.h>

enum cli_message {
#define MESSAGE(id, text) CLI_MESSAGE_##id,
#include "shared/cli/journal-messages.def"
#undef MESSAGE
	CLI_MESSAGE_COUNT,
};

/* 32 hexadecimal digits, for MESSAGE_ID. */
const char *cli_message_id(enum cli_message message);

/* A change that succeeded or failed. Texts are raw bytes, or NULL. */
struct cli_journal_change {
	const char *action; /* "set", "freeze", ... */
	const char *group;
	uint64_t group_id;
	const char *key; /* control key, for "set" */
	const char *old_value, *new_value, *accepted_value;
	const char *who; /* "cgward set" */
	const char *why;
	const char *how;     /* the file and the bytes written, or the D-Bus call */
	const char *trouble; /* reason of the failure */
	int error;           /* negative errno, or 0 */
	uint64_t change_id;  /* ID in the journal of changes, for undo; 0: none */
};
void cli_journal_change(const struct cli_journal_change *change);

#endif
