/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-endpoint-none.c - stub for builds without libmicrohttpd. */
#include <syslog.h>

#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"

void metrics_endpoint_open(struct daemon *daemon)
{
	struct cgw_policy_metrics settings;

	if (cgw_policy_metrics_section(daemon->policy, &settings))
		log_event(LOG_ERR, "cannot serve metrics: cgward was built without libmicrohttpd");
}

void metrics_endpoint_close(struct daemon *daemon)
{
	(void)daemon;
}
