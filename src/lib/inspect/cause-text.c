/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-text.c - what holds a group back, in words, and the line that would change it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/inspect.h>
#include <cgward/render.h>

struct number {
	char text[48];
};

static struct number format(double value, enum cgw_unit unit)
{
	struct cgw_value cell = {.state = CGW_OK, .real = value};
	struct number number;

	(void)cgw_format_value(cell, unit, CGW_STYLE_HUMAN, number.text, sizeof(number.text));
	return number;
}

static const char *often(double count, char (*buffer)[48])
{
	(void)snprintf(*buffer, sizeof(*buffer), "%.0f time%s", count,
		       count > 0.5 && count < 1.5 ? "" : "s");
	return *buffer;
}

static void sentence_cpu(const struct cgw_cause *cause, char *text, size_t size)
{
	struct number share = format(cause->percent, CGW_UNIT_PERCENT);
	struct number bound = format(cause->bound, CGW_UNIT_CPU);
	struct number lost = format(cause->amount, CGW_UNIT_NS);

	if (cause->kind == CGW_CAUSE_CPU_THROTTLED && cause->current)
		(void)snprintf(
			text, size,
			"throttled in %s of the periods by cpu.max %s: %s of CPU time lost a "
			"second",
			share.text, bound.text, lost.text);
	else if (cause->kind == CGW_CAUSE_CPU_THROTTLED)
		(void)snprintf(text, size, "was throttled in %s of all periods by cpu.max %s",
			       share.text, bound.text);
	else
		(void)snprintf(text, size, "uses %.2f of the %.0f CPUs it may run on",
			       cause->amount, cause->bound);
}

static void sentence_memory(const struct cgw_cause *cause, char *text, size_t size)
{
	struct number amount = format(cause->amount, CGW_UNIT_BYTES);
	struct number bound = format(cause->bound, CGW_UNIT_BYTES);
	char times[48];

	switch (cause->kind) {
	case CGW_CAUSE_MEMORY_HIGH:
	case CGW_CAUSE_MEMORY_MAX:
		if (cause->count < 0.5)
			(void)snprintf(text, size, "%s of %s %s in use beside cache", amount.text,
				       cgw_cause_name(cause->kind), bound.text);
		else
			(void)snprintf(text, size, "%s %s %s %s; %s in use beside cache",
				       cause->kind == CGW_CAUSE_MEMORY_MAX ? "reached"
									   : "slowed down at",
				       cgw_cause_name(cause->kind), bound.text,
				       often(cause->count, &times), amount.text);
		break;
	case CGW_CAUSE_OOM_KILLED:
		(void)snprintf(text, size, "%.0f process%s killed for want of memory%s%s",
			       cause->count, cause->count < 1.5 ? "" : "es",
			       cause->limit >= 0 ? " under memory.max " : "",
			       cause->limit >= 0 ? bound.text : "");
		break;
	case CGW_CAUSE_SWAPPING:
		(void)snprintf(text, size, "%s in swap; %.0f faults a second waited for a disk",
			       amount.text, cause->count);
		break;
	default:
		(void)snprintf(text, size, "the machine has %s of %s available", amount.text,
			       bound.text);
		break;
	}
}

static void sentence_pressure(const struct cgw_cause *cause, char *text, size_t size)
{
	const char *what = cause->kind == CGW_CAUSE_CPU_PRESSURE      ? "a CPU"
			   : cause->kind == CGW_CAUSE_MEMORY_PRESSURE ? "memory"
								      : "a disk";
	struct number share = format(cause->percent, CGW_UNIT_PERCENT);

	(void)snprintf(text, size, "%s waited for %s in %s of the last 10 s",
		       cause->system_wide ? "somebody on the machine" : "some of it", what,
		       share.text);
}

static void sentence_frozen(const struct cgw_cause *cause, char *text, size_t size)
{
	(void)snprintf(text, size, "%s",
		       cause->percent < 100 ? "is being frozen" : "frozen: nothing runs");
}

static void sentence_pids(const struct cgw_cause *cause, char *text, size_t size)
{
	char times[48];

	(void)snprintf(text, size, "%.0f of pids.max %.0f; forks refused %s", cause->amount,
		       cause->bound, often(cause->count, &times));
}

static void sentence_io(const struct cgw_cause *cause, char *text, size_t size)
{
	const struct cgw_metric_info *limit = cgw_metric_info((enum cgw_metric)cause->limit);
	struct number amount = format(cause->amount, (enum cgw_unit)limit->unit);
	struct number bound = format(cause->bound, (enum cgw_unit)limit->unit);
	char device[4 * sizeof(cause->device)];

	cgw_escape(device, sizeof(device), cause->device, strlen(cause->device));
	(void)snprintf(text, size, "%s a second of %s %s on %s", amount.text, limit->key,
		       bound.text, device);
}

void cgw_cause_sentence(const struct cgw_cause *cause, char *text, size_t size)
{
	static void (*const tellers[CGW_CAUSE_KIND_COUNT])(const struct cgw_cause *cause,
							   char *text, size_t size) = {
		[CGW_CAUSE_FROZEN] = sentence_frozen,
		[CGW_CAUSE_CPU_THROTTLED] = sentence_cpu,
		[CGW_CAUSE_CPUSET_FULL] = sentence_cpu,
		[CGW_CAUSE_CPU_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_MEMORY_HIGH] = sentence_memory,
		[CGW_CAUSE_MEMORY_MAX] = sentence_memory,
		[CGW_CAUSE_MEMORY_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_OOM_KILLED] = sentence_memory,
		[CGW_CAUSE_SWAPPING] = sentence_memory,
		[CGW_CAUSE_SYSTEM_MEMORY] = sentence_memory,
		[CGW_CAUSE_IO_LIMIT] = sentence_io,
		[CGW_CAUSE_IO_PRESSURE] = sentence_pressure,
		[CGW_CAUSE_PIDS_MAX] = sentence_pids,
	};

	text[0] = '\0';
	tellers[cause->kind](cause, text, size);
}

char *cgw_cause_command(const struct cgw_cause *cause, const char *path)
{
	size_t used = 0, size = 4 * strlen(path) + 256;
	char *line = cause->key[0] != '\0' ? malloc(size) : NULL;
	bool thaw = strcmp(cause->key, "thaw") == 0;

	if (line == NULL)
		return NULL;
	used = (size_t)snprintf(line, size, "cgward %s ", thaw ? "thaw" : "set");
	line[used++] = '\'';
	for (; *path != '\0' && used + 96 + 64 < size; path++)
		if (*path == '\'')
			used += (size_t)snprintf(line + used, size - used, "'\\''");
		else
			line[used++] = *path;
	line[used++] = '\'';
	line[used] = '\0';
	if (!thaw)
		(void)snprintf(line + used, size - used, " '%s=%s'", cause->key, cause->value);
	return line;
}
