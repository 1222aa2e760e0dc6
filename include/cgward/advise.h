/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * advise.h - limits for groups, sized from the samples of a recording.
 *
 * An advisor first receives every frame of a recording, and computes limits from the use of each
 * group, and how often the groups would have reached them in these frames. A trial counts that in
 * the frames of another recording. docs/ADVICE.md describes the method and its assumptions.
 *
 * This module opens no file and reads no clock.
 */
#ifndef CGWARD_ADVISE_H
#define CGWARD_ADVISE_H

#include <cgward/limit.h>
#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_objective {
	CGW_OBJECTIVE_SAFE,  /* room for use that was not recorded */
	CGW_OBJECTIVE_TIGHT, /* just above what was recorded */
	CGW_OBJECTIVE_COUNT,
};

/* What was recorded of a group, including its descendants. Owned by the advisor. */
struct cgw_usage {
	const char *path;      /* raw bytes */
	uint64_t samples;      /* in which the group existed */
	uint64_t intervals;    /* between two samples of the same group */
	uint64_t intervals_ns; /* their sum */
	uint32_t lives;        /* how often a group with this path was created, at least 1 */

	/* CPU time in nanoseconds per second, as the mean of an interval. */
	uint64_t cpu_peak, cpu_p99;
	uint64_t throttled_intervals; /* in which cpu.max stopped the group */
	/* In which the group and its siblings used nearly all the CPU time that they may use. */
	uint64_t full_intervals;

	uint64_t memory_peak_bytes;        /* memory.current */
	uint64_t working_set_peak_bytes;   /* memory.working_set */
	uint64_t unreclaimable_peak_bytes; /* anonymous, shared and kernel memory */
	/* Unreclaimable memory that grew in all parts of the recording; 0: it did not. */
	uint64_t growth_bytes, growth_ns;
	uint64_t oom_kills, memory_limit_hits, refaults; /* in the recording */
	uint64_t tasks_peak, forks_refused;

	/* In the last sample. */
	struct cgw_number cpu_max, cpu_weight, memory_max, memory_high, pids_max;
};

enum cgw_advice_kind {
	CGW_ADVICE_SET,      /* set `value` */
	CGW_ADVICE_LIMITED,  /* the group was limited: its need is not known, at least `value` */
	CGW_ADVICE_LEAK,     /* grows without end: no limit is the right one */
	CGW_ADVICE_WHOLE,    /* no limit would be below that of an ancestor, or the machine */
	CGW_ADVICE_UNPROVEN, /* too few samples, or the metric was not recorded */
	CGW_ADVICE_KIND_COUNT,
};

/* "set", "limited", "leak", "whole-machine", "unproven": the name in JSON. */
const char *cgw_advice_kind_name(enum cgw_advice_kind kind) CGW_PURE;

/* How often a limit would have been reached in the frames of a trial. */
struct cgw_trial {
	uint64_t samples; /* of the group; cpu.weight: in which the CPUs were full */
	/* Throttled, reclaimed, or forks refused; cpu.weight: used more than is guaranteed. */
	uint64_t reached, reached_ns;
	uint64_t exceeded; /* memory.max below what cannot be reclaimed: OOM-killed */
};

struct cgw_advice {
	const struct cgw_usage *usage;
	enum cgw_control control;
	enum cgw_advice_kind kind;
	uint64_t value;        /* SET, LIMITED: in the unit of the control */
	struct cgw_number now; /* the limit in the last sample, in the same unit */
	struct cgw_trial trial;
	const char *bound_by; /* WHOLE: the ancestor whose limit is lower; NULL: the machine */
	/* io.max: the device, owned by the advisor, and its use per second; otherwise NULL. */
	const char *device;
	uint64_t device_peak, device_p99;
	uint64_t device_busiest;  /* of any group, the root included */
	uint64_t device_at_limit; /* intervals in which the present limit was nearly reached */
	/* cpu.weight: CPU time per second with full CPUs, with this value and with that of now. */
	uint64_t guaranteed, guaranteed_now;
};

struct cgw_advisor_options {
	enum cgw_objective objective;
	/* Wall clock times of the recording, to find steady growth; 0: not known, it grows. */
	uint64_t begin_ns, end_ns;
	bool memory_high; /* the machine has memory.high (v2) */
	/* Returns whether limits are wanted for a group. NULL: for all but the root. */
	bool (*selects)(void *context, const char *path);
	void *context;
};

struct cgw_advisor;

/* Free with cgw_advisor_free(), which accepts NULL and returns NULL. Fails with -ENOMEM only. */
int cgw_advisor_new(const struct cgw_advisor_options *options, struct cgw_advisor **ret_advisor);
struct cgw_advisor *cgw_advisor_free(struct cgw_advisor *advisor);

/* Adds the metrics that the advice is computed from to `set`. */
void cgw_advisor_metrics(struct cgw_metric_set *set);

/* Adds a frame of the recording, in order of time. Fails with -ENOMEM only. */
int cgw_advisor_add(struct cgw_advisor *advisor, const struct cgw_frame *frame);
/*
 * Computes the limits, after the last frame; they are sorted by path and control, and owned by the
 * advisor. Their `trial` is that on the same frames, but for cpu.weight. Fails with -ENOMEM only.
 */
int cgw_advisor_finish(struct cgw_advisor *advisor, const struct cgw_advice **ret_advice,
		       size_t *ret_count);

/*
 * Whether the same frames have to be passed to cgw_advisor_trial() again, for the results that one
 * pass does not give: those of weights, which depend on the weights of all siblings. Until
 * cgw_advisor_trial_begin(), only these are counted.
 */
bool cgw_advisor_trial_rest(struct cgw_advisor *advisor);

/* Adds the metrics that a trial of the computed limits needs to `set`. */
void cgw_advisor_trial_metrics(const struct cgw_advisor *advisor, struct cgw_metric_set *set);
/* Sets the results of the trial to zero, before the first frame of another recording. */
void cgw_advisor_trial_begin(struct cgw_advisor *advisor);
/* Counts what the limits would have done in a frame. Fails with -ENOMEM only. */
int cgw_advisor_trial(struct cgw_advisor *advisor, const struct cgw_frame *frame);

/* A buffer for it has this size. */
#define CGW_ADVICE_TEXT_SIZE 128
/* Formats the value as cgward set accepts it: "60%", "1200M", "64", "sda 52M". */
size_t cgw_advice_format(const struct cgw_advice *advice, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
