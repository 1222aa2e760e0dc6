/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-text.c - descriptions of what holds a group back, and the commands that would change it. */
#include <stdio.h>
#include <string.h>

#include <cgward/inspect.h>

#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/render/value-text.h"

/* Above this part of a limit, the average use explains the throttling. */
#define STEADY 0.9

#define NUMBER(number, unit) \
	VALUE_TEXT(((struct cgw_value){.state = CGW_OK, .real = (number)}), unit, CGW_STYLE_HUMAN)
/* "412 ms", "3.2 ms" */
#define MILLISECONDS(ns) FORMATTED(48, "%.*f ms", (ns) < 9.5e6 ? 1 : 0, (ns) / 1e6)

static const char *plural(double count, const char *suffix)
{
	return count > 0.5 && count < 1.5 ? "" : suffix;
}

static void format_throttled(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *share = NUMBER(cause->percent, CGW_UNIT_PERCENT);
	const char *limit = NUMBER(cause->bound, CGW_UNIT_CPU);
	char peak[96] = "", before[96] = "";

	if (!cause->current) {
		snprintf(text, size, "was throttled by cpu.max in %s of all periods; limit %s",
			 share, limit);
		return;
	}
	/* The average hides what the limit throttles. */
	if (cause->peak_cpus * 1e9 > cause->bound && cause->mean_cpus * 1e9 < STEADY * cause->bound)
		snprintf(peak, sizeof(peak), "; used up to %.2f CPUs within 10 ms, %.2f on average",
			 cause->peak_cpus, cause->mean_cpus);
	if (cause->covered_percent > 0)
		snprintf(before, sizeof(before), "; earlier unused quota would cover %s of it",
			 NUMBER(cause->covered_percent, CGW_UNIT_PERCENT));
	snprintf(text, size, "throttled %s per second by cpu.max, in %s of periods; limit %s%s%s",
		 MILLISECONDS(cause->amount), share, limit, peak, before);
}

static void format_cpuset(const struct cgw_cause *cause, char *text, size_t size)
{
	snprintf(text, size, "uses %.2f of %.0f allowed CPUs (cpuset.cpus)", cause->amount,
		 cause->bound);
}

static void format_memory(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *amount = NUMBER(cause->amount, CGW_UNIT_BYTES);
	const char *bound = NUMBER(cause->bound, CGW_UNIT_BYTES);
	const char *times = plural(cause->count, "s");

	switch (cause->kind) {
	case CGW_CAUSE_MEMORY_HIGH:
		if (cause->count < 0.5)
			snprintf(text, size, "working set %s is close to memory.high; limit %s",
				 amount, bound);
		else
			snprintf(text, size,
				 "exceeded memory.high %.0f time%s and was slowed down; "
				 "limit %s, working set %s",
				 cause->count, times, bound, amount);
		break;
	case CGW_CAUSE_MEMORY_MAX:
		if (cause->count < 0.5)
			snprintf(text, size, "working set %s is close to memory.max; limit %s",
				 amount, bound);
		else
			snprintf(text, size,
				 "reached memory.max %.0f time%s; limit %s, working set %s",
				 cause->count, times, bound, amount);
		break;
	case CGW_CAUSE_OOM_KILLED:
		snprintf(text, size, "%.0f process%s OOM-killed%s%s%s", cause->count,
			 plural(cause->count, "es"), cause->limit >= 0 ? "; limit " : "",
			 cause->limit >= 0 ? bound : "", cause->limit >= 0 ? " (memory.max)" : "");
		break;
	case CGW_CAUSE_SWAPPING:
		snprintf(text, size, "%s in swap; %.0f major page fault%s per second", amount,
			 cause->count, times);
		break;
	default:
		snprintf(text, size, "low memory: %s of %s available (system-wide)", amount, bound);
		break;
	}
}

static void format_pressure(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *resource = cause->kind == CGW_CAUSE_CPU_PRESSURE      ? "CPU"
			       : cause->kind == CGW_CAUSE_MEMORY_PRESSURE ? "memory"
									  : "IO";
	const char *share = NUMBER(cause->percent, CGW_UNIT_PERCENT);

	snprintf(text, size, "%s pressure: some tasks stalled %s of the last 10 s%s", resource,
		 share, cause->system_wide ? " (system-wide)" : "");
}

static void format_frozen(const struct cgw_cause *cause, char *text, size_t size)
{
	snprintf(text, size, "%s",
		 cause->percent < 100 ? "freezing: some tasks may still run"
				      : "frozen: nothing runs");
}

static void format_pids(const struct cgw_cause *cause, char *text, size_t size)
{
	snprintf(text, size, "%.0f of %.0f tasks (pids.max); %.0f fork%s refused", cause->amount,
		 cause->bound, cause->count, plural(cause->count, "s"));
}

static void format_io(const struct cgw_cause *cause, char *text, size_t size)
{
	const struct cgw_metric_info *limit = cgw_metric_info((enum cgw_metric)cause->limit);
	const char *amount = NUMBER(cause->amount, limit->unit);
	const char *bound = NUMBER(cause->bound, limit->unit);

	snprintf(text, size, "%s per second on %s, close to %s; limit %s", amount,
		 ESCAPED(4 * sizeof(cause->device), cause->device), limit->key, bound);
}

static void format_cpu_wait(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *lost = MILLISECONDS(cause->lost_ns);
	const char *share = NUMBER(cause->percent, CGW_UNIT_PERCENT);
	const char *path = cause->taker != NULL ? strchr(cause->taker, '/') : NULL;
	char name[200];

	if (path != NULL && cgw_escape(name, sizeof(name), path, strlen(path)) >= sizeof(name))
		snprintf(name, sizeof(name), "another group");
	if (cause->taker == NULL)
		snprintf(text, size, "waited %s per second for a CPU", lost);
	else if (path != NULL)
		snprintf(text, size, "waited %s per second for a CPU; %s%s ran %s of it", lost,
			 path > cause->taker ? "real-time tasks of " : "", name, share);
	else if (strcmp(cause->taker, "own") == 0)
		snprintf(text, size, "waited %s per second for a CPU; its own tasks ran %s of it",
			 lost, share);
	else
		snprintf(text, size, "waited %s per second for a CPU that was idle %s of it", lost,
			 share);
}

static void format_wait(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *lost = MILLISECONDS(cause->lost_ns);
	const char *share = NUMBER(cause->percent, CGW_UNIT_PERCENT);

	if (cause->kind == CGW_CAUSE_RECLAIM)
		snprintf(text, size,
			 "reclaimed memory for %s per second, %s of it because of a memory limit",
			 lost, share);
	else
		snprintf(text, size, "waited %s per second for IO", lost);
}

void cgw_cause_sentence(const struct cgw_cause *cause, char *text, size_t size)
{
	static void (*const formatters[CGW_CAUSE_KIND_COUNT])(const struct cgw_cause *cause,
							      char *text, size_t size) = {
		[CGW_CAUSE_FROZEN] = format_frozen,
		[CGW_CAUSE_CPU_THROTTLED] = format_throttled,
		[CGW_CAUSE_CPUSET_FULL] = format_cpuset,
		[CGW_CAUSE_CPU_PRESSURE] = format_pressure,
		[CGW_CAUSE_MEMORY_HIGH] = format_memory,
		[CGW_CAUSE_MEMORY_MAX] = format_memory,
		[CGW_CAUSE_MEMORY_PRESSURE] = format_pressure,
		[CGW_CAUSE_OOM_KILLED] = format_memory,
		[CGW_CAUSE_SWAPPING] = format_memory,
		[CGW_CAUSE_SYSTEM_MEMORY] = format_memory,
		[CGW_CAUSE_IO_LIMIT] = format_io,
		[CGW_CAUSE_IO_PRESSURE] = format_pressure,
		[CGW_CAUSE_PIDS_MAX] = format_pids,
		[CGW_CAUSE_CPU_WAIT] = format_cpu_wait,
		[CGW_CAUSE_RECLAIM] = format_wait,
		[CGW_CAUSE_IO_WAIT] = format_wait,
	};

	text[0] = '\0';
	formatters[cause->kind](cause, text, size);
}

char *cgw_cause_command(const struct cgw_cause *cause, const char *path)
{
	bool thaw = strcmp(cause->key, "thaw") == 0;
	struct string_builder line = {0};

	if (cause->key[0] == '\0')
		return NULL;
	string_builder_printf(&line, "cgward %s ", thaw ? "thaw" : "set");
	string_builder_add_quoted(&line, path);
	if (!thaw)
		string_builder_printf(&line, " '%s=%s'", cause->key, cause->value);
	if (cause->companion[0] != '\0')
		string_builder_printf(&line, " '%s'", cause->companion);
	return string_builder_steal(&line);
}
