/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* device-use.h - what a recording shows of the IO of a group, per device. */
#pragma once

#include "lib/advise/usage.h"

enum device_rate {
	DEVICE_READ_BYTES,
	DEVICE_WRITTEN_BYTES,
	DEVICE_READS,
	DEVICE_WRITES,
	DEVICE_RATE_COUNT,
};

struct device_use {
	struct device_use *next;
	uint64_t peak[DEVICE_RATE_COUNT];           /* per second, as the mean of an interval */
	struct histogram *rates[DEVICE_RATE_COUNT]; /* of intervals with use; NULL: none */
	uint64_t at_limit[DEVICE_RATE_COUNT];
	struct cgw_number limit[DEVICE_RATE_COUNT]; /* in the last sample with use */
	char name[];
};

/* What is measured, and the control that limits it. */
struct device_rate_info {
	enum cgw_metric use, limit;
	enum cgw_control control;
	uint64_t least; /* a lower peak is not limited */
	uint64_t step;  /* limits are multiples of it */
};
extern const struct device_rate_info device_rates[DEVICE_RATE_COUNT];

/* Calls `each` for each device that a group used since the sample before. */
int devices_observe(const struct cgw_frame *frame, uint32_t group, uint64_t interval_ns,
		    int (*each)(void *context, const char *device, enum device_rate rate,
				uint64_t per_s, struct cgw_number limit),
		    void *context);
/* Adds a rate to that of the device in a list. -ENOMEM. */
int devices_add(struct device_use **devices, const char *name, enum device_rate rate,
		uint64_t per_s, struct cgw_number limit);
/* NULL: not in the list. */
const struct device_use *devices_find(const struct device_use *devices, const char *name)
	__attribute__((pure));
void devices_free(struct device_use *devices);
