/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cause-list.c - what the parts of an explanation read, and the causes that they add. */
#include <math.h>
#include <stdio.h>

#include "lib/inspect/causes.h"

struct cgw_cause *causes_add(struct explanation *explanation, enum cgw_cause_kind kind, uint32_t by)
{
	struct cgw_cause *cause;

	if (explanation->count == CGW_CAUSE_MAX)
		return NULL;
	cause = &explanation->causes[explanation->count++];
	*cause = (struct cgw_cause){.kind = kind, .group = by, .limit = -1};
	return cause;
}

struct cgw_number causes_number(const struct explanation *explanation, enum cgw_metric metric,
				uint32_t group)
{
	return cgw_snapshot_number(explanation->now, metric, group);
}

/* The increase of a counter since the previous sample; 0 without one, or if the group is new. */
double causes_growth(const struct explanation *explanation, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_snapshot *before = cgw_frame_before(explanation->frame);
	uint32_t old =
		before != NULL ? cgw_frame_previous(explanation->frame, group) : CGW_NO_GROUP;
	struct cgw_number now, then;

	if (old == CGW_NO_GROUP || cgw_frame_flags(explanation->frame, group) != 0)
		return 0;
	now = causes_number(explanation, metric, group);
	then = cgw_snapshot_number(before, metric, old);
	if (now.state != CGW_OK || then.state != CGW_OK || now.value < then.value)
		return 0;
	return (double)(now.value - then.value);
}

double causes_rate(const struct explanation *explanation, enum cgw_metric metric, uint32_t group)
{
	double seconds = cgw_frame_seconds(explanation->frame);

	return seconds > 0 ? causes_growth(explanation, metric, group) / seconds : 0;
}

void causes_propose(struct cgw_cause *cause, enum cgw_metric metric, double value, const char *unit)
{
	snprintf(cause->key, sizeof(cause->key), "%s", cgw_metric_info(metric)->key);
	snprintf(cause->value, sizeof(cause->value), "%.0f%s", value, unit);
}

double causes_more_than(double limit, double use, double unit)
{
	double base = fmax(limit, use) / unit;

	return fmax(ceil(base * 1.5), floor(base) + 1);
}
