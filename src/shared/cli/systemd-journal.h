/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd-journal.h - entries in systemd's journal: what was changed, by whom and why, for whoever collects the
 * journals of many machines. Without systemd nothing is written.
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

/* A change that was made, or tried. Texts are raw bytes; NULL where there is none. */
struct cli_journal_change {
	const char *action; /* "set", "freeze", ... */
	const char *group;
	uint64_t group_id;
	const char *key; /* of what was set */
	const char *old_value, *new_value, *accepted_value;
	const char *who; /* "cgward set" */
	const char *why;
	const char *how;     /* the file and the bytes, or the call */
	const char *trouble; /* why it failed */
	int error;           /* negative errno, or 0 */
	uint64_t change_id;  /* in the journal of changes, for undo; 0: none */
};
void cli_journal_change(const struct cli_journal_change *change);

#endif
