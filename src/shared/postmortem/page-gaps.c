/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-gaps.c - how often pages about the same group and kind of event are written. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "shared/postmortem/page-gaps.h"

#define GAPS_MAX 4096 /* groups with recent pages; more are not remembered */

struct page_gap {
	char *path;
	unsigned event;
	uint64_t written_ns, skipped;
};

/* Forgets those whose gap is over and that have nothing to report. */
static void forget_old(struct page_gaps *gaps, uint64_t now_ns, uint64_t gap_ns)
{
	for (size_t i = 0; i < gaps->count;) {
		struct page_gap *item = &gaps->items[i];

		if (now_ns - item->written_ns < gap_ns) {
			i++;
			continue;
		}
		free(item->path);
		*item = gaps->items[--gaps->count];
	}
}

static struct page_gap *find(struct page_gaps *gaps, const char *path, unsigned event)
{
	for (size_t i = 0; i < gaps->count; i++)
		if (gaps->items[i].event == event && strcmp(gaps->items[i].path, path) == 0)
			return &gaps->items[i];
	return NULL;
}

bool page_gaps_pass(struct page_gaps *gaps, const char *path, unsigned event, uint64_t now_ns,
		    uint64_t gap_ns, uint64_t *ret_skipped)
{
	struct page_gap *item = find(gaps, path, event);
	char *copy;

	*ret_skipped = 0;
	if (item != NULL && now_ns - item->written_ns < gap_ns) {
		item->skipped++;
		return false;
	}
	if (item != NULL) {
		*ret_skipped = item->skipped;
		item->skipped = 0;
		item->written_ns = now_ns;
		return true;
	}
	if (gaps->count >= GAPS_MAX)
		forget_old(gaps, now_ns, gap_ns);
	copy = strdup(path);
	if (copy == NULL || gaps->count >= GAPS_MAX ||
	    ARRAY_RESERVE(gaps->items, gaps->capacity, gaps->count + 1) < 0) {
		free(copy);
		return false; /* rather no page than one per second */
	}
	gaps->items[gaps->count++] = (struct page_gap){copy, event, now_ns, 0};
	return true;
}

void page_gaps_done(struct page_gaps *gaps)
{
	for (size_t i = 0; i < gaps->count; i++)
		free(gaps->items[i].path);
	free(gaps->items);
	*gaps = (struct page_gaps){0};
}
