/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream-rows.h - collection of the groups of a sample as they are received: names, numbers, texts.
 *
 * Groups must be in the order of a topology: parents before children, siblings in byte order.
 */
#ifndef CGWARD_SHARED_REMOTE_STREAM_ROWS_H
#define CGWARD_SHARED_REMOTE_STREAM_ROWS_H

#include "lib/sample/snapshot.h"

struct remote_row {
	size_t name;     /* offset of the name in `text` */
	uint32_t parent; /* CGW_NO_GROUP: the root */
	uint16_t depth;
	uint64_t id;
};

/* An instance or a text of a group. */
struct remote_part {
	uint32_t row;
	uint16_t column;
	size_t text, length; /* the instance's name, or the text */
	struct cgw_number number;
};

struct rows {
	struct remote_row *rows;
	size_t count, size;
	struct cgw_number *numbers; /* [row * columns + column] */
	size_t number_size;
	size_t columns;
	struct remote_part *instances, *texts;
	size_t instance_count, instance_size, text_count, text_size;
	char *text;
	size_t used, text_bytes;
	uint32_t *last; /* [depth]: the previous group or its ancestor at that depth */
	size_t depth;   /* of the previous group */
	size_t last_size;
};

void rows_done(struct rows *rows);
/* Empties the rows, without freeing memory. */
void rows_reset(struct rows *rows, size_t columns);
/* Adds a group. -EBADMSG: invalid path, not in order, or a duplicate; -E2BIG: too deep. */
int rows_add_path(struct rows *rows, const char *path, size_t length, uint64_t id);
/* Set values of the group added last. */
void rows_set(struct rows *rows, size_t column, struct cgw_number number);
int rows_add_instance(struct rows *rows, size_t column, const char *name, size_t length,
		      struct cgw_number number);
int rows_add_text(struct rows *rows, size_t column, const char *text, size_t length);

/* Builds the topology, or references `old` (may be NULL) if the groups are the same. */
int rows_topology(const struct rows *rows, const struct cgw_layout *layout, struct topology *old,
		  struct topology **ret_topology);
/* Fills and finishes a snapshot begun with that topology. */
int rows_fill(const struct rows *rows, struct cgw_snapshot *snapshot);

#endif
