/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-journal.c - the kinds of entries in the systemd journal. */
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
