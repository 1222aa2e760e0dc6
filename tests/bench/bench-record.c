/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-record.c - benchmark of recordings: bytes, CPU time, and time of a jump.
 *
 *   bench-record write FILE SAMPLES   takes ten samples of this machine, one per second, and writes
 *                                     them repeatedly, with advancing clocks and counters
 *   bench-record killed FILE SAMPLES  the same, but without the last index, as if it were killed
 *   bench-record read FILE            opens the recording and jumps to times all over it
 *   bench-record compare FILE SAMPLES idle|busy GROUP
 *                                     writes samples of the groups below GROUP, then encodes the
 *                                     same samples without differences, with the previous one as
 *                                     zstd's prefix instead; "busy": all counters and gauges of all
 *                                     groups change in each sample
 *
 * Prints "NAME VALUE" lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/recording/sample-code.h"
#include <cgward/recording.h>

#define TEMPLATES 10
#define JUMPS     40
#define TICK_NS   UINT64_C(1000000000)

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * TICK_NS + (uint64_t)now.tv_nsec;
}

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-result));
	exit(1);
}

static struct cgw_snapshot *templates[TEMPLATES];
static const char *below_group; /* NULL: all groups */

static void sample_templates(struct cgw_layout *layout)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_sampler *sampler;

	(void)cgw_sampler_raise_descriptors();
	for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++)
		if (cgw_metric_info(metric)->cost < CGW_LIST && metric != CGW_M_CPU_USAGE_PERCPU)
			cgw_metric_set_add(&metrics, metric);
	must(cgw_sampler_new(layout, &(struct cgw_sampler_options){.below = below_group}, &sampler,
			     NULL),
	     "sampler");
	must(cgw_sampler_set_metrics(sampler, &metrics), "metrics");
	for (int i = 0; i < TEMPLATES; i++) {
		must(cgw_sampler_sample(sampler, &templates[i]), "sample");
		(void)usleep(1000000);
	}
}

static bool is_busy;
static uint64_t *busy_growth[METRIC_CAPACITY]; /* [group], by column */

/* What a busy group's value has grown by; random, and the same in each run. */
static uint64_t grow(const struct cgw_snapshot *from, int column, uint32_t group, uint64_t tick)
{
	const struct cgw_metric_info *info = cgw_metric_info(from->metric_of[column]);
	uint64_t random = (tick * 2654435761 + (uint64_t)column * 40503 + group * 69621 + 1) *
			  UINT64_C(6364136223846793005);
	uint64_t step = random >> 33, unit = info->unit == CGW_UNIT_BYTES ? 4096 : 1;
	unsigned bits = 4 + (unsigned)column % 16;

	if (!is_busy || (info->kind != CGW_COUNTER && info->kind != CGW_GAUGE))
		return 0;
	if (busy_growth[column] == NULL)
		busy_growth[column] = calloc(from->topology->view.count, sizeof(uint64_t));
	must(busy_growth[column] == NULL ? -ENOMEM : 0, "memory");
	if (info->kind == CGW_COUNTER)
		busy_growth[column][group] += step % (UINT64_C(1) << bits) * unit;
	else
		busy_growth[column][group] = step % 1024 * unit;
	return busy_growth[column][group];
}

/* A copy of a template at a later time, with advanced counters. */
static struct cgw_snapshot *copy_template(struct snapshot_pool *pool, uint64_t tick)
{
	const struct cgw_snapshot *from = templates[tick % TEMPLATES];
	const struct cgw_snapshot *first = templates[0], *last = templates[TEMPLATES - 1];
	uint64_t rounds = tick / TEMPLATES;
	struct cgw_snapshot *to;

	must(snapshot_begin(pool, from->topology, &from->metrics, &to), "snapshot");
	to->machine = from->machine;
	to->monotonic_ns = first->monotonic_ns + tick * TICK_NS;
	to->boottime_ns = first->boottime_ns + tick * TICK_NS;
	to->realtime_ns = first->realtime_ns + tick * TICK_NS;
	memcpy(to->source, from->source, sizeof(to->source));
	for (uint32_t i = 0; i < from->topology->view.count; i++)
		to->read_ns[i] = to->monotonic_ns + from->read_ns[i] - from->monotonic_ns;
	for (int column = 0; column < from->column_count; column++) {
		const struct cgw_metric_info *info = cgw_metric_info(from->metric_of[column]);

		if (info->shape == CGW_STRING)
			continue; /* texts never change, so absent ones cost the same */
		for (uint32_t i = 0; i < from->topology->view.count; i++) {
			struct cgw_number number = snapshot_get(from, column, i);

			if (info->kind == CGW_COUNTER && number.state == CGW_OK &&
			    last->topology == first->topology)
				number.value += rounds * (snapshot_get(last, column, i).value -
							  snapshot_get(first, column, i).value);
			if (number.state == CGW_OK)
				number.value += grow(from, column, i, tick);
			snapshot_set(to, column, i, number);
		}
	}
	must(snapshot_finish(to), "snapshot");
	return to;
}

static void write_day(const char *path, uint64_t samples, bool killed)
{
	const struct cgw_recorder_options options = {.interval_ns = TICK_NS, .boot_id = "bench"};
	struct cgw_recorder_stats stats;
	struct cgw_recorder *recorder;
	struct snapshot_pool *pool;
	struct cgw_layout *layout;
	uint64_t groups = 0;

	must(cgw_layout_open(&(struct cgw_roots){0}, &layout, NULL), "layout");
	sample_templates(layout);
	must(snapshot_pool_new(&pool), "pool");
	must(cgw_recorder_open(path, &options, &recorder, NULL), path);
	for (uint64_t tick = 0; tick < samples; tick++) {
		struct cgw_snapshot *snapshot = copy_template(pool, tick);

		must(cgw_recorder_sample(recorder, snapshot, NULL), "record");
		groups += cgw_snapshot_topology(snapshot)->count;
		cgw_snapshot_unref(snapshot);
	}
	stats = cgw_recorder_stats(recorder);
	if (!killed)
		cgw_recorder_free(recorder);
	printf("samples %llu\n", (unsigned long long)samples);
	printf("groups %llu\n", (unsigned long long)(groups / samples));
	printf("bytes %llu\n", (unsigned long long)stats.bytes_written);
	printf("bytes_per_group_sample %.2f\n", (double)stats.bytes_written / (double)groups);
	printf("cpu_ns_per_sample %llu\n", (unsigned long long)(stats.cost_ns / samples));
}

/* Without any encoding: the arrays of the snapshot. */
static void put_plain(const struct cgw_snapshot *snapshot, struct bytes *out)
{
	uint32_t count = snapshot->topology->view.count;

	out->length = 0;
	bytes_put(out, snapshot->read_ns, count * sizeof(uint64_t));
	for (int column = 0; column < snapshot->column_count; column++) {
		bytes_put(out, snapshot->columns[column].value, count * sizeof(uint64_t));
		bytes_put(out, snapshot->columns[column].state, count);
	}
}

#define SAMPLES_PER_KEY 60

struct prefixed {
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
	struct bytes payload, packed, unpacked;
	struct bytes before; /* the payload of the previous sample */
	uint64_t groups, bytes, pack_ns, unpack_ns;
};

static void pack(struct prefixed *to, bool key)
{
	size_t bound = ZSTD_compressBound(to->payload.length), length;
	uint64_t started_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	struct bytes older = to->before;

	to->packed.length = 0;
	if (!key)
		ZSTD_CCtx_refPrefix(to->compressor, older.data, older.length);
	length = ZSTD_compress2(to->compressor, bytes_reserve(&to->packed, bound), bound,
				to->payload.data, to->payload.length);
	to->pack_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - started_ns;
	must(ZSTD_isError(length) ? -EIO : 0, "compress");
	to->bytes += length;
	started_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	to->unpacked.length = 0;
	if (!key)
		ZSTD_DCtx_refPrefix(to->decompressor, older.data, older.length);
	length = ZSTD_decompressDCtx(to->decompressor,
				     bytes_reserve(&to->unpacked, to->payload.length + 1),
				     to->payload.length, to->packed.data, length);
	to->unpack_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - started_ns;
	must(ZSTD_isError(length) ? -EIO : 0, "decompress");
	to->before = to->payload;
	to->payload = older;
}

static void measure_prefix(struct snapshot_pool *pool, uint64_t samples, bool plain, int level)
{
	const struct cgw_recorder_options options = {.interval_ns = TICK_NS, .boot_id = "bench"};
	struct encoder encoder = {.options = &options};
	struct event_list events = {0};
	struct prefixed to = {
		.compressor = ZSTD_createCCtx(),
		.decompressor = ZSTD_createDCtx(),
	};
	struct cgw_frame *frame;
	uint64_t encode_ns = 0;

	ZSTD_CCtx_setParameter(to.compressor, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(to.compressor, ZSTD_c_windowLog, 24);
	must(cgw_frame_new(&frame), "frame");
	for (uint64_t tick = 0; tick < samples; tick++) {
		struct cgw_snapshot *snapshot = copy_template(pool, tick);
		uint64_t started_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

		must(cgw_frame_update(frame, snapshot), "frame");
		if (plain)
			put_plain(snapshot, &to.payload);
		else
			must(sample_encode(&encoder, frame, true, &events, &to.payload), "encode");
		encode_ns += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - started_ns;
		pack(&to, tick % SAMPLES_PER_KEY == 0);
		to.groups += cgw_snapshot_topology(snapshot)->count;
		cgw_snapshot_unref(snapshot);
	}
	printf("%s, level %d: %.2f bytes per group and sample; CPU per sample: %.2f ms encoding, "
	       "%.2f ms decompression\n",
	       plain ? "plain arrays" : "key encoding", level, (double)to.bytes / (double)to.groups,
	       (double)(encode_ns + to.pack_ns) / 1e6 / (double)samples,
	       (double)to.unpack_ns / 1e6 / (double)samples);
	cgw_frame_free(frame);
	encoder_done(&encoder);
	ZSTD_freeCCtx(to.compressor);
	ZSTD_freeDCtx(to.decompressor);
	bytes_done(&to.payload);
	bytes_done(&to.packed);
	bytes_done(&to.unpacked);
	bytes_done(&to.before);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void read_day(const char *path)
{
	uint64_t wall = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t walls[JUMPS], cpus[JUMPS];
	struct cgw_recording_info info;
	struct cgw_replay *replay;
	struct cgw_diag diag = {0};

	if (cgw_replay_open(path, &replay, &diag) < 0) {
		fprintf(stderr, "%s\n", diag.text);
		exit(1);
	}
	printf("open_wall_ns %llu\n", (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - wall));
	printf("open_cpu_ns %llu\n",
	       (unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu));
	cgw_replay_info(replay, &info);
	for (uint64_t i = 0; i < JUMPS; i++) {
		uint64_t span = info.last_ns - info.first_ns;

		wall = clock_ns(CLOCK_MONOTONIC);
		cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		must(cgw_replay_seek(replay, info.first_ns + span / 1009 * (i * 379 % 1009)),
		     "jump");
		walls[i] = clock_ns(CLOCK_MONOTONIC) - wall;
		cpus[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	}
	qsort(walls, JUMPS, sizeof(*walls), compare);
	qsort(cpus, JUMPS, sizeof(*cpus), compare);
	printf("jump_wall_median_ns %llu\n", (unsigned long long)walls[JUMPS / 2]);
	printf("jump_wall_max_ns %llu\n", (unsigned long long)walls[JUMPS - 1]);
	printf("jump_cpu_median_ns %llu\n", (unsigned long long)cpus[JUMPS / 2]);
	printf("jump_cpu_max_ns %llu\n", (unsigned long long)cpus[JUMPS - 1]);
	cgw_replay_free(replay);
}

static void compare_encodings(const char *path, uint64_t samples)
{
	struct snapshot_pool *pool;

	must(snapshot_pool_new(&pool), "pool");
	write_day(path, samples, false);
	for (int plain = 0; plain < 2; plain++)
		for (int level = 1; level <= 3; level += 2)
			measure_prefix(pool, samples, plain, level);
	snapshot_pool_free(pool);
}

int main(int argc, char **argv)
{
	if (argc == 4 && (strcmp(argv[1], "write") == 0 || strcmp(argv[1], "killed") == 0)) {
		write_day(argv[2], strtoull(argv[3], NULL, 10), argv[1][0] == 'k');
	} else if (argc == 3 && strcmp(argv[1], "read") == 0) {
		read_day(argv[2]);
	} else if (argc == 6 && strcmp(argv[1], "compare") == 0) {
		is_busy = strcmp(argv[4], "busy") == 0;
		below_group = argv[5];
		compare_encodings(argv[2], strtoull(argv[3], NULL, 10));
	} else {
		return 2;
	}
	return 0;
}
