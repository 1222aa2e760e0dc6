/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metric-history.c - all numeric fields of one group, once per second, since it was opened. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "tui/detail/metric-history.h"

void metric_history_done(struct metric_history *history)
{
	free(history->fields);
	free(history->values);
	*history = (struct metric_history){0};
}

/* A graph of a counter would only rise: its rate shows when it did. */
static struct cgw_field recorded_field(struct cgw_field field)
{
	char key[112];
	struct cgw_field rate;
	size_t length = cgw_field_key(field, key, sizeof(key) - 8);

	if (field.view != CGW_VIEW_VALUE || length >= sizeof(key) - 8 ||
	    cgw_metric_info((enum cgw_metric)field.index)->kind != CGW_COUNTER)
		return field;
	snprintf(key + length, sizeof(key) - length, ".rate");
	return cgw_field_parse(key, &rate, NULL) == 0 ? rate : field;
}

static int list_fields(struct metric_history *history)
{
	struct cgw_field field;
	size_t total = 0;

	while (cgw_field_nth(total, &field) == 0)
		total++;
	history->fields = calloc(total + 1, sizeof(*history->fields));
	for (size_t i = 0; history->fields != NULL && i < total; i++) {
		(void)cgw_field_nth(i, &field);
		if (field.shape != CGW_STRING && field.view != CGW_VIEW_IDENTITY)
			history->fields[history->field_count++] = recorded_field(field);
	}
	history->values = calloc(METRIC_HISTORY_SECONDS * (history->field_count + 1),
				 sizeof(*history->values));
	if (history->fields != NULL && history->values != NULL)
		return 0;
	metric_history_done(history);
	return -1;
}

static float *row_of(const struct metric_history *history, uint64_t second)
{
	return &history->values[second % METRIC_HISTORY_SECONDS * history->field_count];
}

void metric_history_push(struct metric_history *history, const struct cgw_frame *frame,
			 uint32_t group)
{
	uint64_t now_s = cgw_snapshot_monotonic_ns(cgw_frame_now(frame)) / NS_PER_S;
	uint64_t from_s;

	if (group == CGW_NO_GROUP || (history->fields == NULL && list_fields(history) < 0))
		return;
	/* A jump in a recording, or a long pause, starts it again. */
	if (history->seconds > 0 &&
	    (now_s < history->now_s || now_s - history->now_s >= METRIC_HISTORY_SECONDS))
		history->seconds = 0;
	from_s = history->seconds > 0 && history->now_s < now_s ? history->now_s + 1 : now_s;
	for (size_t i = 0; i < history->field_count; i++) {
		struct cgw_value value = cgw_frame_value(frame, history->fields[i], group);

		for (uint64_t second = from_s; second <= now_s; second++)
			row_of(history, second)[i] =
				value.state == CGW_OK ? (float)value.real : NAN;
	}
	history->seconds += history->seconds == 0 ? 1 : (unsigned)(now_s - history->now_s);
	if (history->seconds > METRIC_HISTORY_SECONDS)
		history->seconds = METRIC_HISTORY_SECONDS;
	history->now_s = now_s;
}

int metric_history_find(const struct metric_history *history, const char *key)
{
	struct cgw_field field;

	if (history->fields == NULL || cgw_field_parse(key, &field, NULL) < 0)
		return -1;
	field = recorded_field(field);
	for (size_t i = 0; i < history->field_count; i++)
		if (cgw_field_equal(history->fields[i], field))
			return (int)i;
	return -1;
}

void metric_history_read(const struct metric_history *history, int field, unsigned step_s,
			 double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t back = (count - 1 - i) * step_s; /* of the newest second of this value */
		double sum = 0;
		unsigned known = 0;

		for (size_t s = back; s < back + step_s && s < history->seconds; s++) {
			double value = (double)row_of(history, history->now_s - s)[field];

			known += isnan(value) ? 0U : 1U;
			sum += isnan(value) ? 0 : value;
		}
		values[i] = known > 0 ? sum / known : NAN;
	}
}
