/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history.c - ring buffers of 16-bit numbers, one block per group, all advancing together. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/history.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"

#define FINE_COUNT   120 /* seconds */
#define COARSE_STEP  10
#define COARSE_COUNT (CGW_HISTORY_SECONDS / COARSE_STEP)
#define SERIES_COUNT CGW_HISTORY_SERIES_COUNT

/* A value covers its whole interval, but only the last second of a longer gap. */
#define FILL_SECONDS_MAX 30

/* The code of NAN. */
#define EMPTY 0xffffU

struct block {
	uint16_t fine[SERIES_COUNT][FINE_COUNT];
	uint16_t coarse[SERIES_COUNT][COARSE_COUNT];
};

/*
 * All groups share the clock and so the ring positions: second s is at s % FINE_COUNT, the ten
 * seconds from 10 * c on are at c % COARSE_COUNT.
 */
struct cgw_history {
	struct block **blocks; /* by group of the last frame; NULL until the first push */
	struct block **next;   /* blocks for the next topology; swapped with `blocks` */
	uint32_t count;
	size_t capacity;
	size_t block_count;
	uint64_t first_s, now_s;   /* the first and last second that was pushed; 0: none */
	unsigned pushes_in_second; /* pushes averaged in the current second */
	struct cgw_field fields[SERIES_COUNT];
	struct cgw_field charged, pressure[3];
};

/*
 * The upper bits of a float for numbers from 2^-14 to 2^48: six bits of exponent, ten of mantissa.
 * Smaller numbers become zero.
 */
static uint16_t encode(double value)
{
	float narrow = (float)value;
	uint32_t bits;

	if (!(value >= 0))
		return EMPTY;
	if (value < 0x1p-14)
		return 0;
	if (value >= 0x1p48)
		return EMPTY - 1;
	memcpy(&bits, &narrow, sizeof(bits));
	bits = (bits - (UINT32_C(112) << 23) + 0x1000U) >> 13;
	return (uint16_t)(bits < EMPTY ? bits : EMPTY - 1);
}

static double decode(uint16_t code)
{
	uint32_t bits = ((uint32_t)code << 13) + (UINT32_C(112) << 23);
	float value;

	if (code == EMPTY)
		return NAN;
	if (code == 0)
		return 0;
	memcpy(&value, &bits, sizeof(value));
	return (double)value;
}

int cgw_history_new(struct cgw_history **ret_history)
{
	static const char *const keys[SERIES_COUNT] = {
		[CGW_HISTORY_CPU] = "cpu",
		[CGW_HISTORY_MEMORY] = "memory.working_set",
		[CGW_HISTORY_IO] = "io",
		[CGW_HISTORY_PIDS] = "pids.current",
		[CGW_HISTORY_PRESSURE] = "cpu.pressure.some.avg10",
	};
	struct cgw_history *history = calloc(1, sizeof(*history));

	if (history == NULL)
		return -ENOMEM;
	/* These keys are in fields.def and metrics.def, so parsing cannot fail. */
	for (int i = 0; i < SERIES_COUNT; i++)
		(void)cgw_field_parse(keys[i], &history->fields[i], NULL);
	(void)cgw_field_parse("memory.current", &history->charged, NULL);
	history->pressure[0] = history->fields[CGW_HISTORY_PRESSURE];
	(void)cgw_field_parse("memory.pressure.some.avg10", &history->pressure[1], NULL);
	(void)cgw_field_parse("io.pressure.some.avg10", &history->pressure[2], NULL);
	*ret_history = history;
	return 0;
}

struct cgw_history *cgw_history_free(struct cgw_history *history)
{
	if (history == NULL)
		return NULL;
	for (uint32_t i = 0; i < history->count; i++)
		free(history->blocks[i]);
	free(history->blocks);
	free(history->next);
	free(history);
	return NULL;
}

void cgw_history_metrics(enum cgw_history_series series, struct cgw_metric_set *set)
{
	static const enum cgw_metric metrics[SERIES_COUNT][3] = {
		[CGW_HISTORY_CPU] = {CGW_M_CPU_USAGE, CGW_M_CPU_USAGE, CGW_M_CPU_USAGE},
		[CGW_HISTORY_MEMORY] = {CGW_M_MEMORY_CURRENT, CGW_M_MEMORY_INACTIVE_FILE,
					CGW_M_MEMORY_CURRENT},
		[CGW_HISTORY_IO] = {CGW_M_IO_RBYTES, CGW_M_IO_WBYTES, CGW_M_IO_RBYTES},
		[CGW_HISTORY_PIDS] = {CGW_M_PIDS_CURRENT, CGW_M_PIDS_CURRENT, CGW_M_PIDS_CURRENT},
		[CGW_HISTORY_PRESSURE] = {CGW_M_CPU_PRESSURE_SOME_AVG10,
					  CGW_M_MEMORY_PRESSURE_SOME_AVG10,
					  CGW_M_IO_PRESSURE_SOME_AVG10},
	};

	for (size_t i = 0; i < 3 && (unsigned)series < SERIES_COUNT; i++)
		cgw_metric_set_add(set, metrics[series][i]);
}

static double number_of(struct cgw_value value)
{
	return value.state == CGW_OK ? value.real : NAN;
}

static double pressure_of(const struct cgw_history *history, const struct cgw_frame *frame,
			  uint32_t group)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(frame));
	double most = NAN;

	for (size_t i = 0; i < 3; i++) {
		double value = number_of(cgw_frame_value(frame, history->pressure[i], group));

		/* The pressure of the root is that of the machine. */
		if (isnan(value) && group == 0 && machine->pressure_e2[i][0][0].state == CGW_OK)
			value = (double)machine->pressure_e2[i][0][0].value;
		if (!isnan(value) && !(most >= value))
			most = value;
	}
	return most / 100;
}

static double value_of(const struct cgw_history *history, const struct cgw_frame *frame, int series,
		       uint32_t group)
{
	double value;

	if (series == CGW_HISTORY_PRESSURE)
		return pressure_of(history, frame, group);
	value = number_of(cgw_frame_value(frame, history->fields[series], group));
	if (isnan(value) && series == CGW_HISTORY_MEMORY)
		value = number_of(cgw_frame_value(frame, history->charged, group));
	return value;
}

/* Moves the blocks to the new indices of their groups and frees those of removed groups. */
static int move_blocks(struct cgw_history *history, const struct cgw_frame *frame)
{
	uint32_t count = cgw_snapshot_topology(cgw_frame_now(frame))->count;
	struct block **blocks;
	int r = ARRAY_RESERVE_BESIDE(history->blocks, history->capacity, count);

	if (r == 0)
		r = ARRAY_RESERVE(history->next, history->capacity, count);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t old = cgw_frame_previous(frame, i);

		history->next[i] = NULL;
		if (old >= history->count || cgw_frame_flags(frame, i) & CGW_ROW_RECREATED)
			continue;
		history->next[i] = history->blocks[old];
		history->blocks[old] = NULL;
	}
	for (uint32_t i = 0; i < history->count; i++) {
		history->block_count -= history->blocks[i] != NULL;
		free(history->blocks[i]);
	}
	blocks = history->blocks;
	history->blocks = history->next;
	history->next = blocks;
	history->count = count;
	return 0;
}

static bool same_topology(const struct cgw_history *history, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *before = cgw_frame_before(frame);

	return before != NULL && history->count > 0 &&
	       cgw_snapshot_topology(before) == cgw_snapshot_topology(cgw_frame_now(frame));
}

static struct block *block_of(struct cgw_history *history, uint32_t group)
{
	struct block *block = history->blocks[group];

	if (block != NULL)
		return block;
	block = malloc(sizeof(*block));
	if (block == NULL)
		return NULL;
	memset(block, 0xff, sizeof(*block));
	history->blocks[group] = block;
	history->block_count++;
	return block;
}

/* The mean of the known seconds of a coarse step. */
static uint16_t mean_of_step(const uint16_t *fine, uint64_t step)
{
	double sum = 0;
	unsigned known = 0;

	for (uint64_t s = step * COARSE_STEP; s < (step + 1) * COARSE_STEP; s++) {
		double value = decode(fine[s % FINE_COUNT]);

		if (isnan(value))
			continue;
		sum += value;
		known++;
	}
	return known > 0 ? encode(sum / known) : EMPTY;
}

/* The seconds (from, to] of a push; only the last `filled` ones get the value. */
struct advance {
	uint64_t from_s, to_s, filled_s;
	bool same_second;
};

static void store_value(struct block *block, int series, const struct advance *advance,
			unsigned pushes, double value)
{
	uint16_t *fine = block->fine[series], code = encode(value);

	if (advance->same_second) {
		double old = decode(fine[advance->to_s % FINE_COUNT]);

		if (!isnan(old) && !isnan(value))
			code = encode(old + (value - old) / pushes);
		fine[advance->to_s % FINE_COUNT] = code;
		return;
	}
	for (uint64_t s = advance->from_s + 1; s <= advance->to_s; s++) {
		fine[s % FINE_COUNT] =
			s + advance->filled_s > advance->to_s ? code : (uint16_t)EMPTY;
		/* The coarse step ends: store its mean before the seconds are overwritten. */
		if (s % COARSE_STEP == COARSE_STEP - 1)
			block->coarse[series][s / COARSE_STEP % COARSE_COUNT] =
				mean_of_step(fine, s / COARSE_STEP);
	}
}

static struct advance advance_to(struct cgw_history *history, uint64_t now_s)
{
	struct advance advance = {.from_s = history->now_s, .to_s = now_s};
	uint64_t passed;

	if (history->first_s == 0 || now_s < history->now_s) {
		history->first_s = now_s;
		advance.from_s = now_s - 1;
	}
	advance.same_second = advance.from_s == now_s;
	history->pushes_in_second = advance.same_second ? history->pushes_in_second + 1 : 1;
	history->now_s = now_s;
	/* A longer gap than the coarse ring leaves it empty; do not loop over it. */
	if (now_s - advance.from_s > CGW_HISTORY_SECONDS)
		advance.from_s = now_s - CGW_HISTORY_SECONDS;
	passed = now_s - advance.from_s;
	advance.filled_s = passed <= FILL_SECONDS_MAX ? passed : 1;
	return advance;
}

int cgw_history_push(struct cgw_history *history, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	struct advance advance;

	if (!same_topology(history, frame)) {
		int r = move_blocks(history, frame);

		if (r < 0)
			return r;
	}
	advance = advance_to(history, cgw_snapshot_monotonic_ns(now) / NS_PER_S + 1);
	for (uint32_t group = 0; group < history->count; group++) {
		struct block *block = block_of(history, group);

		if (block == NULL)
			return -ENOMEM;
		for (int series = 0; series < SERIES_COUNT; series++)
			store_value(block, series, &advance, history->pushes_in_second,
				    value_of(history, frame, series, group));
	}
	return 0;
}

/* The value of one second, from the fine or the coarse ring. */
static double value_at_second(const struct cgw_history *history, const struct block *block,
			      int series, uint64_t second)
{
	uint64_t age = history->now_s - second;

	if (second > history->now_s || age >= CGW_HISTORY_SECONDS)
		return NAN;
	if (age < FINE_COUNT)
		return decode(block->fine[series][second % FINE_COUNT]);
	return decode(block->coarse[series][second / COARSE_STEP % COARSE_COUNT]);
}

void cgw_history_read(const struct cgw_history *history, uint32_t group,
		      enum cgw_history_series series, unsigned step_s, double *values, size_t count)
{
	const struct block *block = group < history->count ? history->blocks[group] : NULL;
	uint64_t last = step_s > 0 ? history->now_s / step_s : 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t back = count - 1 - i, from = (last - back) * step_s;
		double sum = 0;
		unsigned known = 0;

		values[i] = NAN;
		if (block == NULL || back > last || step_s == 0 || (unsigned)series >= SERIES_COUNT)
			continue;
		for (uint64_t s = from; s < from + step_s && s <= history->now_s; s++) {
			double value = value_at_second(history, block, (int)series, s);

			if (isnan(value))
				continue;
			sum += value;
			known++;
		}
		if (known > 0)
			values[i] = sum / known;
	}
}

size_t cgw_history_bytes(const struct cgw_history *history)
{
	return sizeof(*history) + history->block_count * sizeof(struct block) +
	       2 * history->capacity * sizeof(struct block *);
}
