/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-sizes.c - how large processes were before an event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/inspect/parse-proc.h"
#include "shared/postmortem/process-sizes.h"

#define INTERVAL_NS (5 * NS_PER_S)
/* Of all groups, in one reading: a millisecond or two. */
#define PROCESSES_MAX 256

static void read_process(struct process_sizes *sizes, const struct cgw_layout *layout, pid_t pid,
			 uint64_t now_ns)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct process_size *size;
	struct process_stat stat;
	size_t length;

	if (cgw_proc_read(layout, FORMATTED(32, "%d/stat", (int)pid), &text, &length) < 0 ||
	    parse_stat(text, &stat) < 0 || stat.resident_pages == 0 ||
	    ARRAY_RESERVE(sizes->items, sizes->capacity, sizes->count + 1) < 0)
		return;
	size = &sizes->items[sizes->count++];
	*size = (struct process_size){
		.time_ns = now_ns,
		.start_ticks = stat.start_ticks,
		.resident_bytes = stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE),
		.pid = pid,
	};
	memcpy(size->name, stat.name, sizeof(size->name));
}

/* Returns how many processes were read. */
static unsigned read_group(struct process_sizes *sizes, const struct cgw_layout *layout,
			   const struct cgw_topology *topology, uint32_t group, uint64_t now_ns,
			   unsigned most)
{
	int hierarchy = cgw_layout_find(layout, CGW_MEMORY);
	CLEANUP(cleanup_free) char *path = cgw_topology_path_copy(topology, group);
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_close) int directory = -1;
	unsigned count = 0;
	size_t length;

	if (hierarchy < 0 || path == NULL ||
	    cgw_group_open(layout, (size_t)hierarchy, path, &directory, NULL) < 0 ||
	    cgw_file_read(layout, directory, "cgroup.procs", &text, &length) < 0)
		return 0;
	for (const char *line = text; *line != '\0' && count < most; count++) {
		char *end;
		long pid = strtol(line, &end, 10);

		if (end == line)
			break;
		if (pid > 0) /* 0: outside of our PID namespace */
			read_process(sizes, layout, (pid_t)pid, now_ns);
		line = end + strspn(end, "\n");
	}
	return count;
}

/* Whether the group, or the ancestor that limits it, uses half of the limit. */
static bool is_near_limit(const struct cgw_frame *frame, uint32_t group)
{
	uint32_t limited = CGW_NO_GROUP;
	struct cgw_number limit = cgw_frame_effective(frame, CGW_M_MEMORY_MAX, group, &limited);
	struct cgw_number use;

	if (limit.state != CGW_OK || limited == CGW_NO_GROUP)
		return false;
	use = cgw_snapshot_number(cgw_frame_now(frame), CGW_M_MEMORY_CURRENT, limited);
	return use.state == CGW_OK && use.value >= limit.value / 2;
}

void process_sizes_update(struct process_sizes *sizes, const struct cgw_layout *layout,
			  const struct cgw_frame *frame, uint64_t now_ns, uint64_t last_ns)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	unsigned left = PROCESSES_MAX;
	size_t old = 0;

	if (sizes->read_ns != 0 && now_ns - sizes->read_ns < INTERVAL_NS)
		return;
	sizes->read_ns = now_ns;
	while (old < sizes->count && now_ns - sizes->items[old].time_ns > last_ns)
		old++;
	sizes->count -= old;
	if (old > 0 && sizes->count > 0)
		memmove(sizes->items, sizes->items + old, sizes->count * sizeof(*sizes->items));
	for (uint32_t i = 1; i < topology->count && left > 0; i++)
		if (is_near_limit(frame, i))
			left -= read_group(sizes, layout, topology, i, now_ns, left);
}

const struct process_size *process_sizes_find(const struct process_sizes *sizes, pid_t pid,
					      uint64_t start_ticks, const char *name)
{
	for (size_t i = sizes->count; i-- > 0 && start_ticks == 0;)
		if (sizes->items[i].pid == pid) {
			if (strcmp(sizes->items[i].name, name) != 0)
				return NULL;
			start_ticks = sizes->items[i].start_ticks;
		}
	for (size_t i = 0; i < sizes->count && start_ticks != 0; i++)
		if (sizes->items[i].pid == pid && sizes->items[i].start_ticks == start_ticks)
			return &sizes->items[i];
	return NULL;
}

void process_sizes_done(struct process_sizes *sizes)
{
	free(sizes->items);
	*sizes = (struct process_sizes){0};
}
