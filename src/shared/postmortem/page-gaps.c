/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-gaps.c - how often pages about the same group and kind of event are written. */
#include "shared/postmortem/page-gaps.h"

/* FNV-1a. Two groups with one key would share their gap. */
static uint64_t key_of(const char *path, unsigned event)
{
	uint64_t hash = (UINT64_C(14695981039346656037) ^ event) * UINT64_C(1099511628211);

	for (; *path != '\0'; path++)
		hash = (hash ^ (uint8_t)*path) * UINT64_C(1099511628211);
	return hash;
}

bool page_gaps_pass(struct page_gaps *gaps, const char *path, unsigned event, uint64_t now_ns,
		    uint64_t gap_ns, uint64_t *ret_skipped)
{
	uint64_t key = key_of(path, event);
	struct page_gap *item = gaps->items, *end = gaps->items + gaps->count;

	*ret_skipped = 0;
	while (item < end && item->key != key)
		item++;
	if (item < end && now_ns - item->written_ns < gap_ns) {
		item->skipped++;
		return false;
	}
	if (item == end && gaps->count == PAGE_GAPS_MAX) {
		for (item = gaps->items; item < end && now_ns - item->written_ns < gap_ns; item++)
			;
		if (item == end)
			return false; /* rather no page than one per second */
		item->skipped = 0;
	} else if (item == end) {
		gaps->count++;
		item->skipped = 0;
	}
	*ret_skipped = item->skipped;
	*item = (struct page_gap){.key = key, .written_ns = now_ns};
	return true;
}
