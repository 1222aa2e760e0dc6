/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expose.h - [metrics]: an endpoint for Prometheus in the daemon's loop. */
#ifndef CGWARD_ENFORCE_EXPOSE_H
#define CGWARD_ENFORCE_EXPOSE_H

#include "enforce/daemon.h"

/*
 * Opens it where the policy wants one. What goes wrong is said and holds up nothing else; it is tried
 * again with the next policy.
 */
void expose_open(struct daemon *daemon);
void expose_close(struct daemon *daemon);

#endif
