/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics-endpoint.h - Prometheus endpoint in the daemon's event loop, as configured by
 * [metrics].
 */
#pragma once

#include <syslog.h>

#include "cmd/enforce/enforcement.h"
#include "cmd/enforce/log.h"

#ifdef WITH_METRICS_ENDPOINT
/*
 * Opens the endpoint if the policy has [metrics]. Errors are logged and do not affect
 * enforcement; a reload tries again.
 */
void metrics_endpoint_open(struct enforcement *enforcement);
void metrics_endpoint_close(struct enforcement *enforcement);
#else
static inline void metrics_endpoint_open(struct enforcement *enforcement)
{
	struct cgw_policy_metrics settings;

	if (cgw_policy_metrics_section(enforcement->policy, &settings))
		log_event(LOG_ERR, "cannot serve metrics: cgward was built without libmicrohttpd");
}

static inline void metrics_endpoint_close(struct enforcement *enforcement)
{
}
#endif
