/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * container-labels.h - names for the identifiers of containers and pods, as labels. Each is looked for once, in files
 * of this machine alone, and again after a minute where there was none yet.
 */
#ifndef CGWARD_CMD_SERVE_CONTAINER_LABELS_H
#define CGWARD_CMD_SERVE_CONTAINER_LABELS_H

#include <cgward/render.h>

struct names;

/* `root`: as if / were there; NULL: "/". */
int names_new(const char *root, struct names **ret_names);
struct names *names_free(struct names *names);

/* Before each exposition: what the one before did not ask for is forgotten. */
void names_begin(struct names *names, uint64_t now_ns);
/* For struct cgw_exposition_group_filter; labels are valid until names_begin(). */
size_t names_labels(void *names, const struct cgw_identity *identity, struct cgw_label *labels,
		    size_t capacity);

#endif
