/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-list.c - the advice on each group, computed when it is shown. */
#include <string.h>

#include "lib/base/array.h"
#include "tui/detail/advice-list.h"

void advice_update(struct advice *advice)
{
	if (!advice->outdated || advice->error < 0)
		return;
	advice->outdated = false;
	advice->error = cgw_advisor_finish(advice->advisor, &advice->items, &advice->count);
}

const struct cgw_advice *advice_of_group(struct advice *advice, const char *path, size_t *ret_count)
{
	advice_update(advice);
	return advice_find(advice, path, ret_count);
}

const struct cgw_advice *advice_find(const struct advice *advice, const char *path,
				     size_t *ret_count)
{
	size_t first, last;

	*ret_count = 0;
	if (advice->error < 0)
		return NULL;
	ARRAY_SEARCH(first, advice->count, strcmp(advice->items[first].usage->path, path) < 0);
	last = first;
	while (last < advice->count && strcmp(advice->items[last].usage->path, path) == 0)
		last++;
	*ret_count = last - first;
	return last > first ? advice->items + first : NULL;
}

void advice_done(struct advice *advice)
{
	cgw_advisor_free(advice->advisor);
	*advice = (struct advice){0};
}
