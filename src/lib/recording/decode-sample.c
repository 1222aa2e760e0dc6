/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decode-sample.c - decoding of samples; columns are in decode-column.c. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/recording/sample-code.h"
#include "lib/sample/system-stat.h"

/* Of all layouts in a recording; each has about 1 KiB. */
#define LAYOUT_BYTES_MAX ((size_t)16 << 20)

void decoder_reset(struct decoder *decoder)
{
	decoder->last = cgw_snapshot_unref(decoder->last);
	event_list_clear(&decoder->events);
}

void decoder_done(struct decoder *decoder)
{
	decoder_reset(decoder);
	topology_unref(decoder->topology);
	event_list_done(&decoder->events);
	free(decoder->facts.at);
	free(decoder->facts.text);
	snapshot_pool_free(decoder->pool);
	*decoder = (struct decoder){0};
}

void layout_list_done(struct layout_list *list)
{
	while (list->first != NULL) {
		struct known_layout *next = list->first->next;

		cgw_layout_free(list->first->layout);
		free(list->first);
		list->first = next;
	}
}

/* Finds the layout by its bytes among those decoded before, or decodes it. */
static int find_layout(struct decoder *decoder, struct cursor *in)
{
	size_t length = cursor_count(in);
	const uint8_t *bytes = cursor_read(in, length);
	struct known_layout *known;
	struct cursor inner;
	int r;

	if (bytes == NULL)
		return -EBADMSG;
	for (known = decoder->layouts->first; known != NULL; known = known->next)
		if (known->length == length && memcmp(known->bytes, bytes, length) == 0) {
			decoder->layout = known->layout;
			return 0;
		}
	if (decoder->layouts->bytes + length > LAYOUT_BYTES_MAX)
		return -EBADMSG;
	known = calloc(1, sizeof(*known) + length);
	if (known == NULL)
		return -ENOMEM;
	inner = (struct cursor){bytes, bytes + length, false};
	r = layout_decode(&inner, &known->layout);
	if (r < 0) {
		free(known);
		return r;
	}
	memcpy(known->bytes, bytes, length);
	known->length = length;
	known->next = decoder->layouts->first;
	decoder->layouts->first = known;
	decoder->layouts->bytes += length;
	decoder->layout = known->layout;
	return 0;
}

static bool text_is(const char *text, size_t length, const char *expected)
{
	return expected == NULL ? length == 0
				: strlen(expected) == length && memcmp(text, expected, length) == 0;
}

/* The matching source of the metric table; NULL if this version does not have it. */
static const struct cgw_source *decode_source(struct cursor *in, const struct cgw_metric_info *info)
{
	size_t controller_length, file_length, key_length;
	uint64_t version = cursor_number(in);
	const char *controller = cursor_text(in, &controller_length);
	const char *file = cursor_text(in, &file_length);
	const char *key = cursor_text(in, &key_length);

	for (size_t i = 0; info != NULL && i < info->source_count; i++) {
		const struct cgw_source *source = &info->sources[i];
		const char *name =
			source->controller == CGW_CORE
				? ""
				: cgw_controller_name((enum cgw_controller)source->controller, 2);

		if (source->version == version && text_is(controller, controller_length, name) &&
		    text_is(file, file_length, source->file) &&
		    text_is(key, key_length, source->key))
			return source;
	}
	return NULL;
}

static int find_metric(const char *key, size_t length)
{
	char name[128];

	if (length >= sizeof(name))
		return -ENOENT;
	memcpy(name, key, length);
	name[length] = '\0';
	return cgw_metric_find(name);
}

/* Maps the columns of the file to metrics; skips those that are unknown or not selected. */
static int decode_columns(struct decoder *decoder, struct cursor *in)
{
	size_t length = cursor_count(in);
	const uint8_t *bytes = cursor_read(in, length);
	struct cursor inner = {bytes, bytes != NULL ? bytes + length : NULL, bytes == NULL};
	size_t count = cursor_count(&inner);

	if (count > ARRAY_SIZE(decoder->metric_of))
		return -EBADMSG;
	decoder->metrics = (struct cgw_metric_set){0};
	memset(decoder->source, 0, sizeof(decoder->source));
	for (size_t i = 0; i < count; i++) {
		size_t key_length;
		const char *key = cursor_text(&inner, &key_length);
		uint64_t shape = cursor_number(&inner);
		int metric = find_metric(key, key_length);
		const struct cgw_source *source = NULL;

		if (metric >= 0 && (cgw_metric_info((enum cgw_metric)metric)->shape != shape ||
				    cgw_metric_set_has(&decoder->metrics, (enum cgw_metric)metric)))
			metric = -1;
		if (cursor_number(&inner) != 0)
			source = decode_source(
				&inner,
				metric < 0 ? NULL : cgw_metric_info((enum cgw_metric)metric));
		if (metric >= 0 && decoder->selective &&
		    !cgw_metric_set_has(&decoder->selected, (enum cgw_metric)metric))
			metric = -1;
		decoder->metric_of[i] = (int16_t)(metric < 0 ? -1 : metric);
		if (metric < 0)
			continue;
		cgw_metric_set_add(&decoder->metrics, (enum cgw_metric)metric);
		decoder->source[metric] = source;
	}
	decoder->column_count = count;
	return inner.failed ? -EBADMSG : 0;
}

static int decode_key_parts(struct decoder *decoder, struct cursor *in, uint32_t *ret_hierarchies)
{
	uint64_t interval_ns = cursor_number(in), hierarchies;
	size_t length;
	const char *host = cursor_text(in, &length);
	int r;

	if (length >= sizeof(decoder->host))
		length = sizeof(decoder->host) - 1;
	memcpy(decoder->host, host, length);
	decoder->host[length] = '\0';
	decoder->interval_ns = interval_ns;
	hierarchies = cursor_number(in);
	if (in->failed || hierarchies > CGW_HIERARCHY_MAX)
		return -EBADMSG;
	r = find_layout(decoder, in);
	/* Callers look up a topology's hierarchies in its layout, so the counts must match. */
	if (r == 0 && decoder->layout->hierarchy_count != hierarchies &&
	    decoder->layout->hierarchy_count != 0)
		r = -EBADMSG;
	*ret_hierarchies = (uint32_t)hierarchies;
	return r < 0 ? r : decode_columns(decoder, in);
}

static void decode_read_times(struct cursor *in, struct cgw_snapshot *now)
{
	uint64_t last = now->monotonic_ns;

	for (uint32_t i = 0; i < now->topology->view.count; i++) {
		last += unzigzag(cursor_number(in));
		now->read_ns[i] = last;
	}
}

/* In the order of system_to_numbers(). */
static void system_from_numbers(const struct cgw_number *numbers, size_t count,
				struct cgw_system_stat *ret_system)
{
	const struct system_stat_field *field;
	size_t at = 1;

	*ret_system = (struct cgw_system_stat){0};
	if (count > 0)
		ret_system->cpu_count = (unsigned)numbers[0].value;
	for (size_t i = 0; (field = system_stat_field(i)) != NULL && at + field->count <= count;
	     i++) {
		memcpy((char *)ret_system + field->offset, &numbers[at],
		       field->count * sizeof(*numbers));
		at += field->count;
	}
}

static void decode_system(struct cursor *in, const struct cgw_snapshot *before,
			  struct cgw_system_stat *ret_system)
{
	struct cgw_number numbers[SYSTEM_NUMBER_MAX] = {0};
	size_t count = cursor_count(in);

	if (before != NULL)
		system_to_numbers(&before->machine, numbers);
	for (size_t i = 0; i < count; i++) {
		uint64_t state = cursor_number(in), step = unzigzag(cursor_number(in));

		if (i >= SYSTEM_NUMBER_MAX)
			continue;
		numbers[i].state = state < CGW_STATE_COUNT ? (enum cgw_state)state : CGW_ABSENT;
		numbers[i].value += step;
	}
	system_from_numbers(numbers, count < SYSTEM_NUMBER_MAX ? count : SYSTEM_NUMBER_MAX,
			    ret_system);
}

static int decode_all_columns(struct decoder *decoder, struct cursor *in, struct cgw_snapshot *now,
			      const struct cgw_snapshot *before, const uint32_t *previous)
{
	struct column_target target = {.now = now, .before = before, .previous = previous};

	for (size_t i = 0; i < decoder->column_count; i++) {
		size_t length = cursor_count(in);
		const uint8_t *bytes = cursor_read(in, length);
		struct cursor inner = {bytes, bytes != NULL ? bytes + length : NULL, false};
		int r;

		if (bytes == NULL)
			return -EBADMSG;
		if (decoder->metric_of[i] < 0)
			continue;
		target.column = now->column_of[decoder->metric_of[i]];
		r = column_decode(&target, &inner);
		if (r < 0)
			return r;
	}
	return snapshot_finish(now);
}

/* Maps the name to a constant, because a snapshot does not own its collector's name. */
static const char *decode_collector(struct cursor *in)
{
	static const char *const names[] = {"files", "bpf"};
	size_t length;
	const char *name = cursor_text(in, &length);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_is(name, length, names[i]))
			return names[i];
	return "recorded";
}

/* Decodes the sections after the topology. */
static int decode_values(struct decoder *decoder, struct cursor *in, struct cgw_snapshot *now,
			 const uint32_t *previous)
{
	const struct cgw_snapshot *before = decoder->last;
	int r;

	memcpy(now->source, decoder->source, sizeof(now->source));
	decode_read_times(in, now);
	decode_system(in, before, &now->machine);
	r = decode_all_columns(decoder, in, now, before, previous);
	if (r == 0)
		r = events_decode(in, now->realtime_ns, &decoder->events);
	return r == 0 && in->failed ? -EBADMSG : r;
}

static bool same_groups(const struct cgw_topology *a, const struct cgw_topology *b)
{
	size_t count = a->count;

	if (a->count != b->count || a->hierarchy_count != b->hierarchy_count ||
	    a->layout != b->layout || memcmp(a->depth, b->depth, count * sizeof(*a->depth)) != 0 ||
	    memcmp(a->present, b->present, count * sizeof(*a->present)) != 0)
		return false;
	for (uint32_t h = 0; h < a->hierarchy_count; h++)
		if (memcmp(a->id[h], b->id[h], count * sizeof(*a->id[h])) != 0)
			return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(a->name[i], b->name[i]) != 0)
			return false;
	return true;
}

/*
 * The decoder takes ownership of the topology. A key lists all groups again; if they are those of
 * the previous sample, both samples share one topology, as live samples do.
 */
static void set_topology(struct decoder *decoder, struct topology *topology)
{
	if (topology != decoder->topology)
		topology->view.layout = decoder->layout;
	if (decoder->topology != NULL && topology != decoder->topology &&
	    same_groups(&topology->view, &decoder->topology->view)) {
		topology_unref(topology);
		return;
	}
	topology_unref(decoder->topology);
	decoder->topology = topology;
}

static int decode(struct decoder *decoder, bool key, const struct sample_times *times,
		  struct cursor *in, struct cgw_snapshot **ret_now)
{
	CLEANUP(cleanup_free) uint32_t *previous = NULL;
	struct topology *old = decoder->last != NULL ? decoder->last->topology : NULL;
	uint32_t hierarchies = old != NULL ? old->view.hierarchy_count : 0;
	uint64_t monotonic_ns = cursor_number(in), cost_ns = cursor_number(in);
	const char *collector = decode_collector(in);
	struct cgw_snapshot *now = NULL;
	struct topology *topology;
	int r = key ? decode_key_parts(decoder, in, &hierarchies) : 0;

	if (r == 0)
		r = topology_decode(in, &decoder->limits, old, hierarchies, &decoder->facts,
				    &topology, &previous);
	if (r < 0)
		return r;
	set_topology(decoder, topology);
	r = snapshot_begin_unset(decoder->pool, decoder->topology, &decoder->metrics, &now);
	if (r < 0)
		return r;
	now->monotonic_ns = monotonic_ns;
	now->boottime_ns = times->boottime_ns;
	now->realtime_ns = times->realtime_ns;
	now->cost_ns = cost_ns;
	now->collector = collector;
	r = decode_values(decoder, in, now, previous);
	if (r < 0)
		cgw_snapshot_unref(now);
	else
		*ret_now = now;
	return r;
}

int sample_decode(struct decoder *decoder, bool key, const struct sample_times *times,
		  struct cursor *in)
{
	struct cgw_snapshot *now = NULL;
	int r = 0;

	event_list_clear(&decoder->events);
	if (key)
		decoder->last = cgw_snapshot_unref(decoder->last);
	else if (decoder->last == NULL)
		return -EBADMSG;
	if (decoder->pool == NULL)
		r = snapshot_pool_new(&decoder->pool);
	if (r == 0)
		r = decode(decoder, key, times, in, &now);
	cgw_snapshot_unref(decoder->last);
	decoder->last = now;
	if (r < 0)
		event_list_clear(&decoder->events);
	return r;
}
