/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-live.c - source for this machine: a thread that samples. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "tui/core/source.h"
#include "tui/core/thread.h"

/* Rates need two samples, so take the second one early even if the interval is long. */
#define FIRST_WAIT_NS (250 * NS_PER_MS)

struct live {
	struct source source;
	struct thread thread;
	struct cgw_sampler *sampler; /* used only by the thread */
	/* The lock protects all members below. */
	struct cgw_metric_set metrics;
	bool has_metrics, paused, sample_now;
	bool read_all; /* read idle groups as well: the user may have changed something */
	uint64_t interval_ns, sample_count;
	struct cgw_snapshot *snapshot; /* not yet collected */
	int error;
};

/* When the next sample is due. */
static uint64_t due(const struct live *live, uint64_t last_ns)
{
	uint64_t wait_ns = live->interval_ns;

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

		if (live->thread.stopping)
			return false;
		if (live->has_metrics &&
		    (live->sample_now || (!live->paused && now_ns >= due_ns))) {
			/* Stay in step with the interval unless a whole one was missed. */
			*last_ns = live->sample_now || now_ns - due_ns > live->interval_ns ? now_ns
											   : due_ns;
			live->sample_now = false;
			return true;
		}
		thread_wait(&live->thread, live->paused || !live->has_metrics ? 0 : due_ns);
	}
}

static void take_sample(struct live *live)
{
	struct cgw_metric_set metrics = live->metrics;
	struct cgw_snapshot *snapshot = NULL;
	bool read_all = live->read_all;
	int r;

	live->read_all = false;
	thread_unlock(&live->thread);
	r = cgw_sampler_set_metrics(live->sampler, &metrics);
	if (read_all)
		cgw_sampler_read_idle(live->sampler);
	if (r == 0)
		r = cgw_sampler_sample(live->sampler, &snapshot);
	thread_lock(&live->thread);
	live->error = r;
	if (r == 0) {
		cgw_snapshot_unref(live->snapshot);
		live->snapshot = snapshot;
		live->sample_count++;
	}
	thread_wake_loop(&live->thread);
}

static void run(void *context)
{
	struct live *live = context;
	uint64_t last_ns = clock_now_ns();

	while (wait_until_due(live, &last_ns))
		take_sample(live);
}

static bool live_stop(struct source *source)
{
	struct live *live = (struct live *)source;

	if (!thread_stop(&live->thread))
		return false;
	cgw_snapshot_unref(live->snapshot);
	cgw_sampler_free(live->sampler);
	free(live);
	return true;
}

static void live_request_metrics(struct source *source, const struct cgw_metric_set *metrics)
{
	struct live *live = (struct live *)source;

	thread_lock(&live->thread);
	live->metrics = *metrics;
	live->has_metrics = true;
	thread_unlock_changed(&live->thread);
}

static void live_set_interval(struct source *source, uint64_t interval_ns, bool paused)
{
	struct live *live = (struct live *)source;

	thread_lock(&live->thread);
	live->interval_ns = interval_ns;
	live->paused = paused;
	thread_unlock_changed(&live->thread);
}

static void live_sample_now(struct source *source)
{
	struct live *live = (struct live *)source;

	thread_lock(&live->thread);
	live->sample_now = true;
	live->read_all = true;
	thread_unlock_changed(&live->thread);
}

static int live_fd(const struct source *source)
{
	return ((const struct live *)source)->thread.event_fd;
}

/* Returns only the newest sample: a screen slower than the interval skips some. */
static int live_collect(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	struct live *live = (struct live *)source;
	struct cgw_snapshot *snapshot;
	int error;

	thread_drain(&live->thread);
	thread_lock(&live->thread);
	snapshot = live->snapshot;
	live->snapshot = NULL;
	error = live->error;
	live->error = 0;
	thread_unlock(&live->thread);
	if (snapshot != NULL) {
		*ret_arrival = (struct arrival){.now = snapshot};
		return 1;
	}
	return error < 0 ? cgw_diag_set(diag, error, "sampling failed: %s", strerror(-error)) : 0;
}

static const struct source_kind live_kind = {
	.name = "",
	.flags = SOURCE_CAN_ACT,
	.request_metrics = live_request_metrics,
	.set_interval = live_set_interval,
	.sample_now = live_sample_now,
	.fd = live_fd,
	.collect = live_collect,
	.stop = live_stop,
};

int source_live(struct cgw_sampler *sampler, uint64_t interval_ns, struct source **ret_source)
{
	struct live *live = calloc(1, sizeof(*live));
	int r = -ENOMEM;

	if (live != NULL) {
		live->source.kind = &live_kind;
		live->sampler = sampler;
		live->interval_ns = interval_ns;
		r = thread_start(&live->thread, run, live);
	}
	if (r < 0) {
		free(live);
		cgw_sampler_free(sampler);
		return r;
	}
	*ret_source = &live->source;
	return 0;
}
