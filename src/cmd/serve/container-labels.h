/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * container-labels.h - cache of container and pod names for metric labels. Names come from local
 * files; a lookup that found nothing is retried after a minute.
 */
#pragma once

#include <cgward/render.h>

struct container_labels;

/* `root`: directory to use as /; may be NULL. */
int container_labels_new(const char *root, struct container_labels **ret_cache);
struct container_labels *container_labels_free(struct container_labels *cache);

/* Call before each exposition: drops entries that the previous one did not use. */
void container_labels_begin(struct container_labels *cache, uint64_t now_ns);
/* Callback of cgw_exposition_group_filter; labels are valid until container_labels_begin(). */
size_t container_labels_get(void *cache, const struct cgw_identity *identity,
			    struct cgw_label *labels, size_t capacity);
