/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* encode-column.c - encoding of one metric of all groups. */
#include <string.h>

#include "lib/recording/sample-code.h"

/* Collects the previous values in the present order of the groups. */
static void gather_old(const struct column_delta *delta)
{
	const struct snapshot_column *old =
		delta->before != NULL ? &delta->before->columns[delta->column] : NULL;

	for (uint32_t i = 0; i < delta->count; i++) {
		uint32_t group = old != NULL ? delta->previous[i] : CGW_NO_GROUP;

		delta->old_values[i] = group != CGW_NO_GROUP ? old->value[group] : 0;
		delta->old_states[i] = group != CGW_NO_GROUP ? old->state[group] : CGW_ABSENT;
	}
}

/* Runs of equal states: length, state. The lengths add up to `count`. */
static void put_states(const uint8_t *states, size_t count, struct bytes *out)
{
	for (size_t i = 0, first = 0; i < count; first = i) {
		while (i < count && states[i] == states[first])
			i++;
		bytes_put_number(out, i - first);
		bytes_put_number(out, states[first]);
	}
}

static void put_values(const uint64_t *values, const uint64_t *old, size_t count, struct bytes *out)
{
	uint8_t *to = bytes_reserve(out, count * NUMBER_BYTES_MAX), *at = to;

	if (to == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		at = store_number(at, zigzag(values[i] - old[i]));
	out->length += (size_t)(at - to);
}

static const struct cgw_instance *instances_of(const struct cgw_snapshot *snapshot, int column,
					       uint32_t group, size_t *ret_count)
{
	const uint32_t *first = snapshot->columns[column].first;

	*ret_count = first[group + 1] - first[group];
	return *ret_count > 0 ? snapshot->instances + first[group] : NULL;
}

/*
 * Whether the instances of a group have the same names in the same order as before. If so,
 * `ret_before` is set to the old ones (NULL if there are none). A new group had no instances.
 */
static bool same_instances(const struct column_delta *delta, uint32_t group,
			   const struct cgw_instance **ret_before)
{
	uint32_t old = delta->before != NULL ? delta->previous[group] : CGW_NO_GROUP;
	const struct cgw_instance *now, *before = NULL;
	size_t count, old_count = 0;

	*ret_before = NULL;
	now = instances_of(delta->now, delta->column, group, &count);
	if (old != CGW_NO_GROUP)
		before = instances_of(delta->before, delta->column, old, &old_count);
	if (count != old_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(now[i].name, before[i].name) != 0)
			return false;
	*ret_before = before;
	return true;
}

/* Groups whose instance names changed: distance from the previous such group, count, names. */
static void put_names(const struct column_delta *delta, struct bytes *out)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < delta->count; i++) {
		const struct cgw_instance *now, *before;
		size_t count;

		if (same_instances(delta, i, &before))
			continue;
		now = instances_of(delta->now, delta->column, i, &count);
		bytes_put_number(out, i - next + 1);
		bytes_put_number(out, count);
		for (size_t j = 0; j < count; j++)
			bytes_put_text(out, now[j].name);
		next = i + 1;
	}
	bytes_put_number(out, 0);
}

static void put_instance_states(const struct column_delta *delta, struct bytes *out)
{
	const uint32_t *first = delta->now->columns[delta->column].first;
	size_t count = first[delta->count] - first[0];
	const struct cgw_instance *all = count > 0 ? delta->now->instances + first[0] : NULL;

	for (size_t i = 0, from = 0; i < count; from = i) {
		while (i < count && all[i].number.state == all[from].number.state)
			i++;
		bytes_put_number(out, i - from);
		bytes_put_number(out, all[from].number.state);
	}
}

static void put_instance_values(const struct column_delta *delta, struct bytes *out)
{
	for (uint32_t i = 0; i < delta->count; i++) {
		const struct cgw_instance *now, *before;
		size_t count;

		(void)same_instances(delta, i, &before);
		now = instances_of(delta->now, delta->column, i, &count);
		for (size_t j = 0; j < count; j++)
			bytes_put_number(out,
					 zigzag(now[j].number.value -
						(before != NULL ? before[j].number.value : 0)));
	}
}

/* Which parts of the instances changed. */
static unsigned instance_flags(const struct column_delta *delta)
{
	const uint32_t *first = delta->now->columns[delta->column].first;
	unsigned flags = COLUMN_SUM;

	if (first == NULL)
		return 0;
	for (uint32_t i = 0; i < delta->count; i++) {
		const struct cgw_instance *now, *before;
		uint64_t sum = 0;
		size_t count;

		if (!same_instances(delta, i, &before))
			flags |= COLUMN_NAMES;
		now = instances_of(delta->now, delta->column, i, &count);
		for (size_t j = 0; j < count; j++) {
			struct cgw_number old =
				before != NULL ? before[j].number : (struct cgw_number){0};

			if (now[j].number.state != old.state)
				flags |= COLUMN_INSTANCE_STATES;
			if (now[j].number.value != old.value)
				flags |= COLUMN_INSTANCE_VALUES;
			sum += now[j].number.state == CGW_OK ? now[j].number.value : 0;
		}
		if (sum != delta->now->columns[delta->column].value[i])
			flags &= ~(unsigned)COLUMN_SUM;
	}
	return flags;
}

static const char *text_of(const struct cgw_snapshot *snapshot, int column, uint32_t group)
{
	const struct snapshot_column *from = &snapshot->columns[column];

	return from->state[group] == CGW_OK ? snapshot->texts[from->value[group]] : NULL;
}

static const char *old_text(const struct column_delta *delta, uint32_t group)
{
	uint32_t old = delta->before != NULL ? delta->previous[group] : CGW_NO_GROUP;

	return old != CGW_NO_GROUP ? text_of(delta->before, delta->column, old) : NULL;
}

/* Changed texts: distance from the previous one, text. Returns whether any changed. */
static bool put_texts(const struct column_delta *delta, struct bytes *out)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < delta->count; i++) {
		const char *text = text_of(delta->now, delta->column, i), *old = old_text(delta, i);

		if (text == NULL || (old != NULL && strcmp(text, old) == 0))
			continue;
		bytes_put_number(out, i - next + 1);
		bytes_put_text(out, text);
		next = i + 1;
	}
	bytes_put_number(out, 0);
	return next > 0;
}

void column_encode(const struct column_delta *delta, struct bytes *part)
{
	const struct snapshot_column *column = &delta->now->columns[delta->column];
	enum cgw_metric metric = delta->now->metric_of[delta->column];
	bool text = cgw_metric_info(metric)->shape == CGW_STRING;
	unsigned flags;
	bool moved;

	gather_old(delta);
	flags = instance_flags(delta);
	moved = memcmp(column->value, delta->old_values, delta->count * sizeof(uint64_t)) != 0;
	if (memcmp(column->state, delta->old_states, delta->count) != 0)
		flags |= COLUMN_STATES;
	if (!text && !(flags & COLUMN_SUM) && moved)
		flags |= COLUMN_VALUES;
	if (delta->now->system_wide[metric])
		flags |= COLUMN_SYSTEM_WIDE;
	bytes_put_number(part, flags | (text ? COLUMN_TEXTS : 0));
	if (flags & COLUMN_STATES)
		put_states(column->state, delta->count, part);
	if (flags & COLUMN_VALUES)
		put_values(column->value, delta->old_values, delta->count, part);
	if (flags & COLUMN_NAMES)
		put_names(delta, part);
	if (flags & COLUMN_INSTANCE_STATES)
		put_instance_states(delta, part);
	if (flags & COLUMN_INSTANCE_VALUES)
		put_instance_values(delta, part);
	if (text && !put_texts(delta, part) && flags == 0)
		part->length = 0;
	if (!text && (flags & ~(unsigned)COLUMN_SUM) == 0 && !(flags == COLUMN_SUM && moved))
		part->length = 0;
}
