/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* layout-code.c - encoding of the hierarchies of the recorded machine. */
#include <errno.h>
#include <stdlib.h>

#include "lib/kernel/kernel-ops.h"
#include "lib/recording/sample-code.h"

/* Stores controllers by their v2 names: the order of the enumeration is not part of the format. */
static void encode_hierarchy(const struct cgw_hierarchy *hierarchy, struct bytes *out)
{
	uint32_t count = 0;

	bytes_put_number(out, hierarchy->version);
	for (enum cgw_controller i = 0; i < CGW_CONTROLLER_COUNT; i++)
		count += (hierarchy->controllers & CGW_CONTROLLER_BIT(i)) != 0;
	bytes_put_number(out, count);
	for (enum cgw_controller i = 0; i < CGW_CONTROLLER_COUNT; i++)
		if (hierarchy->controllers & CGW_CONTROLLER_BIT(i))
			bytes_put_text(out, cgw_controller_name(i, 2));
	bytes_put_number(out, hierarchy->name != NULL);
	bytes_put_text(out, hierarchy->name);
	bytes_put_text(out, hierarchy->label);
	bytes_put_text(out, hierarchy->mountpoint);
	bytes_put_text(out, hierarchy->root);
	bytes_put_number(out, hierarchy->root_id);
	bytes_put_number(out, hierarchy->read_only);
}

void layout_encode(const struct cgw_layout *layout, struct bytes *out)
{
	size_t count = layout != NULL ? layout->hierarchy_count : 0;

	bytes_put_number(out, layout != NULL ? layout->kind : CGW_LAYOUT_NONE);
	bytes_put_number(out, count);
	for (size_t i = 0; i < count; i++)
		encode_hierarchy(&layout->hierarchies[i], out);
}

static char *decode_text(struct cursor *in)
{
	size_t length;
	const char *text = cursor_text(in, &length);

	return strndup(text, length);
}

static int decode_hierarchy(struct cursor *in, struct cgw_hierarchy *hierarchy)
{
	bool named;
	size_t count;

	hierarchy->fd = -1;
	hierarchy->version = (unsigned)cursor_number(in);
	count = cursor_count(in);
	for (size_t i = 0; i < count; i++) {
		char name[32];
		size_t length;
		const char *text = cursor_text(in, &length);
		int controller;

		if (length >= sizeof(name))
			continue;
		memcpy(name, text, length);
		name[length] = '\0';
		controller = cgw_controller_find(name);
		if (controller >= 0)
			hierarchy->controllers |= CGW_CONTROLLER_BIT(controller);
	}
	named = cursor_number(in) != 0;
	hierarchy->name = decode_text(in);
	hierarchy->label = decode_text(in);
	hierarchy->mountpoint = decode_text(in);
	hierarchy->root = decode_text(in);
	hierarchy->root_id = cursor_number(in);
	hierarchy->read_only = cursor_number(in) != 0;
	if (hierarchy->name == NULL || hierarchy->label == NULL || hierarchy->mountpoint == NULL ||
	    hierarchy->root == NULL)
		return -ENOMEM;
	if (!named) {
		free(hierarchy->name);
		hierarchy->name = NULL;
	}
	return in->failed || hierarchy->version < 1 || hierarchy->version > 2 ? -EBADMSG : 0;
}

int layout_decode(struct cursor *in, struct cgw_layout **ret_layout)
{
	struct cgw_layout *layout = calloc(1, sizeof(*layout));
	uint64_t kind = cursor_number(in), count = cursor_number(in);
	int r = 0;

	if (layout == NULL)
		return -ENOMEM;
	layout->ops = &kernel_ops_real; /* only called with closed descriptors */
	layout->proc_fd = -1;
	layout->sys_fd = -1;
	layout->recorded = true;
	if (in->failed || kind > CGW_LAYOUT_V2 || count > CGW_HIERARCHY_MAX)
		r = -EBADMSG;
	else
		layout->kind = (enum cgw_layout_kind)kind;
	for (size_t i = 0; i < count && r == 0; i++) {
		layout->hierarchy_count = i + 1;
		r = decode_hierarchy(in, &layout->hierarchies[i]);
	}
	if (r < 0) {
		cgw_layout_free(layout);
		return r;
	}
	*ret_layout = layout;
	return 0;
}
