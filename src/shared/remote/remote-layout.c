/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-layout.c - layouts of other hosts, whose files cannot be opened here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kernel/kernel-ops.h"
#include "shared/remote/remote-layout.h"

static int create_layout(enum cgw_layout_kind kind, struct cgw_layout **ret_layout)
{
	struct cgw_layout *layout = calloc(1, sizeof(*layout));
	struct cgw_hierarchy *hierarchy;

	if (layout == NULL)
		return -ENOMEM;
	layout->kind = kind;
	layout->ops = &kernel_ops_real; /* only called with closed descriptors */
	layout->proc_fd = -1;
	layout->sys_fd = -1;
	layout->recorded = true;
	layout->hierarchy_count = 1;
	hierarchy = &layout->hierarchies[0];
	*hierarchy = (struct cgw_hierarchy){
		.version = kind == CGW_LAYOUT_V1 ? 1 : 2,
		.label = strdup("remote"),
		.mountpoint = strdup("/"),
		.root = strdup("/"),
		.fd = -1,
		.root_id = 1,
		.read_only = true,
	};
	if (hierarchy->label == NULL || hierarchy->mountpoint == NULL || hierarchy->root == NULL) {
		cgw_layout_free(layout);
		return -ENOMEM;
	}
	*ret_layout = layout;
	return 0;
}

int remote_layout_get(struct remote_layouts *layouts, enum cgw_layout_kind kind,
		      const struct cgw_layout **ret_layout)
{
	int r = layouts->of[kind] == NULL ? create_layout(kind, &layouts->of[kind]) : 0;

	if (r == 0)
		*ret_layout = layouts->of[kind];
	return r;
}

void remote_layouts_done(struct remote_layouts *layouts)
{
	for (int kind = 0; kind <= CGW_LAYOUT_V2; kind++)
		layouts->of[kind] = cgw_layout_free(layouts->of[kind]);
}
