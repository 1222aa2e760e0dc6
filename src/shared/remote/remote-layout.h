/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* remote-layout.h - a layout of which nothing can be opened. */
#ifndef CGWARD_SHARED_REMOTE_REMOTE_LAYOUT_H
#define CGWARD_SHARED_REMOTE_REMOTE_LAYOUT_H

#include <cgward/kernel.h>

/*
 * One of each kind, made when it is asked for. Snapshots name them: they outlive the connections over
 * which those came, so that a lost host's last sample can still be compared with.
 */
struct remote_layouts {
	struct cgw_layout *of[CGW_LAYOUT_V2 + 1];
};

/* One hierarchy stands for all of a host's. */
int remote_layout_get(struct remote_layouts *layouts, enum cgw_layout_kind kind,
		      const struct cgw_layout **ret_layout);
void remote_layouts_done(struct remote_layouts *layouts);

#endif
