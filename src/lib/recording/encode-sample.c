/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* encode-sample.c - encoding of samples; columns are in encode-column.c. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/recording/sample-code.h"
#include "lib/sample/system-stat.h"

/* The order of the system-wide values. */
size_t system_to_numbers(const struct cgw_system_stat *system, struct cgw_number *numbers)
{
	const struct system_stat_field *field;
	size_t count = 0;

	numbers[count++] = (struct cgw_number){system->cpu_count, CGW_OK};
	for (size_t i = 0; (field = system_stat_field(i)) != NULL; i++) {
		memcpy(&numbers[count], (const char *)system + field->offset,
		       field->count * sizeof(*numbers));
		count += field->count;
	}
	return count;
}

void encoder_done(struct encoder *encoder)
{
	bytes_done(&encoder->layout);
	bytes_done(&encoder->columns);
	bytes_done(&encoder->part);
	free(encoder->old_values);
	free(encoder->old_states);
	free(encoder->previous);
	*encoder = (struct encoder){.options = encoder->options};
}

bool sample_can_be_delta(const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame), *before = cgw_frame_before(frame);

	return before != NULL &&
	       memcmp(&now->metrics, &before->metrics, sizeof(now->metrics)) == 0 &&
	       memcmp(now->source, before->source, sizeof(now->source)) == 0 &&
	       now->topology->view.hierarchy_count == before->topology->view.hierarchy_count &&
	       now->topology->view.layout == before->topology->view.layout;
}

static int reserve_groups(struct encoder *encoder, size_t count)
{
	int r = ARRAY_RESERVE(encoder->old_values, encoder->value_size, count);

	if (r == 0)
		r = ARRAY_RESERVE(encoder->old_states, encoder->state_size, count);
	return r < 0 ? r : ARRAY_RESERVE(encoder->previous, encoder->previous_size, count);
}

/* A group that was recreated, or exists in other hierarchies, is encoded as new. */
static void map_groups(struct encoder *encoder, const struct cgw_frame *frame, bool key)
{
	uint32_t count = cgw_snapshot_topology(cgw_frame_now(frame))->count;

	for (uint32_t i = 0; i < count; i++)
		encoder->previous[i] = key || cgw_frame_flags(frame, i) != 0
					       ? CGW_NO_GROUP
					       : cgw_frame_previous(frame, i);
}

static void encode_columns_list(const struct cgw_snapshot *now, struct bytes *out)
{
	bytes_put_number(out, now->column_count);
	for (size_t i = 0; i < now->column_count; i++) {
		enum cgw_metric metric = now->metric_of[i];
		const struct cgw_metric_info *info = cgw_metric_info(metric);
		const struct cgw_source *source = now->source[metric];

		bytes_put_text(out, info->key);
		bytes_put_number(out, info->shape);
		bytes_put_number(out, source != NULL);
		if (source == NULL)
			continue;
		bytes_put_number(out, source->version);
		bytes_put_text(out, source->controller == CGW_CORE
					    ? ""
					    : cgw_controller_name(
						      (enum cgw_controller)source->controller, 2));
		bytes_put_text(out, source->file);
		bytes_put_text(out, source->key);
	}
}

static void encode_key_parts(struct encoder *encoder, const struct cgw_snapshot *now,
			     struct bytes *out)
{
	const struct cgw_recorder_options *options = encoder->options;

	bytes_put_number(out, options->interval_ns);
	bytes_put_text(out, options->host);
	bytes_put_number(out, now->topology->view.hierarchy_count);
	encoder->layout.length = 0;
	layout_encode(now->topology->view.layout, &encoder->layout);
	bytes_put_number(out, encoder->layout.length);
	bytes_put(out, encoder->layout.data, encoder->layout.length);
	encoder->columns.length = 0;
	encode_columns_list(now, &encoder->columns);
	bytes_put_number(out, encoder->columns.length);
	bytes_put(out, encoder->columns.data, encoder->columns.length);
	out->failed |= encoder->layout.failed || encoder->columns.failed;
}

static void put_op(struct bytes *out, enum topology_op op, uint32_t count)
{
	if (count > 0)
		bytes_put_number(out, (uint64_t)count << 2 | op);
}

static void put_group(struct encoder *encoder, const struct cgw_topology *topology, uint32_t group,
		      uint64_t *last_id, struct bytes *out)
{
	const struct cgw_recorder_options *options = encoder->options;
	char facts[1024];
	size_t length = 0;

	bytes_put_number(out, topology->depth[group]);
	bytes_put_text(out, topology->name[group]);
	bytes_put_number(out, topology->present[group]);
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->present[group] & UINT32_C(1) << h) {
			bytes_put_number(out, zigzag(topology->id[h][group] - last_id[h]));
			last_id[h] = topology->id[h][group];
		}
	if (options->facts != NULL)
		length = options->facts(options->facts_context, topology, group, facts,
					sizeof(facts));
	if (length >= sizeof(facts))
		length = 0;
	bytes_put_number(out, length);
	bytes_put(out, facts, length);
}

/* Operations that turn the old list of groups into the new one, for runs of groups. */
static void encode_topology(struct encoder *encoder, const struct cgw_snapshot *now,
			    const struct cgw_snapshot *before, struct bytes *out)
{
	const struct cgw_topology *topology = &now->topology->view;
	uint64_t last_id[CGW_HIERARCHY_MAX] = {0};
	uint32_t old = 0, i = 0;

	if (before != NULL && now->topology == before->topology) {
		bytes_put_number(out, TOPOLOGY_END);
		return;
	}
	while (i < topology->count) {
		uint32_t first = i;

		if (encoder->previous[i] == CGW_NO_GROUP) {
			while (i < topology->count && encoder->previous[i] == CGW_NO_GROUP)
				i++;
			put_op(out, TOPOLOGY_INSERT, i - first);
			for (uint32_t group = first; group < i; group++)
				put_group(encoder, topology, group, last_id, out);
			continue;
		}
		put_op(out, TOPOLOGY_DROP, encoder->previous[i] - old);
		old = encoder->previous[i];
		while (i < topology->count && encoder->previous[i] == old) {
			i++;
			old++;
		}
		put_op(out, TOPOLOGY_KEEP, i - first);
	}
	if (before != NULL)
		put_op(out, TOPOLOGY_DROP, before->topology->view.count - old);
	bytes_put_number(out, TOPOLOGY_END);
}

/* Groups are read one after another, so the step from each to the next varies least. */
static void encode_read_times(const struct cgw_snapshot *now, struct bytes *out)
{
	uint64_t last = now->monotonic_ns;
	uint8_t *to = bytes_reserve(out, now->topology->view.count * (size_t)NUMBER_BYTES_MAX);
	uint8_t *at = to;

	if (to == NULL)
		return;
	for (uint32_t i = 0; i < now->topology->view.count; i++) {
		at = store_number(at, zigzag(now->read_ns[i] - last));
		last = now->read_ns[i];
	}
	out->length += (size_t)(at - to);
}

static void encode_system(const struct cgw_snapshot *now, const struct cgw_snapshot *before,
			  struct bytes *out)
{
	struct cgw_number numbers[SYSTEM_NUMBER_MAX], old[SYSTEM_NUMBER_MAX] = {0};
	size_t count = system_to_numbers(&now->machine, numbers);

	if (before != NULL)
		system_to_numbers(&before->machine, old);
	bytes_put_number(out, count);
	for (size_t i = 0; i < count; i++) {
		bytes_put_number(out, numbers[i].state);
		bytes_put_number(out, zigzag(numbers[i].value - old[i].value));
	}
}

static void encode_columns(struct encoder *encoder, const struct cgw_snapshot *now,
			   const struct cgw_snapshot *before, struct bytes *out)
{
	struct column_delta delta = {
		.now = now,
		.before = before,
		.previous = encoder->previous,
		.count = now->topology->view.count,
		.old_values = encoder->old_values,
		.old_states = encoder->old_states,
	};

	for (delta.column = 0; delta.column < now->column_count; delta.column++) {
		encoder->part.length = 0;
		column_encode(&delta, &encoder->part);
		bytes_put_number(out, encoder->part.length);
		bytes_put(out, encoder->part.data, encoder->part.length);
	}
	out->failed |= encoder->part.failed;
}

int sample_encode(struct encoder *encoder, const struct cgw_frame *frame, bool key,
		  const struct event_list *events, struct bytes *out)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_snapshot *before = key ? NULL : cgw_frame_before(frame);
	int r = reserve_groups(encoder, now->topology->view.count);

	if (r < 0)
		return r;
	map_groups(encoder, frame, key);
	out->length = 0;
	bytes_put_number(out, now->monotonic_ns);
	bytes_put_number(out, now->cost_ns);
	bytes_put_text(out, now->collector);
	if (key)
		encode_key_parts(encoder, now, out);
	encode_topology(encoder, now, before, out);
	encode_read_times(now, out);
	encode_system(now, before, out);
	encode_columns(encoder, now, before, out);
	events_encode(events, now->realtime_ns, out);
	if (!out->failed)
		return 0;
	bytes_done(out); /* clears `failed` */
	encoder_done(encoder);
	return -ENOMEM;
}
