/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field-value.c - numeric values of fields: metrics, rates, own shares, limits. */
#include <string.h>

#include "lib/metric/decode.h"
#include "lib/model/field.h"
#include "lib/model/frame.h"

static struct cgw_value none(enum cgw_state state)
{
	return (struct cgw_value){.state = state};
}

static struct cgw_value exact(struct cgw_number number)
{
	return (struct cgw_value){.state = number.state,
				  .exact = true,
				  .number = number.value,
				  .real = (double)number.value};
}

static struct cgw_value real(double value)
{
	return (struct cgw_value){.state = CGW_OK, .real = value};
}

static bool has_number(struct cgw_number number)
{
	return number.state == CGW_OK || number.state == CGW_RESET;
}

/* The rate since the previous sample, if both read the same group from the same hierarchies. */
static struct cgw_value rate_of(const struct cgw_frame *frame, uint32_t group,
				struct cgw_number now, struct cgw_number before, bool signed_too)
{
	uint32_t old = frame->previous[group];
	double seconds;

	if (!has_number(now))
		return none(now.state);
	if (old == CGW_NO_GROUP || frame->flags[group] != 0 || before.state != CGW_OK)
		return none(CGW_WARMUP);
	seconds = (double)(int64_t)(cgw_snapshot_read_ns(frame->now, group) -
				    cgw_snapshot_read_ns(frame->before, old)) /
		  1e9;
	if (seconds <= 0)
		return none(CGW_WARMUP);
	if (now.value < before.value && !signed_too)
		return none(CGW_RESET);
	return real(((double)now.value - (double)before.value) / seconds);
}

static struct cgw_number old_number(const struct cgw_frame *frame, enum cgw_metric metric,
				    uint32_t group)
{
	uint32_t old = frame->before != NULL ? frame->previous[group] : CGW_NO_GROUP;

	return old == CGW_NO_GROUP ? (struct cgw_number){0, CGW_WARMUP}
				   : cgw_snapshot_number(frame->before, metric, old);
}

static struct cgw_value metric_rate(const struct cgw_frame *frame, enum cgw_metric metric,
				    uint32_t group, bool signed_too)
{
	return rate_of(frame, group, cgw_snapshot_number(frame->now, metric, group),
		       old_number(frame, metric, group), signed_too);
}

/* A number exists or may exist, but could not be read. */
static bool is_unknown(struct cgw_number number)
{
	return number.state == CGW_DENIED || number.state == CGW_BAD || number.state == CGW_GONE;
}

struct cgw_number cgw_frame_effective(const struct cgw_frame *frame, enum cgw_metric limit,
				      uint32_t group, uint32_t *ret_by)
{
	const struct cgw_topology *topology;
	struct cgw_number tightest = {0, CGW_ABSENT};
	uint32_t unused;

	ret_by = ret_by != NULL ? ret_by : &unused;
	*ret_by = CGW_NO_GROUP;
	if (!frame_has(frame, group))
		return tightest;
	topology = cgw_snapshot_topology(frame->now);
	for (uint32_t each = group; each != CGW_NO_GROUP; each = topology->parent[each]) {
		struct cgw_number number = cgw_snapshot_number(frame->now, limit, each);

		if (is_unknown(number)) {
			/* The unread limit may be the tightest. */
			*ret_by = CGW_NO_GROUP;
			return (struct cgw_number){0, number.state};
		}
		if (number.state == CGW_OK &&
		    (tightest.state != CGW_OK || number.value < tightest.value)) {
			tightest = number;
			*ret_by = each;
		} else if (number.state == CGW_MAX && tightest.state != CGW_OK) {
			tightest = number;
		} else if (tightest.state == CGW_ABSENT) {
			tightest.state = number.state;
		}
	}
	return tightest;
}

static struct cgw_value own(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	struct cgw_number number = cgw_snapshot_number(frame->now, metric, group);
	uint32_t end = group + topology->below[group] + 1;

	if (!has_number(number))
		return exact(number);
	for (uint32_t child = group + 1; child < end; child += topology->below[child] + 1) {
		struct cgw_number part = cgw_snapshot_number(frame->now, metric, child);

		if (has_number(part))
			number.value -= part.value < number.value ? part.value : number.value;
	}
	return exact(number);
}

double field_percent(double part, double whole)
{
	if (whole == 0)
		return part > 0 ? 100 : 0;
	return part * 100 / whole;
}

/* There is no share of an unlimited whole. */
static struct cgw_value percent(struct cgw_value part, struct cgw_number whole)
{
	if (part.state != CGW_OK)
		return none(part.state);
	if (whole.state != CGW_OK)
		return none(whole.state == CGW_MAX ? CGW_ABSENT : whole.state);
	return real(field_percent(part.real, (double)whole.value));
}

static struct cgw_value difference(const struct cgw_frame *frame, const struct derived_field *field,
				   uint32_t group)
{
	struct cgw_number a = cgw_snapshot_number(frame->now, (enum cgw_metric)field->a, group);
	struct cgw_number b;

	if (field->b < 0 || !has_number(a))
		return exact(a);
	b = cgw_snapshot_number(frame->now, (enum cgw_metric)field->b, group);
	/* The root may report the system-wide total of `a` without the detail `b`. */
	if (!has_number(b))
		return cgw_snapshot_is_system_wide(frame->now, (enum cgw_metric)field->a) &&
				       group == 0
			       ? exact(a)
			       : none(b.state);
	a.value -= b.value < a.value ? b.value : a.value;
	return exact(a);
}

static struct cgw_value sum(const struct cgw_frame *frame, const struct derived_field *field,
			    uint32_t group)
{
	struct cgw_number total = cgw_snapshot_number(frame->now, (enum cgw_metric)field->a, group);
	struct cgw_number part = cgw_snapshot_number(frame->now, (enum cgw_metric)field->b, group);

	if (!has_number(total))
		return none(total.state);
	if (!has_number(part))
		return none(part.state);
	total.value = part.value > UINT64_MAX - total.value ? UINT64_MAX : total.value + part.value;
	if (field->limit < 0)
		return exact(total);
	part = cgw_snapshot_number(frame->now, (enum cgw_metric)field->limit, group);
	if (!has_number(part))
		return none(part.state);
	total.value -= part.value < total.value ? part.value : total.value;
	return exact(total);
}

static struct cgw_value share(const struct cgw_frame *frame, const struct derived_field *field,
			      uint32_t group)
{
	struct cgw_number part = cgw_snapshot_number(frame->now, (enum cgw_metric)field->a, group);
	struct cgw_number whole = cgw_snapshot_number(frame->now, (enum cgw_metric)field->b, group);

	if (!has_number(part) || !has_number(whole))
		return none(has_number(part) ? whole.state : part.state);
	if (whole.value == 0)
		return none(CGW_ABSENT);
	return real((double)part.value * 100 / (double)whole.value);
}

/* What a share is computed of. */
static struct cgw_number whole_of(const struct cgw_frame *frame, const struct derived_field *field,
				  uint32_t group)
{
	uint32_t by;
	struct cgw_number limit =
		cgw_frame_effective(frame, (enum cgw_metric)field->limit, group, &by);
	struct cgw_number total = cgw_snapshot_system(frame->now)->memory_total_bytes;

	/* The machine's memory is the limit if there is none, or a larger one. */
	if (field->limit == CGW_M_MEMORY_MAX && total.state == CGW_OK && !is_unknown(limit) &&
	    (limit.state != CGW_OK || limit.value > total.value))
		limit = total;
	return limit;
}

/* In ns. Nothing is predicted for a group that does not grow. */
static struct cgw_value time_to_limit(const struct cgw_frame *frame,
				      const struct derived_field *field, uint32_t group)
{
	struct cgw_value growth = metric_rate(frame, (enum cgw_metric)field->a, group, true);
	struct cgw_number used = cgw_snapshot_number(frame->now, (enum cgw_metric)field->a, group);
	struct cgw_number limit = whole_of(frame, field, group);

	if (growth.state != CGW_OK)
		return growth;
	if (limit.state != CGW_OK)
		return none(limit.state == CGW_MAX ? CGW_ABSENT : limit.state);
	if (growth.real <= 0)
		return none(CGW_ABSENT);
	if (used.value >= limit.value)
		return real(0);
	return real((double)(limit.value - used.value) * 1e9 / growth.real);
}

/* Throttling by the group's own limit. */
static struct cgw_value throttled_own(const struct cgw_frame *frame,
				      const struct derived_field *field, uint32_t group)
{
	struct cgw_value part = metric_rate(frame, (enum cgw_metric)field->a, group, false);
	struct cgw_value whole = metric_rate(frame, (enum cgw_metric)field->b, group, false);

	if (part.state != CGW_OK)
		return part;
	if (whole.state != CGW_OK)
		return whole;
	return real(whole.real > 0 ? part.real * 100 / whole.real : 0);
}

/* The limit of an ancestor throttles the group as well, but is counted only there. */
static struct cgw_value throttled(const struct cgw_frame *frame, const struct derived_field *field,
				  uint32_t group, uint32_t *ret_by)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	struct cgw_value highest = {.state = CGW_ABSENT};

	*ret_by = CGW_NO_GROUP;
	for (uint32_t each = group; each != CGW_NO_GROUP; each = topology->parent[each]) {
		struct cgw_value value = throttled_own(frame, field, each);

		if (value.state == CGW_DENIED || value.state == CGW_BAD) {
			/* The unread limit may be the one that throttles. */
			*ret_by = CGW_NO_GROUP;
			return value;
		}
		if (value.state == CGW_OK && value.real > highest.real)
			*ret_by = each;
		if (highest.state == CGW_ABSENT || value.state == CGW_WARMUP ||
		    (value.state == CGW_OK && highest.state == CGW_OK && value.real > highest.real))
			highest = value;
	}
	return highest;
}

uint32_t field_determined_by(const struct cgw_frame *frame, const struct derived_field *field,
			     uint32_t group, enum cgw_state *ret_state)
{
	uint32_t by;

	*ret_state = throttled(frame, field, group, &by).state;
	if (*ret_state == CGW_OK && by == CGW_NO_GROUP)
		*ret_state = CGW_ABSENT;
	return by;
}

static struct cgw_value sum_of_rates(const struct cgw_frame *frame,
				     const struct derived_field *field, uint32_t group)
{
	struct cgw_value a = metric_rate(frame, (enum cgw_metric)field->a, group, false), b;

	if (field->b < 0 || a.state != CGW_OK)
		return a;
	b = metric_rate(frame, (enum cgw_metric)field->b, group, false);
	return b.state == CGW_OK ? real(a.real + b.real) : b;
}

/* In ns per second: growth of A that is not that of B. They are not read at the same time. */
static struct cgw_value difference_of_rates(const struct cgw_frame *frame,
					    const struct derived_field *field, uint32_t group)
{
	struct cgw_value a = metric_rate(frame, (enum cgw_metric)field->a, group, false), b;

	if (field->b < 0 || a.state != CGW_OK)
		return a;
	b = metric_rate(frame, (enum cgw_metric)field->b, group, false);
	return b.state == CGW_OK ? real(b.real < a.real ? a.real - b.real : 0) : b;
}

/* How many threads there were in between is not known. */
static struct cgw_value thread_time(const struct cgw_frame *frame,
				    const struct derived_field *field, uint32_t group)
{
	struct cgw_number now =
		cgw_snapshot_number(frame->now, (enum cgw_metric)field->limit, group);
	struct cgw_number before = old_number(frame, (enum cgw_metric)field->limit, group);
	struct cgw_value ns_per_s = difference_of_rates(frame, field, group);
	double threads = ((double)now.value + (double)before.value) / 2;

	if (ns_per_s.state != CGW_OK)
		return ns_per_s;
	if (!has_number(now) || before.state != CGW_OK)
		return none(has_number(now) ? before.state : now.state);
	return threads > 0 ? real(ns_per_s.real / 1e7 / threads) : none(CGW_ABSENT);
}

/* The amount of a group, before it is divided by a limit. */
static struct cgw_value amount(const struct cgw_frame *frame, const struct derived_field *field,
			       uint32_t group)
{
	enum cgw_metric a = (enum cgw_metric)field->a;
	struct cgw_value value;

	switch (field->operation) {
	case OPERATION_RATE:
		return sum_of_rates(frame, field, group);
	case OPERATION_GROWTH:
		return metric_rate(frame, a, group, true);
	case OPERATION_CPU_RATE:
	case OPERATION_BUSY:
		value = metric_rate(frame, a, group, false);
		value.real /= 1e7; /* ns per second to percent */
		return value;
	case OPERATION_THROTTLED:
		return throttled_own(frame, field, group);
	case OPERATION_DIFFERENCE:
	case OPERATION_USE:
		return difference(frame, field, group);
	case OPERATION_SUM:
		return sum(frame, field, group);
	case OPERATION_SHARE:
		return share(frame, field, group);
	case OPERATION_TIME_TO:
		return time_to_limit(frame, field, group);
	case OPERATION_CPU_USE:
		return metric_rate(frame, a, group, false);
	case OPERATION_THREAD_TIME:
		return thread_time(frame, field, group);
	}
	return none(CGW_ABSENT);
}

static bool is_share(const struct derived_field *field)
{
	return field->operation == OPERATION_USE || field->operation == OPERATION_CPU_USE;
}

static struct cgw_value derive(const struct cgw_frame *frame, const struct derived_field *field,
			       uint32_t group)
{
	struct cgw_value value;
	uint32_t by;

	if (field->operation == OPERATION_THROTTLED)
		return throttled(frame, field, group, &by);
	value = amount(frame, field, group);
	return is_share(field) ? percent(value, whole_of(frame, field, group)) : value;
}

/* Subtracts the values of the children; unknown ones count as zero. */
static struct cgw_value derive_own(const struct cgw_frame *frame, const struct derived_field *field,
				   uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	struct cgw_value value = amount(frame, field, group);
	uint32_t end = group + topology->below[group] + 1;

	if (value.state != CGW_OK || field->operation == OPERATION_THROTTLED)
		return value;
	for (uint32_t child = group + 1; child < end; child += topology->below[child] + 1) {
		struct cgw_value part = amount(frame, field, child);

		if (part.state == CGW_OK)
			value.real -= part.real;
	}
	/* Groups are read one after the other, so the difference may be negative. */
	if (value.real < 0 && field->operation != OPERATION_GROWTH)
		value.real = 0;
	value.number = value.exact ? (uint64_t)value.real : 0;
	return is_share(field) ? percent(value, whole_of(frame, field, group)) : value;
}

static struct cgw_value identity(const struct cgw_frame *frame, enum field_identity which,
				 uint32_t group)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	struct cgw_number number = {topology->depth[group], CGW_OK};

	if (which == IDENTITY_DEPTH)
		return exact(number);
	for (uint32_t h = 0; which == IDENTITY_ID && h < topology->hierarchy_count; h++)
		if (topology->id[h][group] != 0) {
			number.value = topology->id[h][group];
			return exact(number);
		}
	return none(CGW_ABSENT);
}

static struct cgw_number find_instance(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				       uint32_t group, const char *name)
{
	size_t count;
	const struct cgw_instance *instances =
		cgw_snapshot_instances(snapshot, metric, group, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(instances[i].name, name) == 0)
			return instances[i].number;
	return (struct cgw_number){0, CGW_ABSENT};
}

/* "sda newkey" is newkey on the device sda. */
static const char *key_of_instance(enum cgw_metric metric, const char *name)
{
	bool nested = source_nests_other(metric_keyed_source(metric));

	return nested && strrchr(name, ' ') != NULL ? strrchr(name, ' ') + 1 : name;
}

/* The sum over devices. */
static struct cgw_number sum_key(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				 uint32_t group, const char *key)
{
	struct cgw_number sum = {0, CGW_ABSENT};
	size_t count;
	const struct cgw_instance *instances =
		cgw_snapshot_instances(snapshot, metric, group, &count);

	for (size_t i = 0; i < count; i++) {
		struct cgw_number number = instances[i].number;

		if (strcmp(key_of_instance(metric, instances[i].name), key) != 0)
			continue;
		if (sum.state != CGW_OK || number.state != CGW_OK)
			sum = sum.state == CGW_ABSENT || number.state != CGW_OK ? number : sum;
		else
			sum = number.value > UINT64_MAX - sum.value
				      ? (struct cgw_number){0, CGW_BAD}
				      : (struct cgw_number){sum.value + number.value, CGW_OK};
	}
	return sum;
}

/* A file without the key has no instance; one that cannot be read has a state. */
static struct cgw_number key_number(const struct cgw_snapshot *snapshot, struct cgw_field field,
				    uint32_t group)
{
	enum cgw_metric metric = (enum cgw_metric)field.index;
	struct cgw_number all = cgw_snapshot_number(snapshot, metric, group);
	struct cgw_number number = sum_key(snapshot, metric, group, field.instance);

	return number.state != CGW_ABSENT || has_number(all) ? number
							     : (struct cgw_number){0, all.state};
}

static struct cgw_value key_value(const struct cgw_frame *frame, struct cgw_field field,
				  uint32_t group)
{
	uint32_t old = frame->before != NULL ? frame->previous[group] : CGW_NO_GROUP;
	struct cgw_number now = key_number(frame->now, field, group);

	if (field.view == CGW_VIEW_VALUE)
		return exact(now);
	return rate_of(frame, group, now,
		       old != CGW_NO_GROUP ? key_number(frame->before, field, old)
					   : (struct cgw_number){0, CGW_WARMUP},
		       false);
}

struct cgw_value cgw_frame_value(const struct cgw_frame *frame, struct cgw_field field,
				 uint32_t group)
{
	enum cgw_metric metric = (enum cgw_metric)field.index;
	struct cgw_value value;
	int limit;
	uint32_t by;

	if (!frame_has(frame, group) || !field_has_row(field))
		return none(CGW_ABSENT);
	if (field.instance[0] != '\0')
		return key_value(frame, field, group);
	switch (field.view) {
	case CGW_VIEW_VALUE:
		return exact(cgw_snapshot_number(frame->now, metric, group));
	case CGW_VIEW_RATE:
		return metric_rate(frame, metric, group, false);
	case CGW_VIEW_OWN:
		return own(frame, metric, group);
	case CGW_VIEW_EFFECTIVE:
		return exact(cgw_frame_effective(frame, metric, group, &by));
	case CGW_VIEW_PERCENT:
		limit = cgw_metric_info(metric)->limited_by;
		if (limit < 0)
			return none(CGW_ABSENT);
		value = exact(cgw_snapshot_number(frame->now, metric, group));
		return percent(value,
			       cgw_frame_effective(frame, (enum cgw_metric)limit, group, &by));
	case CGW_VIEW_DERIVED:
		return derive(frame, field_derived(field.index), group);
	case CGW_VIEW_DERIVED_OWN:
		return derive_own(frame, field_derived(field.index), group);
	case CGW_VIEW_IDENTITY:
		return identity(frame, (enum field_identity)field.index, group);
	case CGW_VIEW_EFFECTIVE_BY:
	case CGW_VIEW_DERIVED_BY:
		break;
	}
	return none(CGW_ABSENT);
}

static struct cgw_value instance_rate(const struct cgw_frame *frame, enum cgw_metric metric,
				      uint32_t group, const char *name)
{
	uint32_t old = frame->before != NULL ? frame->previous[group] : CGW_NO_GROUP;
	struct cgw_number before = {0, CGW_WARMUP};

	if (old != CGW_NO_GROUP)
		before = find_instance(frame->before, metric, old, name);
	/* The kernel lists a device after its first IO: before that its count is zero. */
	if (old != CGW_NO_GROUP && before.state == CGW_ABSENT)
		before = (struct cgw_number){0, CGW_OK};
	return rate_of(frame, group, find_instance(frame->now, metric, group, name), before, false);
}

struct cgw_value cgw_frame_instance(const struct cgw_frame *frame, struct cgw_field field,
				    uint32_t group, const char *name)
{
	const struct cgw_topology *topology;
	const struct derived_field *derived;
	struct cgw_number tightest = {0, CGW_MAX};
	struct cgw_value a, b;

	if (field.shape != CGW_INSTANCES || name == NULL || !frame_has(frame, group) ||
	    !field_is_valid(field))
		return none(CGW_ABSENT);
	topology = cgw_snapshot_topology(frame->now);
	switch (field.view) {
	case CGW_VIEW_VALUE:
		return exact(find_instance(frame->now, (enum cgw_metric)field.index, group, name));
	case CGW_VIEW_RATE:
		return instance_rate(frame, (enum cgw_metric)field.index, group, name);
	case CGW_VIEW_EFFECTIVE:
		for (uint32_t each = group; each != CGW_NO_GROUP; each = topology->parent[each]) {
			struct cgw_number number =
				find_instance(frame->now, (enum cgw_metric)field.index, each, name);

			if (number.state == CGW_OK &&
			    (tightest.state != CGW_OK || number.value < tightest.value))
				tightest = number;
		}
		return exact(tightest);
	case CGW_VIEW_DERIVED:
		derived = field_derived(field.index);
		a = instance_rate(frame, (enum cgw_metric)derived->a, group, name);
		if (derived->operation == OPERATION_BUSY)
			a.real /= 1e7; /* as in amount() */
		if (derived->b < 0 || a.state != CGW_OK)
			return a;
		b = instance_rate(frame, (enum cgw_metric)derived->b, group, name);
		return b.state == CGW_OK ? real(a.real + b.real) : b;
	case CGW_VIEW_OWN:
	case CGW_VIEW_DERIVED_OWN:
	case CGW_VIEW_PERCENT:
	case CGW_VIEW_EFFECTIVE_BY:
	case CGW_VIEW_DERIVED_BY:
	case CGW_VIEW_IDENTITY:
		break;
	}
	return none(CGW_ABSENT);
}
