/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-text.c - the reasons of an advice in words. */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/render/value-text.h"
#include "shared/report/advice-text.h"

bool advice_has_value(const struct cgw_advice *advice)
{
	return advice->kind == CGW_ADVICE_SET || advice->kind == CGW_ADVICE_LIMITED;
}

static void bytes(struct string_builder *text, const char *before, uint64_t number)
{
	string_builder_printf(text, "%s%s", before, BYTES_TEXT(number));
}

static double percent(uint64_t ns_per_s)
{
	return (double)ns_per_s * 100 / (double)NS_PER_S;
}

static void number(struct string_builder *text, const struct cgw_advice *advice, const char *before,
		   uint64_t per_s)
{
	const struct cgw_value value = {
		.state = CGW_OK, .exact = true, .number = per_s, .real = (double)per_s};

	string_builder_printf(text, "%s%s", before,
			      VALUE_TEXT(value,
					 (enum cgw_unit)cgw_control_info(advice->control)->unit,
					 CGW_STYLE_HUMAN));
}

static void add_device_use(struct string_builder *text, const struct cgw_advice *advice)
{
	static const char *const verbs[] = {"read", "wrote"};
	bool writes = advice->control == CGW_C_IO_MAX_WBPS || advice->control == CGW_C_IO_MAX_WIOPS;

	string_builder_add_escaped(text, advice->device);
	string_builder_printf(text, ": %s", verbs[writes]);
	number(text, advice, " up to ", advice->device_peak);
	number(text, advice, "/s, p99 ", advice->device_p99);
	number(text, advice, "/s; most of all groups ", advice->device_busiest);
	string_builder_add(text, "/s");
	if (advice->device_at_limit > 0)
		string_builder_printf(text,
				      "; at its limit in %" PRIu64 " of %" PRIu64 " intervals",
				      advice->device_at_limit, advice->usage->intervals);
}

static void add_weight_use(struct string_builder *text, const struct cgw_advice *advice)
{
	const struct cgw_usage *usage = advice->usage;

	string_builder_printf(
		text,
		"used up to %.1f%%, p99 %.1f%%; it and its siblings used all CPU time "
		"in %" PRIu64 " of %" PRIu64 " intervals; then guaranteed %.1f%%, now "
		"%.1f%%",
		percent(usage->cpu_peak), percent(usage->cpu_p99), usage->full_intervals,
		usage->intervals, percent(advice->guaranteed), percent(advice->guaranteed_now));
}

/* What was recorded of the resource. */
static void add_use(struct string_builder *text, const struct cgw_advice *advice)
{
	const struct cgw_usage *usage = advice->usage;

	if (advice->device != NULL) {
		add_device_use(text, advice);
		return;
	}
	switch (advice->control) {
	case CGW_C_CPU_WEIGHT:
		add_weight_use(text, advice);
		break;
	case CGW_C_CPU_MAX:
		string_builder_printf(text, "used up to %.1f%%, p99 %.1f%%",
				      percent(usage->cpu_peak), percent(usage->cpu_p99));
		if (usage->throttled_intervals > 0)
			string_builder_printf(text,
					      "; throttled in %" PRIu64 " of %" PRIu64 " intervals",
					      usage->throttled_intervals, usage->intervals);
		break;
	case CGW_C_PIDS_MAX:
		string_builder_printf(text, "up to %" PRIu64 " tasks", usage->tasks_peak);
		if (usage->forks_refused > 0)
			string_builder_printf(text, "; %" PRIu64 " forks refused",
					      usage->forks_refused);
		break;
	default:
		bytes(text, "working set up to ", usage->working_set_peak_bytes);
		if (usage->unreclaimable_peak_bytes > 0)
			bytes(text, ", not reclaimable ", usage->unreclaimable_peak_bytes);
		if (usage->refaults > 0)
			string_builder_printf(text, "; %" PRIu64 " refaults", usage->refaults);
		if (usage->oom_kills > 0)
			string_builder_printf(text, "; %" PRIu64 " OOM kills", usage->oom_kills);
		break;
	}
}

static const char *effect_of(const struct cgw_advice *advice)
{
	if (advice->device != NULL)
		return "throttled";
	switch (advice->control) {
	case CGW_C_CPU_MAX:
		return "throttled";
	case CGW_C_CPU_WEIGHT:
		return "above what is guaranteed";
	case CGW_C_PIDS_MAX:
		return "full";
	default:
		return "reclaimed";
	}
}

/* What the limit would have done. */
void advice_add_trial(struct string_builder *text, const struct cgw_advice *advice,
		      const struct cgw_trial *trial, const char *where)
{
	const char *effect = effect_of(advice);

	string_builder_printf(text, "; %s: ", where);
	if (trial->samples == 0) {
		string_builder_add(text, advice->control == CGW_C_CPU_WEIGHT
						 ? "the CPU time was never used up"
						 : "not recorded");
		return;
	}
	if (trial->reached == 0 && trial->exceeded == 0) {
		string_builder_printf(text, "never %s in %" PRIu64 " samples", effect,
				      trial->samples);
		return;
	}
	if (trial->reached == 0) {
		string_builder_printf(text, "OOM-killed in %" PRIu64 " of %" PRIu64 " samples",
				      trial->exceeded, trial->samples);
		return;
	}
	string_builder_printf(text, "%s in %" PRIu64 " of %" PRIu64 " samples (%s)", effect,
			      trial->reached, trial->samples, DURATION_TEXT(trial->reached_ns));
	if (advice->control == CGW_C_MEMORY_MAX)
		string_builder_printf(text,
				      trial->exceeded > 0 ? ", OOM-killed in %" PRIu64
							  : ", never OOM-killed",
				      trial->exceeded);
}

void advice_add_reason(struct string_builder *text, const struct cgw_advice *advice,
		       const struct cgw_trial *trial)
{
	add_use(text, advice);
	switch (advice->kind) {
	case CGW_ADVICE_LEAK:
		bytes(text, "; grew by ", advice->usage->growth_bytes);
		string_builder_printf(text, " within %s without shrinking: find the cause first",
				      DURATION_TEXT(advice->usage->growth_ns));
		return;
	case CGW_ADVICE_WHOLE:
		string_builder_add(text, "; no limit would be below that of ");
		string_builder_add_escaped(text, advice->bound_by != NULL ? advice->bound_by
									  : "the machine");
		return;
	case CGW_ADVICE_UNPROVEN:
		string_builder_printf(text, "; only %" PRIu64 " sample%s", advice->usage->samples,
				      advice->usage->samples == 1 ? "" : "s");
		return;
	case CGW_ADVICE_LIMITED:
		string_builder_printf(text, "; was limited, so record again with this limit");
		break;
	default:
		break;
	}
	if (trial != NULL)
		advice_add_trial(text, advice, trial, "with the limit");
}

void advice_format_now(const struct cgw_advice *advice, char *buffer, size_t size)
{
	const struct cgw_control_info *info = cgw_control_info(advice->control);
	const struct cgw_value value = {
		.state = advice->now.state,
		.exact = true,
		.number = advice->now.value,
		.real = (double)advice->now.value,
	};

	(void)cgw_format_value(value, (enum cgw_unit)info->unit, CGW_STYLE_HUMAN, buffer, size);
}
