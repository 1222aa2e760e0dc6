/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics-endpoint.h - Prometheus endpoint in the daemon's event loop, as configured by
 * [metrics].
 */
#ifndef CGWARD_CMD_ENFORCE_METRICS_ENDPOINT_H
#define CGWARD_CMD_ENFORCE_METRICS_ENDPOINT_H

#include "cmd/enforce/daemon.h"

/*
 * Opens the endpoint if the policy has [metrics]. Errors are logged and do not affect
 * enforcement; a reload tries again.
 */
void metrics_endpoint_open(struct daemon *daemon);
void metrics_endpoint_close(struct daemon *daemon);

#endif
