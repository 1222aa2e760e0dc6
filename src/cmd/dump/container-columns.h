/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-columns.h - the columns container_name and pod_name, looked up in container engines. */
#pragma once

#include <cgward/inspect.h>
#include <cgward/render.h>

/* Zero-initialised. The names of one container: its groups follow each other in the tree. */
struct container_columns {
	struct cgw_identity identity;
	struct cgw_names names;
	char escaped[2][4 * 256]; /* labels */
	struct cgw_names_options options;
};

/* container_name or pod_name? */
bool container_columns_has(struct cgw_field field);
/* Names of this machine for all groups of the frame; `columns` must outlive it. */
void container_columns_use(struct container_columns *columns, struct cgw_frame *frame);
/* Callback of cgw_exposition_group_filter: labels as those of `cgward serve`. */
size_t container_columns_labels(void *columns, const struct cgw_identity *identity,
				struct cgw_label *labels, size_t capacity);
