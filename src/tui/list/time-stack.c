/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* time-stack.c - where the time of a group's threads goes, as one bar of letters. */
#include <math.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/model/field.h"
#include "tui/list/time-stack.h"

/* A hundredth of a thread's time per second. */
#define NS_PER_PERCENT 1e7

/*
 * Traced parts are fields. Files only have bounds: the time in which any thread waited is at least
 * that of one. Of IO, pressure of memory is subtracted, because a thread can be in both.
 */
#define RATE(metric)                                           \
	{                                                      \
		.view = CGW_VIEW_RATE, .index = CGW_M_##metric \
	}
#define TRACED(id)                                            \
	{                                                     \
		.view = CGW_VIEW_DERIVED, .index = FIELD_##id \
	}
#define UNKNOWN                                     \
	{                                           \
		.view = CGW_VIEW_VALUE, .index = -1 \
	}
static const struct part {
	const char *letter, *name;
	enum role role;
	struct cgw_field traced;
	struct cgw_field from_files, but; /* ns per second */
} parts[] = {
	{"R", "ran", ROLE_CPU, TRACED(TIME_RUNNING), RATE(CPU_USAGE), UNKNOWN},
	{"W", "waited for CPU", ROLE_WARM, TRACED(TIME_CPU_WAIT), RATE(CPU_PRESSURE_SOME_TOTAL),
	 RATE(CPU_THROTTLED)},
	{"T", "throttled", ROLE_BAD, TRACED(TIME_THROTTLED), RATE(CPU_THROTTLED), UNKNOWN},
	{"I", "IO", ROLE_IO, TRACED(TIME_IO_WAIT), RATE(IO_PRESSURE_SOME_TOTAL),
	 RATE(MEMORY_PRESSURE_SOME_TOTAL)},
	{"S", "refault", ROLE_MEMORY, TRACED(TIME_REFAULT), UNKNOWN, UNKNOWN},
	{"M", "reclaim", ROLE_PRESSURE, TRACED(TIME_RECLAIM), UNKNOWN, UNKNOWN},
};

struct stack {
	double percent[ARRAY_SIZE(parts)];
	double total;  /* of the parts */
	bool complete; /* all of them are known */
};

static bool is_known(struct cgw_field field)
{
	return field.index >= 0;
}

void time_stack_metrics(struct cgw_metric_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		cgw_field_metrics(parts[i].traced, set);
		if (is_known(parts[i].from_files))
			cgw_field_metrics(parts[i].from_files, set);
		if (is_known(parts[i].but))
			cgw_field_metrics(parts[i].but, set);
	}
	cgw_metric_set_add(set, CGW_M_CGROUP_FROZEN);
}

static bool read_field(const struct cgw_frame *frame, uint32_t group, struct cgw_field field,
		       double *ret_real)
{
	struct cgw_value value = {.state = CGW_ABSENT};

	if (is_known(field))
		value = cgw_frame_value(frame, field, group);
	if (value.state == CGW_OK)
		*ret_real = value.real;
	return value.state == CGW_OK;
}

static bool is_traced(const struct cgw_frame *frame)
{
	return cgw_snapshot_number(cgw_frame_now(frame), CGW_M_CPU_RUN_DELAY, 0).state == CGW_OK;
}

/* A part per thread, from files. */
static bool read_bound(const struct cgw_frame *frame, uint32_t group, const struct part *part,
		       double *ret_percent)
{
	struct cgw_number threads =
		cgw_snapshot_number(cgw_frame_now(frame), CGW_M_PIDS_CURRENT, group);
	double whole, but = 0;

	if (threads.state != CGW_OK || threads.value == 0 ||
	    !read_field(frame, group, part->from_files, &whole))
		return false;
	if (is_known(part->but) && !read_field(frame, group, part->but, &but))
		return false;
	*ret_percent = fmax(whole - but, 0) / NS_PER_PERCENT / (double)threads.value;
	return true;
}

static bool read_stack(const struct cgw_frame *frame, uint32_t group, struct stack *ret_stack)
{
	bool traced = is_traced(frame);

	*ret_stack = (struct stack){.complete = traced};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		double *percent = &ret_stack->percent[i];
		bool known = traced ? read_field(frame, group, parts[i].traced, percent)
				    : read_bound(frame, group, &parts[i], percent);

		if (i == 0 && !known)
			return false;
		ret_stack->complete = ret_stack->complete && known;
		ret_stack->total += *percent;
	}
	return true;
}

bool time_stack_has_value(const struct cgw_frame *frame, uint32_t group)
{
	struct stack stack;

	return read_stack(frame, group, &stack);
}

static bool is_frozen(const struct cgw_snapshot *snapshot, uint32_t group)
{
	struct cgw_number frozen = cgw_snapshot_number(snapshot, CGW_M_CGROUP_FROZEN, group);

	return frozen.state == CGW_OK && frozen.value != 0;
}

/* What the rest of the time is: it is frozen if the group was in both samples. */
static const char *rest_of(const struct cgw_frame *frame, uint32_t group, const struct stack *stack,
			   enum role *ret_role)
{
	uint32_t old = cgw_frame_previous(frame, group);

	*ret_role = ROLE_DIM;
	if (is_frozen(cgw_frame_now(frame), group) && old != CGW_NO_GROUP &&
	    is_frozen(cgw_frame_before(frame), old)) {
		*ret_role = ROLE_FROZEN;
		return "F";
	}
	return stack->complete ? "." : "?";
}

void time_stack_draw(const struct cgw_frame *frame, uint32_t group, struct canvas *canvas,
		     struct rect area)
{
	struct stack stack;
	double whole, sum = 0;
	const char *rest;
	enum role role;
	int at = 0;

	if (!read_stack(frame, group, &stack)) {
		canvas_text(canvas, area.row, area.column, area.columns, ROLE_DIM, "-");
		return;
	}
	/* A wait that had begun before the interval counts as a whole. */
	whole = fmax(stack.total, 100);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		sum += stack.percent[i];
		for (int end = (int)lround(sum * area.columns / whole); at < end; at++)
			canvas_text(canvas, area.row, area.column + at, 1, parts[i].role,
				    parts[i].letter);
	}
	rest = rest_of(frame, group, &stack, &role);
	for (; at < area.columns; at++)
		canvas_text(canvas, area.row, area.column + at, 1, role, rest);
}

void time_stack_draw_legend(const struct cgw_frame *frame, struct canvas *canvas, struct rect area)
{
	bool traced = is_traced(frame);
	int at = area.column, end = area.column + area.columns;
	char reason[64];

	if (!traced)
		at += canvas_text(canvas, area.row, at, end - at, ROLE_DIM, "At least: ");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!traced && !is_known(parts[i].from_files))
			continue;
		at += canvas_text(canvas, area.row, at, end - at, parts[i].role, parts[i].letter);
		at += 1 +
		      canvas_text(canvas, area.row, at + 1, end - at - 1, ROLE_DIM, parts[i].name);
		at++;
	}
	at += canvas_text(canvas, area.row, at, end - at, ROLE_FROZEN, "F");
	at += canvas_text(canvas, area.row, at, end - at, ROLE_DIM, " frozen ");
	snprintf(reason, sizeof(reason), "? unknown (%s)",
		 cgw_state_name(
			 cgw_snapshot_number(cgw_frame_now(frame), CGW_M_CPU_RUN_DELAY, 0).state));
	canvas_text(canvas, area.row, at, end - at, ROLE_DIM, traced ? ". slept" : reason);
}
