/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-endpoint-none.c - what is built without an HTTP library says so. */
#include <syslog.h>

#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"

void metrics_endpoint_open(struct daemon *daemon)
{
	struct cgw_policy_metrics wanted;

	if (cgw_policy_metrics_section(daemon->policy, &wanted))
		log_event(LOG_ERR, "[metrics] is not served: cgward was built without HTTP");
}

void metrics_endpoint_close(struct daemon *daemon)
{
	(void)daemon;
}
