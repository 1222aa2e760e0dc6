/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe.c - how much memory a group needs: reclaims it step by step until the group misses it. */
#include <errno.h>
#include <stdlib.h>

#include "cmd/change/probe.h"
#include "lib/base/array.h"
#include "lib/base/muldiv.h"

/* Steps that leave less than this above the minimum are not worth an interval. */
#define REST_BYTES (UINT64_C(64) << 10)

struct probe {
	const struct probe_options *options;
	const struct probe_kernel *kernel;
	struct probe_result *result;
	uint64_t start_ns;
	struct probe_reading last;
	unsigned misses;      /* the steps that exceeded a bound, less those that did not since */
	uint64_t taken_bytes; /* by the last step */
	bool resting;         /* the last step was a miss: leave the group alone until it is calm */
};

uint64_t probe_step_bytes(const struct probe_options *options, uint64_t use_bytes, unsigned misses)
{
	uint64_t step =
		options->step_bytes != 0 ? options->step_bytes : use_bytes / PROBE_STEP_PART;
	uint64_t above =
		use_bytes > options->minimum_bytes ? use_bytes - options->minimum_bytes : 0;

	if (step < PROBE_STEP_MIN_BYTES)
		step = PROBE_STEP_MIN_BYTES;
	step >>= misses;
	if (above < REST_BYTES)
		return 0;
	return step < above ? step : above;
}

unsigned probe_pressure_e2(const struct probe_step *step)
{
	uint64_t share = 0;

	if (step->length_ns == 0 || !scale_u64(step->pressure_ns, 10000, step->length_ns, &share) ||
	    share > 10000)
		return step->length_ns == 0 ? 0 : 10000;
	return (unsigned)share;
}

bool probe_is_upper_bound(const struct probe_result *result)
{
	return result->end != PROBE_PRESSURE && result->end != PROBE_REFAULTS;
}

void probe_result_done(struct probe_result *result)
{
	free(result->steps);
	*result = (struct probe_result){0};
}

static uint64_t since(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

/* Which bound does an interval exceed, for a step that has taken so much? */
static enum probe_end exceeded(const struct probe_options *options, const struct probe_step *step,
			       uint64_t taken_bytes)
{
	uint64_t refaults_max;

	if (probe_pressure_e2(step) >= options->pressure_e2)
		return PROBE_PRESSURE;
	if (!scale_u64(taken_bytes, options->refaults_percent, 100, &refaults_max))
		refaults_max = UINT64_MAX;
	if (step->refaults_bytes > refaults_max)
		return PROBE_REFAULTS;
	return PROBE_RUNNING;
}

/* Waits for an interval that began at probe->last, and adds it to the result. */
static int finish_interval(struct probe *probe, struct probe_step *step)
{
	struct probe_result *result = probe->result;
	struct probe_reading begin = probe->last;
	int r = probe->kernel->wait(probe->kernel->context, probe->options->interval_ns);

	r = r < 0 ? r : probe->kernel->read(probe->kernel->context, &probe->last);
	if (r < 0)
		return r;
	step->end_ns = since(probe->start_ns, probe->last.time_ns);
	step->length_ns = since(begin.time_ns, probe->last.time_ns);
	step->use_bytes = probe->last.use_bytes;
	step->pressure_ns = since(begin.pressure_ns, probe->last.pressure_ns);
	step->refaults_bytes = since(begin.refaults_bytes, probe->last.refaults_bytes);
	if (ARRAY_RESERVE(result->steps, result->capacity, result->count + 1) < 0)
		return -ENOMEM;
	return 0;
}

/* The first interval takes nothing: the group must be calm without the probe. */
static int first_interval(struct probe *probe)
{
	struct probe_result *result = probe->result;
	struct probe_step step = {0};
	int r = probe->kernel->read(probe->kernel->context, &probe->last);

	probe->start_ns = probe->last.time_ns;
	r = r < 0 ? r : finish_interval(probe, &step);
	if (r < 0)
		return r;
	result->use_bytes = result->needs_bytes = step.use_bytes;
	step.exceeded = exceeded(probe->options, &step,
				 probe_step_bytes(probe->options, step.use_bytes, 0));
	result->busy = step.exceeded != PROBE_RUNNING;
	result->end = step.exceeded;
	result->steps[result->count++] = step;
	return 0;
}

static int take_step(struct probe *probe, uint64_t bytes)
{
	const struct probe_kernel *kernel = probe->kernel;
	struct probe_result *result = probe->result;
	struct probe_step step = {.asked_bytes = bytes};
	struct probe_reading taken;
	int took, r = kernel->read(kernel->context, &probe->last);

	took = r < 0 ? r : kernel->take(kernel->context, bytes);
	if (took < 0 && took != -EAGAIN)
		return took;
	r = kernel->read(kernel->context, &taken);
	if (r < 0)
		return r;
	/* The group may have allocated memory meanwhile. */
	probe->taken_bytes = took == 0 ? bytes : since(taken.use_bytes, probe->last.use_bytes);
	step.taken_bytes = probe->taken_bytes;
	r = finish_interval(probe, &step);
	if (r < 0)
		return r;
	step.exceeded = exceeded(probe->options, &step, step.taken_bytes);
	if (step.exceeded == PROBE_RUNNING && step.taken_bytes < bytes / 4)
		step.exceeded = PROBE_UNRECLAIMABLE;
	result->steps[result->count++] = step;
	if (step.exceeded == PROBE_RUNNING) {
		result->needs_bytes = step.use_bytes;
		probe->misses -= probe->misses > 0;
		return 0;
	}
	probe->resting = true;
	if (++probe->misses == PROBE_MISSES_MAX)
		result->end = step.exceeded;
	return 0;
}

/* An interval in which the group may read back what it misses. */
static int rest(struct probe *probe)
{
	struct probe_result *result = probe->result;
	struct probe_step step = {0};
	int r = finish_interval(probe, &step);

	if (r < 0)
		return r;
	step.exceeded = exceeded(probe->options, &step, probe->taken_bytes);
	result->steps[result->count++] = step;
	if (step.exceeded == PROBE_RUNNING) {
		result->needs_bytes = step.use_bytes;
		probe->resting = false;
	}
	return 0;
}

int probe_run(const struct probe_options *options, const struct probe_kernel *kernel,
	      struct probe_result *ret_result)
{
	struct probe probe = {.options = options, .kernel = kernel, .result = ret_result};
	int r;

	*ret_result = (struct probe_result){0};
	r = first_interval(&probe);
	while (r == 0 && ret_result->end == PROBE_RUNNING) {
		uint64_t bytes = probe_step_bytes(options, probe.last.use_bytes, probe.misses);

		if (since(probe.start_ns, probe.last.time_ns) + options->interval_ns >
		    options->duration_ns)
			ret_result->end = PROBE_DURATION;
		else if (probe.resting)
			r = rest(&probe);
		else if (bytes == 0)
			ret_result->end = PROBE_MINIMUM;
		else
			r = take_step(&probe, bytes);
	}
	if (r == -EINTR && ret_result->count > 0) {
		ret_result->end = PROBE_INTERRUPTED;
		return 0;
	}
	return r;
}
