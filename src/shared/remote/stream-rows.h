/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream-rows.h - groups as they come in, until all of a sample are there: names, numbers, texts.
 *
 * They must come as a topology has them: each parent before its children, siblings in byte order.
 */
#ifndef CGWARD_SHARED_REMOTE_STREAM_ROWS_H
#define CGWARD_SHARED_REMOTE_STREAM_ROWS_H

#include "lib/sample/snapshot.h"

struct remote_row {
	size_t name;     /* where its name stands in `text` */
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
	uint32_t *last; /* [depth]: the group that came last on the way to here */
	size_t depth;   /* of the row that came last */
	size_t last_size;
};

void rows_done(struct rows *rows);
/* Keeps the memory. */
void rows_reset(struct rows *rows, size_t columns);
/* A group more. -EBADMSG: no path, not in order, or twice; -E2BIG: too deep. */
int rows_add_path(struct rows *rows, const char *path, size_t length, uint64_t id);
/* Of the group that came last. */
void rows_set(struct rows *rows, size_t column, struct cgw_number number);
int rows_add_instance(struct rows *rows, size_t column, const char *name, size_t length,
		      struct cgw_number number);
int rows_add_text(struct rows *rows, size_t column, const char *text, size_t length);

/* Their topology: `old` (may be NULL) referenced once more where nothing came or went. */
int rows_topology(const struct rows *rows, const struct cgw_layout *layout, struct topology *old,
		  struct topology **ret_topology);
/* Into a begun snapshot over that topology, and ends it. */
int rows_fill(const struct rows *rows, struct cgw_snapshot *snapshot);

#endif
