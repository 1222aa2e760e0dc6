/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split-processes.c - count of processes in different groups of different v1 hierarchies. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/metric/decode.h"
#include "lib/sample/split-processes.h"

struct pids {
	uint64_t *items;
	size_t count, size;
};

static void pids_done(struct pids *pids)
{
	free(pids->items);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

static int add_list(struct pids *pids, const char *text, const char *end)
{
	while (text < end) {
		uint64_t pid;

		if (decode_u64(&text, end, &pid) < 0) {
			text++;
			continue;
		}
		if (ARRAY_RESERVE(pids->items, pids->size, pids->count + 1) < 0)
			return -ENOMEM;
		pids->items[pids->count++] = pid;
	}
	return 0;
}

/* cgroup.procs may list a process twice: count it once per hierarchy. */
static size_t drop_repeats(struct pids *pids, size_t from)
{
	size_t count = from;

	if (pids->count == from)
		return count;
	qsort(pids->items + from, pids->count - from, sizeof(*pids->items), compare);
	for (size_t i = from; i < pids->count; i++)
		if (count == from || pids->items[count - 1] != pids->items[i])
			pids->items[count++] = pids->items[i];
	return count;
}

static int add_hierarchy(const struct cgw_layout *layout, const char *path, size_t hierarchy,
			 struct pids *pids)
{
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length, from = pids->count;
	int r = cgw_group_open(layout, hierarchy, path, &directory, NULL);

	if (r == 0)
		r = cgw_file_read(layout, directory, "cgroup.procs", &text, &length);
	if (r == 0)
		r = add_list(pids, text, text + length);
	if (r < 0)
		return r;
	pids->count = drop_repeats(pids, from);
	return 0;
}

struct cgw_number split_processes_count(const struct cgw_layout *layout,
					const struct tree_group *group)
{
	CLEANUP(pids_done) struct pids pids = {.count = 0};
	CLEANUP(cleanup_free) char *path = group_tree_path(group);
	uint64_t split = 0;
	size_t lists = 0;

	if (path == NULL)
		return (struct cgw_number){0, CGW_BAD};
	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		int r;

		if (layout->hierarchies[h].version != 1 || !(group->present & UINT32_C(1) << h))
			continue;
		r = add_hierarchy(layout, path, h, &pids);
		if (r < 0)
			return (struct cgw_number){0, cgw_state_from_error(r)};
		lists++;
	}
	if (pids.count > 0)
		qsort(pids.items, pids.count, sizeof(*pids.items), compare);
	for (size_t i = 0; i < pids.count;) {
		size_t same = 1;

		while (i + same < pids.count && pids.items[i + same] == pids.items[i])
			same++;
		split += same < lists;
		i += same;
	}
	return (struct cgw_number){split, CGW_OK};
}
