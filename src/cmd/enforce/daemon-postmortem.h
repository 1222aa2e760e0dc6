/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-postmortem.h - write post-mortem pages, as configured by [postmortem]. */
#ifndef CGWARD_CMD_ENFORCE_DAEMON_POSTMORTEM_H
#define CGWARD_CMD_ENFORCE_DAEMON_POSTMORTEM_H

#include "shared/postmortem/postmortem.h"

/* Returns NULL if the policy has no [postmortem], or after logging an error. */
struct postmortem *daemon_postmortem_start(const struct cgw_layout *layout,
					   const struct cgw_policy *policy, const char *state);

#endif
