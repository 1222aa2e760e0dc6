/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-postmortem.h - write post-mortem pages, as configured by [postmortem]. */
#pragma once

#include "shared/postmortem/postmortem.h"

/* Returns NULL if the policy has no [postmortem], or after logging an error. */
struct postmortem *daemon_postmortem_start(const struct cgw_layout *layout,
					   const struct cgw_policy *policy, const char *state);
