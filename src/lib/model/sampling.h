/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampling.h - read samples into a frame, and release what that takes. */
#pragma once

#include "lib/base/cleanup.h"
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
DEFINE_CLEANUP(cleanup_layout, struct cgw_layout *, cgw_layout_free)
DEFINE_CLEANUP(cleanup_sampler, struct cgw_sampler *, cgw_sampler_free)
DEFINE_CLEANUP(cleanup_frame, struct cgw_frame *, cgw_frame_free)
DEFINE_CLEANUP(cleanup_snapshot, struct cgw_snapshot *, cgw_snapshot_unref)
