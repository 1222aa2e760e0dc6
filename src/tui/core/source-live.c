/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-live.c - source for this machine: a thread that samples. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "tui/core/source.h"

/* Rates need two samples, so take the second one early even if the interval is long. */
#define FIRST_WAIT_NS (250 * NS_PER_MS)

struct live {
	struct source source;
	struct cgw_sampler *sampler; /* used only by the thread */
	/* The lock protects all members below. */
	bool sample_now;
	bool read_all; /* read idle groups as well: the user may have changed something */
	uint64_t sample_count;
	struct cgw_snapshot *snapshot; /* not yet collected */
};

/* When the next sample is due. */
static uint64_t due(const struct live *live, uint64_t last_ns)
{
	uint64_t wait_ns = live->source.interval_ns;

	if (live->sample_count == 0)
		return last_ns;
	if (live->sample_count == 1 && wait_ns > FIRST_WAIT_NS)
		wait_ns = FIRST_WAIT_NS;
	return last_ns + wait_ns;
}

/* Waits until a sample is due; false: stop. The caller holds the lock. */
static bool wait_until_due(struct live *live, uint64_t *last_ns)
{
	for (;;) {
		uint64_t now_ns = clock_now_ns(), due_ns = due(live, *last_ns);

		if (live->source.thread.stopping)
			return false;
		if (live->source.has_metrics &&
		    (live->sample_now || (!live->source.paused && now_ns >= due_ns))) {
			/* Stay in step with the interval unless a whole one was missed. */
			*last_ns = live->sample_now || now_ns - due_ns > live->source.interval_ns
					   ? now_ns
					   : due_ns;
			live->sample_now = false;
			return true;
		}
		thread_wait(&live->source.thread,
			    live->source.paused || !live->source.has_metrics ? 0 : due_ns);
	}
}

static void take_sample(struct live *live)
{
	struct cgw_metric_set metrics = live->source.metrics;
	struct cgw_snapshot *snapshot = NULL;
	bool read_all = live->read_all;
	int r;

	live->read_all = false;
	thread_unlock(&live->source.thread);
	r = cgw_sampler_set_metrics(live->sampler, &metrics);
	if (read_all)
		cgw_sampler_read_idle(live->sampler);
	if (r == 0)
		r = cgw_sampler_sample(live->sampler, &snapshot);
	thread_lock(&live->source.thread);
	if (r < 0)
		live->source.error =
			cgw_diag_set(&live->source.diag, r, "sampling failed: %s", strerror(-r));
	if (r == 0) {
		cgw_snapshot_unref(live->snapshot);
		live->snapshot = snapshot;
		live->sample_count++;
	}
	thread_wake_loop(&live->source.thread);
}

static void run(void *context)
{
	struct live *live = context;
	uint64_t last_ns = clock_now_ns();

	while (wait_until_due(live, &last_ns))
		take_sample(live);
}

static void live_sample_now(struct source *source)
{
	struct live *live = (struct live *)source;

	thread_lock(&live->source.thread);
	live->sample_now = true;
	live->read_all = true;
	thread_unlock_changed(&live->source.thread);
}

/* Only the newest sample: a screen slower than the interval skips some. */
static bool live_pop(struct source *source, struct arrival *ret_arrival)
{
	struct live *live = (struct live *)source;

	*ret_arrival = (struct arrival){.now = steal_pointer(&live->snapshot)};
	return ret_arrival->now != NULL;
}

static void live_free(struct source *source)
{
	struct live *live = (struct live *)source;

	cgw_snapshot_unref(live->snapshot);
	cgw_sampler_free(live->sampler);
}

static const struct source_kind live_kind = {
	.name = "",
	.flags = SOURCE_CAN_ACT,
	.sample_now = live_sample_now,
	.pop = live_pop,
	.free = live_free,
};

int source_live(struct cgw_sampler *sampler, uint64_t interval_ns, struct source **ret_source)
{
	struct live *live = calloc(1, sizeof(*live));
	int r = -ENOMEM;

	if (live != NULL) {
		live->source.kind = &live_kind;
		live->sampler = sampler;
		live->source.interval_ns = interval_ns;
		r = thread_start(&live->source.thread, run, live);
	}
	if (r < 0) {
		free(live);
		cgw_sampler_free(sampler);
		return r;
	}
	*ret_source = &live->source;
	return 0;
}
