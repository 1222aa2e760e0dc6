/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe.h - how much memory a group needs: reclaims it step by step until the group misses it.
 *
 * A step takes memory from the group and waits. If the group then waited for memory, or read much
 * of it back, the step was too large: the group is left alone until it is calm, and the next step
 * is half as large; after one within the bounds, the steps grow again. The probe ends when a step
 * of an eighth of the size was too large.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_STEP_MIN_BYTES (UINT64_C(1) << 20)
/* Without --step, a step is this part of the memory in use. */
#define PROBE_STEP_PART 32
/*
 * The kernel finds out which pages are used only when it tries to reclaim them, so a first step may
 * hit pages in use: a miss ends the probe only after the step was halved three times.
 */
#define PROBE_MISSES_MAX 4

struct probe_options {
	uint64_t step_bytes; /* 0: PROBE_STEP_PART */
	uint64_t interval_ns, duration_ns;
	uint64_t minimum_bytes;
	unsigned pressure_e2;      /* bound: hundredths of a percent of the time */
	unsigned refaults_percent; /* bound: of the memory that a step has taken */
};

struct probe_reading {
	uint64_t time_ns;
	uint64_t use_bytes;
	uint64_t pressure_ns;    /* counter: time in which a process waited for memory */
	uint64_t refaults_bytes; /* counter: reclaimed memory that was read back */
};

/* The group and the clock; functions return 0 or a negative error. */
struct probe_kernel {
	int (*read)(void *context, struct probe_reading *ret_reading);
	/* -EAGAIN: less than `bytes` were taken. */
	int (*take)(void *context, uint64_t bytes);
	int (*wait)(void *context, uint64_t ns); /* -EINTR: the user ends the probe */
	void *context;
};

enum probe_end {
	PROBE_RUNNING,
	PROBE_PRESSURE,
	PROBE_REFAULTS,
	PROBE_UNRECLAIMABLE, /* the kernel could not take what was asked */
	PROBE_MINIMUM,
	PROBE_DURATION,
	PROBE_INTERRUPTED,
};

/* An interval, with the step at its beginning; times are since the start of the probe. */
struct probe_step {
	uint64_t end_ns, length_ns;
	uint64_t asked_bytes, taken_bytes; /* 0: the group was left alone */
	uint64_t use_bytes;                /* at the end */
	uint64_t pressure_ns, refaults_bytes;
	enum probe_end exceeded; /* PROBE_RUNNING: within all bounds */
};

struct probe_result {
	struct probe_step *steps; /* the first one takes nothing */
	size_t count, capacity;
	uint64_t use_bytes;   /* before the first step */
	uint64_t needs_bytes; /* at the end of the last interval within all bounds */
	enum probe_end end;
	bool busy; /* the first interval exceeded a bound: nothing was taken */
};

/* Returns an error of the kernel's; the result then has the steps so far. */
int probe_run(const struct probe_options *options, const struct probe_kernel *kernel,
	      struct probe_result *ret_result);
void probe_result_done(struct probe_result *result);

/* The next step for a group that uses so much; 0: it is at the minimum. */
uint64_t probe_step_bytes(const struct probe_options *options, uint64_t use_bytes, unsigned misses);
/* Hundredths of a percent of the interval in which a process waited for memory. */
unsigned probe_pressure_e2(const struct probe_step *step);
/* The need may be lower: the probe ended before the group missed anything. */
bool probe_is_upper_bound(const struct probe_result *result);
