/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-layout.h - layouts of other hosts, whose files cannot be opened here. */
#ifndef CGWARD_SHARED_REMOTE_REMOTE_LAYOUT_H
#define CGWARD_SHARED_REMOTE_REMOTE_LAYOUT_H

#include <cgward/kernel.h>

/*
 * One layout of each kind, created on first use. They outlive connections, because snapshots point
 * to them and the last sample of a lost host is still compared with the next one.
 */
struct remote_layouts {
	struct cgw_layout *of[CGW_LAYOUT_V2 + 1];
};

/* A layout with a single hierarchy that represents all hierarchies of a host. */
int remote_layout_get(struct remote_layouts *layouts, enum cgw_layout_kind kind,
		      const struct cgw_layout **ret_layout);
void remote_layouts_done(struct remote_layouts *layouts);

#endif
