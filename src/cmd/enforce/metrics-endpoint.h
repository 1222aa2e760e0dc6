/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-endpoint.h - [metrics]: an endpoint for Prometheus in the daemon's loop. */
#ifndef CGWARD_CMD_ENFORCE_METRICS_ENDPOINT_H
#define CGWARD_CMD_ENFORCE_METRICS_ENDPOINT_H

#include "cmd/enforce/daemon.h"

/*
 * Opens it where the policy wants one. What goes wrong is said and holds up nothing else; it is tried
 * again with the next policy.
 */
void metrics_endpoint_open(struct daemon *daemon);
void metrics_endpoint_close(struct daemon *daemon);

#endif
