/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-screen.c - benchmark of a frame of the dashboard, without terminal and without reading
 * files.
 *
 *   bench-screen GROUPS FRAMES    prints "NAME VALUE" lines: CPU nanoseconds per frame for
 *                                 processing a sample (matching, history, sorting), for drawing 50
 *                                 rows of 200 columns and for a key, and memory in KiB
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/sample/snapshot.h"
#include "tui/core/dashboard.h"

#define SECOND UINT64_C(1000000000)

static uint64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench-screen: %s failed\n", what);
	exit(1);
}

/* The root, one slice per fifty groups, and the groups; names are in byte order. */
static struct topology *make_topology(uint32_t count)
{
	struct topology_arrays to;
	struct topology *topology = NULL;
	uint32_t slice = 0;
	char *at;

	must(topology_new(count, 1, (size_t)count * 16, &topology, &to) == 0, "topology");
	at = to.names;
	for (uint32_t i = 0; i < count; i++) {
		int length = 0;

		to.parent[i] = i == 0 ? CGW_NO_GROUP : slice;
		if (i % 50 == 1) {
			to.parent[i] = 0;
			slice = i;
			length = snprintf(at, 16, "s%06u.slice", i);
		} else if (i > 0) {
			length = snprintf(at, 16, "g%06u", i);
		} else {
			*at = '\0';
		}
		to.depth[i] = (uint16_t)(i == 0 ? 0 : to.parent[i] == 0 ? 1 : 2);
		to.present[i] = 1;
		to.id[0][i] = 1000 + i;
		to.name[i] = at;
		at += length + 1;
	}
	for (uint32_t i = count; i-- > 1;)
		to.below[to.parent[i]] += to.below[i] + 1;
	return topology;
}

static struct cgw_snapshot *make_snapshot(const struct app *app, struct topology *topology,
					  uint64_t second)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_snapshot *snapshot = NULL;

	app_metrics(app, &metrics);
	must(snapshot_begin(NULL, topology, &metrics, &snapshot) == 0, "snapshot");
	snapshot->monotonic_ns = snapshot->boottime_ns = second * SECOND;
	snapshot->machine.cpu_count = 8;
	snapshot->machine.memory_total_bytes = (struct cgw_number){UINT64_C(1) << 36, CGW_OK};
	for (uint32_t group = 0; group < topology->view.count; group++) {
		snapshot->read_ns[group] = snapshot->monotonic_ns;
		/* All values change at different rates, so that the order changes in each frame. */
		for (int column = 0; column < snapshot->column_count; column++)
			snapshot_set(
				snapshot, column, group,
				(struct cgw_number){second * (1 + group * 7919 % 1000) * 10000 +
							    (second * group) % 9973,
						    CGW_OK});
	}
	must(snapshot_finish(snapshot) == 0, "snapshot");
	return snapshot;
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	uint64_t frames = argc > 2 ? strtoul(argv[2], NULL, 10) : 30;
	uint64_t sample_ns = 0, draw_ns = 0, key_ns = 0;
	struct topology *topology = make_topology(count);
	struct canvas *canvas;
	struct rusage usage;
	struct app *app;

	(void)setlocale(LC_ALL, "C.UTF-8");
	must(app_new(&app) == 0, "app");
	must(canvas_new(50, 200, true, &canvas) == 0, "canvas");
	app_draw(app, canvas);
	for (uint64_t i = 0; i < frames + 2; i++) {
		struct arrival arrival = {.now = make_snapshot(app, topology, 100 + i)};
		uint64_t started = cpu_ns(), sampled, drawn, typed;

		must(app_on_sample(app, &arrival, (100 + i) * SECOND) == 0, "sample");
		sampled = cpu_ns();
		app_draw(app, canvas);
		drawn = cpu_ns();
		(void)app_key(app, KEY_PAGE_DOWN);
		typed = cpu_ns();
		arrival_free(&arrival);
		if (i < 2)
			continue; /* buffers still grow */
		sample_ns += sampled - started;
		draw_ns += drawn - sampled;
		key_ns += typed - drawn;
	}
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("sample_ns %llu\n", (unsigned long long)(sample_ns / frames));
	printf("draw_ns %llu\n", (unsigned long long)(draw_ns / frames));
	printf("key_ns %llu\n", (unsigned long long)(key_ns / frames));
	printf("rss_kib %ld\n", usage.ru_maxrss);
	app_free(app);
	canvas_free(canvas);
	topology_unref(topology);
	return 0;
}
