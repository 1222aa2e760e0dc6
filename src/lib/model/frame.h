/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.h - internals of struct cgw_frame. */
#ifndef CGWARD_LIB_MODEL_FRAME_H
#define CGWARD_LIB_MODEL_FRAME_H

#include <cgward/model.h>

#include "lib/sample/snapshot.h"

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
};

static inline bool frame_has(const struct cgw_frame *frame, uint32_t group)
{
	return frame != NULL && frame->now != NULL && group < frame->now->topology->view.count;
}

#endif
