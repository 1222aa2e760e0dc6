/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-text.h - what happened, as a recording has it, in words. Pure. */
#ifndef CGWARD_TUI_REPLAY_EVENT_TEXT_H
#define CGWARD_TUI_REPLAY_EVENT_TEXT_H

#include "tui/core/source.h"

/* All but groups that come and go: what somebody would jump to. */
#define EVENT_NOTABLE                                                          \
	(CGW_EVENT_EVERY_KIND &                                                \
	 ~(CGW_EVENT_BIT(CGW_EVENT_APPEARED) | CGW_EVENT_BIT(CGW_EVENT_GONE) | \
	   CGW_EVENT_BIT(CGW_EVENT_RECREATED)))

/* With texts of its own; "memory.max max → 1.0G by cgward set, of", where the path follows. -ENOMEM. */
int event_copy(const struct cgw_event *event, struct source_event *ret_event);
void event_done(struct source_event *event);

#endif
