/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-change.h - what a command on a remote host has changed, from its JSON document. */
#ifndef CGWARD_TUI_ACTION_REMOTE_CHANGE_H
#define CGWARD_TUI_ACTION_REMOTE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct remote_change {
	uint64_t transaction; /* in the journal of that host; 0: nothing was recorded */
	bool reversible;      /* at least one of its changes */
	char text[256];       /* for the status line, escaped: the failure, or what was done */
};

/* -EBADMSG: not such a document. */
int remote_change_parse(const char *document, struct remote_change *ret_change);

#endif
