/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-watch.h - notices that the policy was replaced. */
#pragma once

#include "lib/base/libsystemd.h"

struct policy_watch {
	const char *file;
	const char *directory; /* conf.d, or NULL */
	void (*reload)(void *context);
	void *context;
};

/* `watch` must outlive the event loop, which frees the watches. */
int policy_watch_open(sd_event *event, struct policy_watch *watch);
