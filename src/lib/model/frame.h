/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* frame.h - what the room knows of a frame. */
#ifndef CGWARD_LIB_MODEL_FRAME_H
#define CGWARD_LIB_MODEL_FRAME_H

#include <cgward/model.h>

struct cgw_frame {
	struct cgw_snapshot *now, *before;
	double seconds;
	/* By group of `now`; sized for the largest topology so far. */
	uint32_t *previous;
	uint8_t *flags;
	uint32_t capacity;
	/* Groups of `before` that are no more, and the cursors of the merge (by group of `before`). */
	uint32_t *gone, *cursor;
	uint32_t gone_count, before_capacity;
};

#endif
