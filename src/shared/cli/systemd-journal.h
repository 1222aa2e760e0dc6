/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-journal.h - the kinds of entries in the systemd journal. */
#pragma once

enum cli_message {
#define MESSAGE(id, text) CLI_MESSAGE_##id,
#include "shared/cli/journal-messages.def"
#undef MESSAGE
	CLI_MESSAGE_COUNT,
};

/* 32 hexadecimal digits, for MESSAGE_ID. */
const char *cli_message_id(enum cli_message message);
