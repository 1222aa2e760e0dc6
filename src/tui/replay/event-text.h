/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-text.h - text of recorded events. Pure. */
#pragma once

#include "tui/core/source.h"

/* Events worth jumping to: all except groups that appear or are removed. */
#define EVENT_NOTABLE                                                          \
	(CGW_EVENT_EVERY_KIND &                                                \
	 ~(CGW_EVENT_BIT(CGW_EVENT_APPEARED) | CGW_EVENT_BIT(CGW_EVENT_GONE) | \
	   CGW_EVENT_BIT(CGW_EVENT_RECREATED)))

/*
 * Copies an event and formats its text, which the path follows: "memory.max max → 1.0G by cgward
 * set on". -ENOMEM. Free with event_done().
 */
int event_copy(const struct cgw_event *event, struct source_event *ret_event);
void event_done(struct source_event *event);
