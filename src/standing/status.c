/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status.c - what the running enforcement wrote of itself, as JSON. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/daemon.h"
#include "standing/standing.h"

json_t *standing_status(const char *directory)
{
	CLEANUP(cleanup_free) char *text = NULL;

	return daemon_status_text(directory, &text) == 0 ? json_loads(text, 0, NULL) : NULL;
}
