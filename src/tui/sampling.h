/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sampling.h - takes samples in a thread of its own, so that a read that hangs (a group under memory
 * pressure can make one) never holds up the keys.
 */
#ifndef CGWARD_TUI_SAMPLING_H
#define CGWARD_TUI_SAMPLING_H

#include <cgward/sample.h>

struct sampling;

/* The sampler belongs to the thread from now on; samples begin with the first sampling_want(). */
int sampling_start(struct cgw_sampler *sampler, uint64_t interval_ns,
		   struct sampling **ret_sampling);
/* Waits a moment for a read that goes on; one that hangs is left behind with all that it uses. */
struct sampling *sampling_stop(struct sampling *sampling);

void sampling_want(struct sampling *sampling, const struct cgw_metric_set *wanted);
void sampling_pace(struct sampling *sampling, uint64_t interval_ns, bool paused);
/* One sample now, paused or not. */
void sampling_now(struct sampling *sampling);

/* Readable when sampling_take() has something. */
int sampling_fd(const struct sampling *sampling);
/* The newest snapshot with its reference, or NULL; `ret_error` gets what the last sample met, or 0. */
struct cgw_snapshot *sampling_take(struct sampling *sampling, int *ret_error);

#endif
