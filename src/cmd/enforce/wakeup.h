/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wakeup.h - early samples, requested by whatever notices an event. */
#pragma once

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lib/base/libsystemd.h"

#define WAKE_GROUP_DELAY_NS (50 * NS_PER_MS)
#define WAKE_EVENT_DELAY_NS (100 * NS_PER_MS) /* longer: kernel events come in bursts */

struct wakeup {
	sd_event *event;
	void (*sample)(void *context);
	void *context;
	sd_event_source *source;
	uint64_t last_sample_ns; /* boottime */
	uint64_t cost_ns;        /* CPU time of the last sample and its first actions */
	bool twice;              /* request another one after the next */
};

/*
 * Requests a sample, at least `after_ns` after the last one and so that samples use at most a
 * quarter of a CPU.
 */
void wakeup_request(struct wakeup *wakeup, uint64_t after_ns);
/*
 * Requests two samples: a rate over a long interval hides what has just started, and some counters
 * lag their event.
 */
void wakeup_request_twice(struct wakeup *wakeup, uint64_t after_ns);
void wakeup_stop(struct wakeup *wakeup);
