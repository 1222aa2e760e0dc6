/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampling.h - read samples into a frame, and release what that takes. */
#pragma once

#include <cgward/model.h>

/* Takes a sample, which becomes the newer one of the frame. Returns 0 or a negative errno. */
static inline int sample_into_frame(struct cgw_sampler *sampler, struct cgw_frame *frame)
{
	struct cgw_snapshot *snapshot;
	int r = cgw_sampler_sample(sampler, &snapshot);

	if (r < 0)
		return r;
	r = cgw_frame_update(frame, snapshot);
	cgw_snapshot_unref(snapshot); /* the frame holds a reference */
	return r;
}

/* For CLEANUP(). */
static inline void cleanup_layout(struct cgw_layout **layout)
{
	cgw_layout_free(*layout);
}

static inline void cleanup_sampler(struct cgw_sampler **sampler)
{
	cgw_sampler_free(*sampler);
}

static inline void cleanup_frame(struct cgw_frame **frame)
{
	cgw_frame_free(*frame);
}

static inline void cleanup_snapshot(struct cgw_snapshot **snapshot)
{
	cgw_snapshot_unref(*snapshot);
}
