/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.h - internals of struct cgw_frame. */
#pragma once

#include <cgward/model.h>

#include "lib/sample/snapshot.h"

/* Names that no path has: "" if unknown; valid until the next call. */
struct frame_names {
	const char *container, *pod;
};
typedef struct frame_names frame_find_names(void *context, const struct cgw_identity *identity);

struct cgw_frame {
	struct cgw_snapshot *now, *before;
	double seconds;
	/* Indexed by group of `now`; sized for the largest topology so far. */
	uint32_t *previous;
	uint8_t *flags;
	size_t capacity;
	/* The removed groups; the cursors of the merge, indexed by group of `before`. */
	uint32_t *gone, *cursor;
	uint32_t gone_count;
	size_t before_capacity;
	frame_find_names *find_names; /* NULL: there are none, as in a recording */
	void *names_context;
};

void frame_set_names(struct cgw_frame *frame, frame_find_names *find_names, void *context);

static inline bool frame_has(const struct cgw_frame *frame, uint32_t group)
{
	return frame != NULL && frame->now != NULL && group < frame->now->topology->view.count;
}
