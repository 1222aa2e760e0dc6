/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advisor.h - the state that recording, advice and trial share. */
#pragma once

#include "lib/advise/device-use.h"
#include "lib/advise/siblings.h"

/* How a limit is computed, by objective: PEAK * percent / 100 + add, and at least `least`. */
struct sizing {
	enum cgw_control control;
	size_t now; /* the member of struct cgw_usage with the present limit */
	enum measure need;
	enum measure reached;  /* above the limit: throttled, reclaimed or refused */
	enum measure exceeded; /* above the limit: OOM-killed; MEASURE_COUNT: never */
	uint64_t percent[CGW_OBJECTIVE_COUNT], add[CGW_OBJECTIVE_COUNT];
	uint64_t least[CGW_OBJECTIVE_COUNT];
	uint64_t step; /* 0: a 32nd of the power of two below, and at least 1 MiB */
	bool is_memory, on_v2_only;
};

struct cgw_advisor {
	struct cgw_advisor_options options;
	struct usage_record **records;
	size_t record_count, record_capacity;
	struct usage_record **buckets; /* by name and parent */
	size_t bucket_count;
	/* Of the last frame: NULL for groups without a record. */
	struct usage_record **of_group;
	size_t of_group_capacity;
	struct usage_record **of_group_before;
	size_t of_group_before_capacity;
	const struct cgw_topology *topology; /* compared only; NULL: none */
	uint64_t cpus, memory_bytes;         /* the most that the machine had */
	struct siblings siblings;
	bool tries_weights;         /* in the trial: a group has advice on its weight */
	struct device_use *busiest; /* the most of any group, the root included */
	uint64_t part_ns;           /* of a recording whose end is not known */
	struct cgw_advice *advice;
	size_t advice_count, advice_capacity;
};

/* The group of a frame whose IO is added or tried. */
struct device_target {
	struct cgw_advisor *advisor;
	struct usage_record *record;
	uint64_t interval_ns;
};

/* Updates `of_group` to the groups of a frame; unknown ones are added or become NULL. */
int advisor_map_groups(struct cgw_advisor *advisor, const struct cgw_frame *frame, bool create);
/* The length of a sixteenth of the recording; 0: not known. */
uint64_t advisor_part_ns(const struct cgw_advisor *advisor) __attribute__((pure));
/* In the order of the output. */
extern const struct sizing advisor_sizings[SIZING_COUNT];
