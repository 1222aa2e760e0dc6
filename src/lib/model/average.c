/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * average.c - moving averages of the values in an expression, per group.
 *
 * Like load averages, they are exponential: a sample is weighted by the time since the previous
 * one, relative to the window. The average is unknown until a group has been sampled for one
 * window. Single samples are not stored, so memory does not depend on the window.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/model/expression-priv.h"

int cgw_averages_new(const struct cgw_expression *expression, struct cgw_averages **ret_averages)
{
	struct cgw_averages *averages = calloc(1, sizeof(*averages));

	if (averages == NULL)
		return -ENOMEM;
	averages->expression = expression;
	*ret_averages = averages;
	return 0;
}

struct cgw_averages *cgw_averages_free(struct cgw_averages *averages)
{
	if (averages == NULL)
		return NULL;
	free(averages->slots);
	free(averages->spare);
	free(averages);
	return NULL;
}

void cgw_averages_reset(struct cgw_averages *averages)
{
	averages->count = 0;
}

static int reserve_slots(struct cgw_averages *averages, uint32_t groups)
{
	size_t size = averages->expression->average_count * sizeof(struct average_slot);
	int r = array_reserve_beside(&averages->spare, averages->capacity, groups, size);

	return r < 0 ? r : array_reserve(&averages->slots, &averages->capacity, groups, size);
}

/* Moves each group's slots to its index in this frame. */
static void move_slots(struct cgw_averages *averages, const struct cgw_frame *frame,
		       uint32_t groups)
{
	const struct cgw_snapshot *before = cgw_frame_before(frame);
	size_t width = averages->expression->average_count;
	bool continues = before != NULL && averages->count > 0 &&
			 cgw_snapshot_monotonic_ns(before) == averages->last_ns;
	struct average_slot *slots = averages->spare;

	for (uint32_t group = 0; group < groups; group++) {
		uint32_t old = continues ? cgw_frame_previous(frame, group) : CGW_NO_GROUP;
		bool same = old != CGW_NO_GROUP && old < averages->count &&
			    !(cgw_frame_flags(frame, group) & (CGW_ROW_NEW | CGW_ROW_RECREATED));

		for (size_t i = 0; i < width; i++)
			slots[group * width + i] = same ? averages->slots[old * width + i]
							: (struct average_slot){.seconds = -1};
	}
	averages->spare = averages->slots;
	averages->slots = slots;
	averages->count = groups;
}

static void update_slot(struct average_slot *slot, double value, double seconds, double window)
{
	slot->before = slot->mean;
	if (slot->seconds < 0) {
		*slot = (struct average_slot){.mean = value, .before = value, .seconds = 0};
		return;
	}
	slot->seconds += seconds;
	if (slot->seconds > window)
		slot->seconds = window;
	if (seconds > 0)
		slot->mean += (value - slot->mean) *
			      (seconds < slot->seconds ? seconds / slot->seconds : 1);
}

int cgw_averages_update(struct cgw_averages *averages, const struct cgw_frame *frame)
{
	const struct cgw_expression *expression = averages->expression;
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	uint32_t groups = cgw_snapshot_topology(now)->count;
	struct cgw_scope scope = {.frame = frame};
	int r;

	if (expression->average_count == 0)
		return 0;
	r = reserve_slots(averages, groups);
	if (r < 0)
		return r;
	move_slots(averages, frame, groups);
	averages->last_ns = cgw_snapshot_monotonic_ns(now);
	for (uint32_t group = 0; group < groups; group++) {
		struct average_slot *slots =
			averages->slots + (size_t)group * expression->average_count;

		for (uint8_t i = 0; i < expression->average_count; i++) {
			const struct average *average = &expression->averages[i];
			struct cgw_value value;

			scope.group = group;
			value = operand_value(&average->operand, &scope);
			/* An unknown value does not change the average; without a value, such as a
			 * share of a limit that was removed, there is none. */
			if (value.state == CGW_OK)
				update_slot(&slots[i], value.real, cgw_frame_seconds(frame),
					    average->window_seconds);
			else if (value.state == CGW_ABSENT)
				slots[i].seconds = -1;
		}
	}
	return 0;
}
