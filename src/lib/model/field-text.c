/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field-text.c - values of text fields: paths, names, hierarchies and text metrics. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/kernel/identity.h"
#include "lib/model/field.h"
#include "lib/model/frame.h"

/* Truncates like snprintf() and counts the full length. */
struct text_out {
	char *buffer;
	size_t size, length;
};

static void append(struct text_out *out, const char *text)
{
	for (; *text != '\0'; text++, out->length++)
		if (out->length + 1 < out->size)
			out->buffer[out->length] = *text;
	if (out->size > 0)
		out->buffer[out->length < out->size ? out->length : out->size - 1] = '\0';
}

static void append_word(struct text_out *out, const char *word)
{
	if (out->length > 0)
		append(out, ",");
	append(out, word);
}

/* "cpu:42": the first controller names the hierarchy. */
static void append_id(struct text_out *out, const char *label, uint64_t id)
{
	append_word(out, FORMATTED(96, "%.*s:%" PRIu64, (int)strcspn(label, ","), label, id));
}

static const char *identity_part(const struct cgw_frame *frame, enum field_identity which,
				 const struct cgw_identity *identity)
{
	struct frame_names names = {"", ""};

	if (which == IDENTITY_KIND)
		return cgw_identity_kind_name(identity->kind);
	if (which < IDENTITY_CONTAINER_NAME)
		return identity->text[which - IDENTITY_PARTS];
	if (frame->find_names != NULL)
		names = frame->find_names(frame->names_context, identity);
	return which == IDENTITY_CONTAINER_NAME ? names.container : names.pod;
}

/* The kind of the group, a part of its identity, or a name for that, from its path. */
static size_t path_text(const struct cgw_frame *frame, enum field_identity which, uint32_t group,
			struct text_out *out, enum cgw_state *ret_state)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(frame->now);
	CLEANUP(cleanup_free) char *path = NULL;
	struct cgw_identity identity;

	/* Names in further components have no part in it, and may make up a path of megabytes. */
	while (topology->depth[group] > IDENTITY_DEPTH_MAX)
		group = topology->parent[group];
	path = cgw_topology_path_copy(topology, group);
	if (path == NULL) {
		*ret_state = CGW_ABSENT;
		return 0;
	}
	cgw_identity_from_path(path, &identity);
	append(out, identity_part(frame, which, &identity));
	*ret_state = out->length > 0 ? CGW_OK : CGW_ABSENT;
	return out->length;
}

static size_t identity_text(const struct cgw_topology *topology, enum field_identity which,
			    uint32_t group, struct text_out *out)
{
	const struct cgw_layout *layout = topology->layout;

	if (which == IDENTITY_GROUP)
		return cgw_topology_path(topology, group, out->buffer, out->size);
	if (which == IDENTITY_NAME)
		append(out, group == 0 ? "/" : topology->name[group]);
	/* A recording may lack the layout. */
	for (uint32_t h = 0; layout != NULL && h < layout->hierarchy_count; h++) {
		if (!(topology->present[group] & UINT32_C(1) << h))
			continue;
		if (which == IDENTITY_IDS)
			append_id(out, layout->hierarchies[h].label, topology->id[h][group]);
		if (which == IDENTITY_HIERARCHIES)
			append_word(out, layout->hierarchies[h].label);
		for (int i = 0; which == IDENTITY_CONTROLLERS && i < CGW_CONTROLLER_COUNT; i++)
			if (layout->hierarchies[h].controllers & CGW_CONTROLLER_BIT(i))
				append_word(out,
					    cgw_controller_name((enum cgw_controller)i,
								layout->hierarchies[h].version));
	}
	return out->length;
}

size_t cgw_frame_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
		      char *buffer, size_t size, enum cgw_state *ret_state)
{
	const struct cgw_topology *topology;
	struct text_out out = {buffer, buffer != NULL ? size : 0, 0};
	enum cgw_state unused;
	struct cgw_number limit;
	const char *text;
	uint32_t by;

	append(&out, "");
	ret_state = ret_state != NULL ? ret_state : &unused;
	*ret_state = CGW_ABSENT;
	if (field.shape != CGW_STRING || !frame_has(frame, group) || !field_is_valid(field))
		return 0;
	topology = cgw_snapshot_topology(frame->now);
	if (field.view == CGW_VIEW_IDENTITY && field.index >= IDENTITY_KIND)
		return path_text(frame, (enum field_identity)field.index, group, &out, ret_state);
	if (field.view == CGW_VIEW_IDENTITY) {
		*ret_state = CGW_OK;
		return identity_text(topology, (enum field_identity)field.index, group, &out);
	}
	if (field.view == CGW_VIEW_EFFECTIVE_BY) {
		limit = cgw_frame_effective(frame, (enum cgw_metric)field.index, group, &by);
		*ret_state = limit.state == CGW_MAX ? CGW_ABSENT : limit.state;
		return by == CGW_NO_GROUP ? 0
					  : cgw_topology_path(topology, by, out.buffer, out.size);
	}
	if (field.view == CGW_VIEW_DERIVED_BY) {
		by = field_determined_by(frame, field_derived(field.index), group, ret_state);
		return by == CGW_NO_GROUP ? 0
					  : cgw_topology_path(topology, by, out.buffer, out.size);
	}
	text = cgw_snapshot_text(frame->now, (enum cgw_metric)field.index, group, ret_state);
	if (text != NULL)
		append(&out, text);
	return out.length;
}
