/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-column.c - decoding of one metric of all groups. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/recording/sample-code.h"

static uint32_t group_count(const struct column_target *target)
{
	return target->now->topology->view.count;
}

static uint32_t old_group(const struct column_target *target, uint32_t group)
{
	return target->before != NULL ? target->previous[group] : CGW_NO_GROUP;
}

/* The groups from `first` on that followed each other before, too, or are all new. */
static uint32_t run_of(const struct column_target *target, uint32_t first)
{
	uint32_t count = group_count(target), old = old_group(target, first), run = 1;

	if (target->before == NULL)
		return count;
	if (old == CGW_NO_GROUP)
		while (first + run < count && target->previous[first + run] == CGW_NO_GROUP)
			run++;
	else if (target->before->topology == target->now->topology)
		return count;
	else
		while (first + run < count && target->previous[first + run] == old + run)
			run++;
	return run;
}

/* Differences are added to the previous values, so the column starts as a copy of those. */
static void copy_old(const struct column_target *target, bool text)
{
	struct snapshot_column *to = &target->now->columns[target->column];
	const struct snapshot_column *from =
		target->before != NULL ? &target->before->columns[target->column] : NULL;

	for (uint32_t i = 0, run; i < group_count(target); i += run) {
		uint32_t old = old_group(target, i);

		run = run_of(target, i);
		if (old != CGW_NO_GROUP)
			memcpy(to->state + i, from->state + old, run * sizeof(*to->state));
		else
			memset(to->state + i, CGW_ABSENT, run * sizeof(*to->state));
		if (old != CGW_NO_GROUP && !text)
			memcpy(to->value + i, from->value + old, run * sizeof(*to->value));
		else
			memset(to->value + i, 0, run * sizeof(*to->value));
	}
}

/* Most values have not changed: their steps are zeros. */
static void add_steps(struct cursor *in, uint64_t *values, uint32_t count)
{
	static const uint8_t zeros[8];

	for (uint32_t i = 0; i < count;) {
		if (count - i >= sizeof(zeros) && cursor_left(in) >= sizeof(zeros) &&
		    memcmp(in->at, zeros, sizeof(zeros)) == 0) {
			in->at += sizeof(zeros);
			i += sizeof(zeros);
			continue;
		}
		values[i++] += unzigzag(cursor_number(in));
	}
}

static int decode_states(struct cursor *in, uint8_t *states, size_t count)
{
	for (size_t at = 0; at < count;) {
		uint64_t run = cursor_number(in), state = cursor_number(in);

		if (in->failed || run == 0 || run > count - at || state >= CGW_STATE_COUNT)
			return -EBADMSG;
		memset(states + at, (int)state, (size_t)run);
		at += (size_t)run;
	}
	return 0;
}

static const struct cgw_instance *old_instances(const struct column_target *target, uint32_t group,
						size_t *ret_count)
{
	uint32_t old = old_group(target, group);
	const uint32_t *first;

	*ret_count = 0;
	if (old == CGW_NO_GROUP)
		return NULL;
	first = target->before->columns[target->column].first;
	*ret_count = first[old + 1] - first[old];
	return *ret_count > 0 ? target->before->instances + first[old] : NULL;
}

/* The instances of the column that is being decoded. */
struct instance_list {
	struct {
		struct cgw_instance instance;
		size_t length; /* of the name */
		uint32_t group;
	} * items;
	size_t count, size;
};

static int add_instance(struct instance_list *list, uint32_t group, const char *name, size_t length,
			struct cgw_number number)
{
	if (ARRAY_RESERVE(list->items, list->size, list->count + 1) < 0)
		return -ENOMEM;
	list->items[list->count].instance = (struct cgw_instance){name, number};
	list->items[list->count].length = length;
	list->items[list->count++].group = group;
	return 0;
}

static int copy_old_instances(const struct column_target *target, uint32_t group,
			      struct instance_list *list)
{
	size_t count;
	const struct cgw_instance *old = old_instances(target, group, &count);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = add_instance(list, group, old[i].name, strlen(old[i].name), old[i].number);
	return r;
}

static int decode_group_names(struct cursor *in, uint32_t group, struct instance_list *list)
{
	size_t count = cursor_count(in);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		size_t length;
		const char *name = cursor_text(in, &length);

		if (memchr(name, '\0', length) != NULL)
			return -EBADMSG;
		r = add_instance(list, group, name, length, (struct cgw_number){0});
	}
	return r;
}

/* Collects the instances by group: those of the previous sample, except where new names follow. */
static int decode_names(struct cursor *in, const struct column_target *target, bool names,
			struct instance_list *list)
{
	uint64_t gap = names ? cursor_number(in) : 0;
	int r = 0;

	if (!names &&
	    (target->before == NULL || target->before->columns[target->column].instance_count == 0))
		return 0;
	for (uint32_t i = 0; i < group_count(target) && r == 0; i++) {
		if (gap == 0 || --gap > 0) {
			r = copy_old_instances(target, i, list);
			continue;
		}
		r = decode_group_names(in, i, list);
		gap = cursor_number(in);
	}
	return r == 0 && (gap != 0 || in->failed) ? -EBADMSG : r;
}

static int decode_instance_states(struct cursor *in, struct instance_list *list)
{
	CLEANUP(cleanup_free) uint8_t *states = malloc(list->count + 1);
	int r;

	if (states == NULL)
		return -ENOMEM;
	r = decode_states(in, states, list->count);
	for (size_t i = 0; i < list->count && r == 0; i++)
		list->items[i].instance.number.state = states[i];
	return r;
}

static int store_instances(const struct column_target *target, const struct instance_list *list,
			   bool sum)
{
	struct snapshot_column *column = &target->now->columns[target->column];
	int r = 0;

	if (sum)
		memset(column->value, 0, group_count(target) * sizeof(*column->value));
	for (size_t i = 0; i < list->count && r == 0; i++) {
		const struct cgw_instance *instance = &list->items[i].instance;

		if (sum && instance->number.state == CGW_OK)
			column->value[list->items[i].group] += instance->number.value;
		r = snapshot_add_instance(target->now, target->column, list->items[i].group,
					  instance->name, list->items[i].length, instance->number);
	}
	return r;
}

static void cleanup_instances(struct instance_list *list)
{
	free(list->items);
}

static int decode_instances(struct cursor *in, const struct column_target *target, unsigned flags)
{
	CLEANUP(cleanup_instances) struct instance_list list = {0};
	int r = decode_names(in, target, flags & COLUMN_NAMES, &list);

	if (r == 0 && flags & COLUMN_INSTANCE_STATES)
		r = decode_instance_states(in, &list);
	for (size_t i = 0; i < list.count && flags & COLUMN_INSTANCE_VALUES; i++)
		list.items[i].instance.number.value += unzigzag(cursor_number(in));
	if (r == 0 && in->failed)
		r = -EBADMSG;
	return r < 0 ? r : store_instances(target, &list, flags & COLUMN_SUM);
}

static const char *old_text(const struct column_target *target, uint32_t group)
{
	uint32_t old = old_group(target, group);
	const struct snapshot_column *from;

	if (old == CGW_NO_GROUP)
		return NULL;
	from = &target->before->columns[target->column];
	return from->state[old] == CGW_OK ? target->before->texts[from->value[old]] : NULL;
}

/* `given`: changed texts follow; the others are those of the previous sample. */
static int decode_texts(struct cursor *in, const struct column_target *target, bool given)
{
	const struct snapshot_column *column = &target->now->columns[target->column];
	uint64_t gap = given ? cursor_number(in) : 0;
	int r = 0;

	for (uint32_t i = 0; i < group_count(target) && r == 0; i++) {
		const char *text = old_text(target, i);
		size_t length = text != NULL ? strlen(text) : 0;

		if (gap > 0 && --gap == 0) {
			text = cursor_text(in, &length);
			/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): finds NUL */
			if (memchr(text, '\0', length) != NULL)
				return -EBADMSG;
			gap = cursor_number(in);
		}
		if (column->state[i] != CGW_OK)
			continue;
		if (text == NULL)
			return -EBADMSG;
		r = snapshot_add_text(target->now, target->column, i, text, length);
	}
	return r == 0 && (gap != 0 || in->failed) ? -EBADMSG : r;
}

int column_decode(const struct column_target *target, struct cursor *in)
{
	struct snapshot_column *column = &target->now->columns[target->column];
	enum cgw_metric metric = target->now->metric_of[target->column];
	unsigned shape = cgw_metric_info(metric)->shape, flags = 0;
	bool empty = cursor_left(in) == 0;
	uint32_t count = group_count(target);
	int r = 0;

	copy_old(target, shape == CGW_STRING);
	if (!empty)
		flags = (unsigned)cursor_number(in);
	target->now->system_wide[metric] = (flags & COLUMN_SYSTEM_WIDE) != 0;
	if (flags & COLUMN_STATES)
		r = decode_states(in, column->state, count);
	if (r == 0 && flags & COLUMN_VALUES && shape != CGW_STRING)
		add_steps(in, column->value, count);
	if (r == 0 && shape == CGW_INSTANCES)
		r = decode_instances(in, target, flags);
	if (r == 0 && shape == CGW_STRING)
		r = decode_texts(in, target, flags & COLUMN_TEXTS);
	return r == 0 && in->failed ? -EBADMSG : r;
}
