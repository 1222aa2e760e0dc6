/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-report-daemon.c - reads the status of the running enforcement. */
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "shared/report/policy-report.h"

json_t *policy_report_status(const char *directory)
{
	CLEANUP(cleanup_free) char *text = NULL;

	return daemon_status_text(directory, &text) == 0 ? json_loads(text, 0, NULL) : NULL;
}
