/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-gaps.h - how often pages about the same group and kind of event are written. */
#ifndef CGWARD_SHARED_POSTMORTEM_PAGE_GAPS_H
#define CGWARD_SHARED_POSTMORTEM_PAGE_GAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised. */
struct page_gaps {
	struct page_gap *items;
	size_t count, capacity;
};

/*
 * Whether a page may be written now, `gap_ns` after the previous one; if not, counts the event as
 * skipped. `ret_skipped`: since the previous page.
 */
bool page_gaps_pass(struct page_gaps *gaps, const char *path, unsigned event, uint64_t now_ns,
		    uint64_t gap_ns, uint64_t *ret_skipped);
void page_gaps_done(struct page_gaps *gaps);

#endif
