/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-words.c - the event of a page in words. */
#include "lib/base/local-text.h"
#include "shared/postmortem/event-page.h"

const char *page_event_name(enum page_event event)
{
	static const char *const names[PAGE_EVENT_COUNT] = {
		[PAGE_OOM_KILL] = "oom-kill",
		[PAGE_FORK_REFUSED] = "fork-refused",
		[PAGE_KILL] = "kill",
		[PAGE_FREEZE] = "freeze",
	};

	return names[event];
}

void event_summary(const struct event_page *page, char *buffer, size_t size)
{
	unsigned long long count = page->count;
	size_t used;

	switch (page->event) {
	case PAGE_FORK_REFUSED:
		text_append(buffer, size, 0, "%llu fork%s refused", count,
			    count == 1 ? " was" : "s were");
		break;
	case PAGE_KILL:
	case PAGE_FREEZE:
		text_append(buffer, size, 0, "%s by rule %s",
			    page->event == PAGE_FREEZE ? "frozen"
			    : page->largest_only       ? "the largest process was killed"
						       : "all processes were signalled",
			    page->rule);
		break;
	default:
		used = text_append(buffer, size, 0, "%llu process%s OOM-killed", count,
				   count == 1 ? " was" : "es were");
		if (page->report != NULL)
			text_append(buffer, size, used, "; the last one: %d (%s)",
				    (int)page->decision.pid, page->decision.name);
	}
}
