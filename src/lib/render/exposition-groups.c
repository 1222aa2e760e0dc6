/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exposition-groups.c - groups and their fields as metric families.
 *
 * The labels of a group are formatted once and copied to each of its samples: ten thousand groups
 * have some hundred thousand samples.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/render/exposition-names.h"
#include "lib/render/exposition.h"

/* Longer paths and texts are omitted: every sample would repeat them. */
#define LABEL_MAX         1024
#define CALLER_LABELS_MAX 16

/* A group and its labels in the buffer: "{group=\"/a\"" without the closing brace. */
struct shown_group {
	uint32_t group;
	uint32_t length;
	size_t offset;
};

struct shown {
	struct shown_group *groups;
	size_t count;
	char *labels;
	size_t used, size;
};

static void cleanup_shown(struct shown *shown)
{
	free(shown->groups);
	free(shown->labels);
}

static size_t put_label_text(char *to, const char *text)
{
	size_t length = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			to[length++] = '\\';
		to[length++] = *text;
	}
	return length;
}

/* Escapes the text of a field; false if it is absent or too long for a label. */
static bool text_of(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
		    char escaped[LABEL_MAX])
{
	char raw[LABEL_MAX];
	enum cgw_state state;
	size_t length = cgw_frame_text(frame, field, group, raw, sizeof(raw), &state);
	char safe[4 * LABEL_MAX];

	if (state != CGW_OK || length == 0 || length >= sizeof(raw))
		return false;
	length = cgw_escape(safe, sizeof(safe), raw, length);
	if (length >= LABEL_MAX)
		return false;
	memcpy(escaped, safe, length + 1);
	return true;
}

static int add_shown(struct shown *shown, const struct cgw_frame *frame, struct cgw_field path,
		     uint32_t group)
{
	char text[LABEL_MAX];
	char *at;

	if (!text_of(frame, path, group, text))
		return 0;
	if (ARRAY_RESERVE(shown->labels, shown->size, shown->used + 2 * LABEL_MAX + 16) < 0)
		return -ENOMEM;
	at = shown->labels + shown->used;
	memcpy(at, "{group=\"", 8);
	at += 8;
	at += put_label_text(at, text);
	*at++ = '"';
	shown->groups[shown->count++] = (struct shown_group){
		.group = group,
		.length = (uint32_t)(at - (shown->labels + shown->used)),
		.offset = shown->used,
	};
	shown->used = (size_t)(at - shown->labels);
	return 0;
}

/*
 * The depth below which groups are omitted to stay within the maximum, and how many groups of that
 * depth fit. Ancestors are kept, because their values include those of their descendants.
 */
static uint32_t cut_depth(const struct cgw_exposition_group_filter *exposed, size_t *ret_space)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(exposed->frame));
	size_t space = exposed->groups_max;

	*ret_space = 0;
	if (space == 0 || exposed->group_count <= space)
		return UINT32_MAX;
	for (uint32_t depth = 0;; depth++) {
		size_t count = 0;

		for (size_t i = 0; i < exposed->group_count; i++)
			count += topology->depth[exposed->groups[i]] == depth;
		if (count > space) {
			*ret_space = space;
			return depth;
		}
		space -= count;
	}
}

static int select_groups(const struct cgw_exposition_group_filter *exposed, struct shown *shown)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(exposed->frame));
	struct cgw_field path;
	size_t space;
	uint32_t cut = cut_depth(exposed, &space);
	int r = cgw_field_parse("group", &path, NULL);

	shown->groups = calloc(exposed->group_count + 1, sizeof(*shown->groups));
	if (shown->groups == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < exposed->group_count && r == 0; i++) {
		uint32_t depth = topology->depth[exposed->groups[i]];

		if (depth > cut || (depth == cut && space == 0))
			continue;
		space -= depth == cut;
		r = add_shown(shown, exposed->frame, path, exposed->groups[i]);
	}
	return r;
}

static void put_suffixed(struct cgw_exposition *exposition, const char *suffix,
			 const struct shown *shown, size_t i)
{
	exposition_put_sample(exposition, suffix, shown->labels + shown->groups[i].offset,
			      shown->groups[i].length);
}

static void put_labels(struct cgw_exposition *exposition, const struct shown *shown, size_t i)
{
	put_suffixed(exposition, "", shown, i);
}

static void put_label(struct cgw_exposition *exposition, const char *name, const char *value)
{
	char text[2 * LABEL_MAX];

	exposition_put(exposition, ",", 1);
	exposition_put(exposition, name, strlen(name));
	exposition_put(exposition, "=\"", 2);
	exposition_put(exposition, text, put_label_text(text, value));
	exposition_put(exposition, "\"", 1);
}

static void put_value(struct cgw_exposition *exposition, struct cgw_value value, uint64_t divisor)
{
	exposition_put(exposition, "} ", 2);
	if (value.state == CGW_MAX)
		exposition_put(exposition, "+Inf", 4);
	else
		exposition_put_number(exposition, value.number, divisor);
	exposition_put(exposition, "\n", 1);
}

static bool has_value(struct cgw_value value)
{
	return value.state == CGW_MAX || (value.state == CGW_OK && value.exact);
}

static void put_instances(struct cgw_exposition *exposition, const struct cgw_frame *frame,
			  struct cgw_field field, const struct exposed_field *exposed,
			  const struct shown *shown, size_t i)
{
	size_t count;
	const struct cgw_instance *instances = cgw_snapshot_instances(
		cgw_frame_now(frame), (enum cgw_metric)field.index, shown->groups[i].group, &count);

	/* A system-wide value of the root is a total of all devices. */
	if (count == 0 && shown->groups[i].group == 0 &&
	    cgw_snapshot_is_system_wide(cgw_frame_now(frame), (enum cgw_metric)field.index)) {
		struct cgw_value value = cgw_frame_value(frame, field, 0);

		if (has_value(value)) {
			put_labels(exposition, shown, i);
			put_value(exposition, value, exposed->divisor);
		}
	}
	for (size_t j = 0; j < count; j++) {
		struct cgw_value value = {
			.state = instances[j].number.state,
			.exact = true,
			.number = instances[j].number.value,
		};
		char name[256];

		if (!has_value(value))
			continue;
		cgw_escape(name, sizeof(name), instances[j].name, strlen(instances[j].name));
		put_labels(exposition, shown, i);
		put_label(exposition, exposed->instance_label, name);
		put_value(exposition, value, exposed->divisor);
	}
}

/* The instances of a histogram are its buckets, in ascending order, and the sum. */
static void put_histogram(struct cgw_exposition *exposition, const struct cgw_frame *frame,
			  struct cgw_field field, const struct shown *shown, size_t i)
{
	size_t count;
	const struct cgw_instance *instances = cgw_snapshot_instances(
		cgw_frame_now(frame), (enum cgw_metric)field.index, shown->groups[i].group, &count);
	struct cgw_value value = cgw_frame_value(frame, field, shown->groups[i].group);

	if (!has_value(value) || count == 0)
		return;
	for (size_t j = 0; j < count; j++) {
		struct cgw_value part = {.number = instances[j].number.value};
		bool is_sum = strcmp(instances[j].name, "sum_ns") == 0;

		put_suffixed(exposition, is_sum ? "_sum" : "_bucket", shown, i);
		if (!is_sum)
			put_label(exposition, "le", instances[j].name);
		put_value(exposition, part, is_sum ? NS_PER_S : 1);
	}
	put_suffixed(exposition, "_count", shown, i);
	put_value(exposition, value, 1);
}

static void put_field(struct cgw_exposition *exposition, const struct cgw_frame *frame,
		      struct cgw_field field, const struct shown *shown)
{
	const struct exposed_field exposed = exposed_field(field);
	const struct cgw_family family = {
		exposed.name,
		exposed.unit,
		cgw_field_help(field),
		exposed.type,
	};
	char text[LABEL_MAX];

	cgw_exposition_family(exposition, &family);
	for (size_t i = 0; i < shown->count; i++) {
		uint32_t group = shown->groups[i].group;
		struct cgw_value value;

		if (exposed.type == CGW_FAMILY_HISTOGRAM) {
			put_histogram(exposition, frame, field, shown, i);
		} else if (field.shape == CGW_INSTANCES) {
			put_instances(exposition, frame, field, &exposed, shown, i);
		} else if (field.shape == CGW_STRING) {
			if (!text_of(frame, field, group, text))
				continue;
			put_labels(exposition, shown, i);
			put_label(exposition, "value", text);
			exposition_put(exposition, "} 1\n", 4);
		} else {
			value = cgw_frame_value(frame, field, group);
			if (!has_value(value))
				continue;
			put_labels(exposition, shown, i);
			put_value(exposition, value, exposed.divisor);
		}
	}
}

/* Labels from the caller, such as names of containers. */
static void put_caller_labels(struct cgw_exposition *exposition,
			      const struct cgw_exposition_group_filter *exposed,
			      const struct cgw_identity *identity)
{
	struct cgw_label labels[CALLER_LABELS_MAX];
	size_t count = 0;

	if (exposed->more_labels != NULL)
		count = exposed->more_labels(exposed->context, identity, labels, CALLER_LABELS_MAX);
	for (size_t i = 0; i < count; i++)
		put_label(exposition, labels[i].name, labels[i].value);
}

/* "cgward_group_info": a label for each part of the identity. */
static void put_identity(struct cgw_exposition *exposition,
			 const struct cgw_exposition_group_filter *exposed,
			 const struct shown *shown)
{
	static const struct cgw_family family = {"cgward_group", "",
						 "Identity of a group: unit, container, pod, ...",
						 CGW_FAMILY_INFO};
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(exposed->frame));

	cgw_exposition_family(exposition, &family);
	for (size_t i = 0; i < shown->count; i++) {
		struct cgw_identity identity;
		char path[LABEL_MAX];

		cgw_topology_path(topology, shown->groups[i].group, path, sizeof(path));
		cgw_identity_from_path(path, &identity);
		put_labels(exposition, shown, i);
		put_label(exposition, "kind", cgw_identity_kind_name(identity.kind));
		for (enum cgw_identity_part part = 0; part < CGW_PART_COUNT; part++) {
			const char *text = identity.text[part];
			char safe[LABEL_MAX];

			if (text[0] == '\0')
				continue;
			cgw_escape(safe, sizeof(safe), text, strlen(text));
			put_label(exposition, cgw_identity_part_name(part), safe);
		}
		put_caller_labels(exposition, exposed, &identity);
		exposition_put(exposition, "} 1\n", 4);
	}
}

static void put_totals(struct cgw_exposition *exposition,
		       const struct cgw_exposition_group_filter *exposed, size_t shown_count)
{
	static const struct cgw_family build = {"cgward_build", "", "Version of cgward",
						CGW_FAMILY_INFO};
	static const struct cgw_family shown = {"cgward_groups", "", "Groups in this exposition",
						CGW_FAMILY_GAUGE};
	static const struct cgw_family maximum = {
		"cgward_groups_max", "", "Maximum number of groups in an exposition (0: unlimited)",
		CGW_FAMILY_GAUGE};
	static const struct cgw_family left_out = {
		"cgward_groups_left_out", "",
		"Selected groups that are not in this exposition: the deepest ones above the "
		"maximum, and those whose path is too long for a label",
		CGW_FAMILY_GAUGE};

	cgw_exposition_family(exposition, &build);
	cgw_exposition_sample(exposition, &(struct cgw_label){"version", cgw_version()}, 1, 1, 1);
	cgw_exposition_family(exposition, &shown);
	cgw_exposition_sample(exposition, NULL, 0, shown_count, 1);
	cgw_exposition_family(exposition, &maximum);
	cgw_exposition_sample(exposition, NULL, 0, exposed->groups_max, 1);
	cgw_exposition_family(exposition, &left_out);
	cgw_exposition_sample(exposition, NULL, 0, exposed->group_count - shown_count, 1);
}

void cgw_exposition_groups(struct cgw_exposition *exposition,
			   const struct cgw_exposition_group_filter *exposed)
{
	CLEANUP(cleanup_shown) struct shown shown = {0};
	int r = select_groups(exposed, &shown);

	if (r < 0) {
		exposition->error = exposition->error != 0 ? exposition->error : r;
		return;
	}
	put_totals(exposition, exposed, shown.count);
	put_identity(exposition, exposed, &shown);
	for (size_t i = 0; i < exposed->field_count; i++)
		if (cgw_exposition_accepts(exposed->fields[i]))
			put_field(exposition, exposed->frame, exposed->fields[i], &shown);
}
