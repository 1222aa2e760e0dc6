/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wakeup.c - early samples, requested by whatever notices an event. */
#include "cmd/enforce/wakeup.h"

static int on_early(sd_event_source *source, uint64_t usec, void *context)
{
	struct wakeup *wakeup = context;
	bool twice = wakeup->twice;

	wakeup->twice = false;
	wakeup->sample(wakeup->context);
	if (twice)
		wakeup_request(wakeup, WAKE_EVENT_DELAY_NS);
	return 0;
}

void wakeup_request(struct wakeup *wakeup, uint64_t after_ns)
{
	uint64_t min_gap_ns = 3 * wakeup->cost_ns, at_us, set_us = 0;
	int enabled = SD_EVENT_OFF;

	at_us = (wakeup->last_sample_ns + (after_ns > min_gap_ns ? after_ns : min_gap_ns)) /
		NS_PER_US;
	if (wakeup->source == NULL) {
		(void)sd_event_add_time(wakeup->event, &wakeup->source, CLOCK_BOOTTIME, at_us, 1000,
					on_early, wakeup);
		return;
	}
	(void)sd_event_source_get_enabled(wakeup->source, &enabled);
	(void)sd_event_source_get_time(wakeup->source, &set_us);
	if (enabled != SD_EVENT_OFF && set_us <= at_us)
		return; /* already scheduled */
	(void)sd_event_source_set_time(wakeup->source, at_us);
	(void)sd_event_source_set_enabled(wakeup->source, SD_EVENT_ONESHOT);
}

void wakeup_request_twice(struct wakeup *wakeup, uint64_t after_ns)
{
	wakeup->twice = true;
	wakeup_request(wakeup, after_ns);
}

void wakeup_stop(struct wakeup *wakeup)
{
	wakeup->source = sd_event_source_unref(wakeup->source);
}
