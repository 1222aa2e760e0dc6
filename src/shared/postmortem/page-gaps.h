/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-gaps.h - how often pages about the same group and kind of event are written. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_GAPS_MAX 4096 /* groups with recent pages; more have none */

/* Zero-initialised; allocates nothing. */
struct page_gaps {
	struct page_gap {
		uint64_t key; /* of the path and the kind of event */
		uint64_t written_ns, skipped;
	} items[PAGE_GAPS_MAX];
	size_t count;
};

/*
 * Whether a page may be written now, `gap_ns` after the previous one; if not, counts the event as
 * skipped. `ret_skipped`: since the previous page.
 */
bool page_gaps_pass(struct page_gaps *gaps, const char *path, unsigned event, uint64_t now_ns,
		    uint64_t gap_ns, uint64_t *ret_skipped);
