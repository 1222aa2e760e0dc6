/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage.h - what a recording shows of one group. */
#pragma once

#include <cgward/advise.h>

/* Limits that are sized from one value of each group. */
#define SIZING_COUNT 4

/* Parts of the recording, of equal length, whose smallest values show steady growth. */
#define GROWTH_PARTS 16

enum measure {
	MEASURE_CPU,           /* nanoseconds per second, in the interval before the sample */
	MEASURE_MEMORY,        /* bytes, as all below */
	MEASURE_WORKING_SET,   /* without file pages that were not used again */
	MEASURE_UNRECLAIMABLE, /* anonymous, shared and kernel memory */
	MEASURE_TASKS,
	MEASURE_COUNT,
};

/* One sample of a group. */
struct observation {
	uint64_t value[MEASURE_COUNT];
	bool known[MEASURE_COUNT];
	uint64_t interval_ns; /* since the last sample; 0: the group was not in it */
};

/* Counts by value, eight buckets for each power of two: 12 % wide at most. */
struct histogram {
	uint32_t count[62 * 8];
};

struct device_use;

struct usage_record {
	struct cgw_usage usage;
	char *path;
	const char *name;            /* the end of `path` */
	struct usage_record *parent; /* NULL: the root */
	struct usage_record *next;   /* in the bucket of `hash` */
	size_t hash;
	bool selected; /* limits are wanted */
	uint64_t id;   /* inode of its directory in the first hierarchy that has it */
	uint64_t peak[MEASURE_COUNT];
	bool known[MEASURE_COUNT]; /* in any sample */
	struct histogram cpu;
	uint64_t smallest[GROWTH_PARTS]; /* unreclaimable memory; UINT64_MAX: no sample */
	struct device_use *devices;      /* a list; of groups that used any */
	uint64_t capacity; /* CPU time per second that its children had when they used all of it */
	uint64_t share;    /* CPU time per second that a weight is to guarantee */
	size_t first_advice, advice_count;
	struct cgw_advice weight; /* `usage` is NULL: none */
	bool sized[SIZING_COUNT]; /* the first of its advice, by index of sizing */
	/* The tightest limit that the group and its ancestors are to have, by index of sizing. */
	struct bound {
		uint64_t value;                   /* UINT64_MAX: none */
		const struct usage_record *whose; /* NULL: the machine */
	} bounds[SIZING_COUNT];
};

void histogram_add(struct histogram *histogram, uint64_t value);
/* An upper bound of the 99th percentile, at most 12 % above it; `zeros` values were not added. */
uint64_t histogram_p99(const struct histogram *histogram, uint64_t zeros) __attribute__((pure));

/* Adds the metrics of a measure that observe() needs. */
void measure_metrics(enum measure measure, struct cgw_metric_set *set);
void observe(const struct cgw_frame *frame, uint32_t group, struct observation *observation);
void usage_begin_life(struct usage_record *record);
/* `part` is that of the sample, below GROWTH_PARTS. */
void usage_add(struct usage_record *record, const struct cgw_frame *frame, uint32_t group,
	       const struct observation *observation, size_t part);
/* Makes two parts one, so that the second half is free. */
void usage_join_parts(struct usage_record *record);
/* Computes the values that need all samples. `part_ns` is the length of a part. */
void usage_finish(struct usage_record *record, uint64_t part_ns);
