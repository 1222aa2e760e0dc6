/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-live.c - this machine as a source: the thread that samples. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tui/core/source.h"
#include "tui/core/thread.h"

/* Rates need two samples: the second one comes soon, whatever the interval. */
#define SECOND_NS UINT64_C(250000000)

struct live {
	struct source source;
	struct thread thread;
	struct cgw_sampler *sampler; /* the thread's alone */
	/* All below under the lock. */
	struct cgw_metric_set wanted;
	bool has_wanted, paused, at_once;
	bool changed; /* somebody acted, or asked: nothing is taken for what it was */
	uint64_t interval_ns, taken_count;
	struct cgw_snapshot *snapshot; /* not yet fetched */
	int error;
};

/* When the next sample is due, from when the last one was. */
static uint64_t due(const struct live *live, uint64_t last_ns)
{
	uint64_t wait_ns = live->interval_ns;

	if (live->taken_count == 0)
		return last_ns;
	if (live->taken_count == 1 && wait_ns > SECOND_NS)
		wait_ns = SECOND_NS;
	return last_ns + wait_ns;
}

/* With the lock held: until a sample is to be taken. False: the end. */
static bool wait_for_turn(struct live *live, uint64_t *last_ns)
{
	for (;;) {
		uint64_t now_ns = thread_now_ns(), due_ns = due(live, *last_ns);

		if (live->thread.stopping)
			return false;
		if (live->has_wanted && (live->at_once || (!live->paused && now_ns >= due_ns))) {
			/* In step with the interval, unless it was missed. */
			*last_ns = live->at_once || now_ns - due_ns > live->interval_ns ? now_ns
											: due_ns;
			live->at_once = false;
			return true;
		}
		thread_wait(&live->thread, live->paused || !live->has_wanted ? 0 : due_ns);
	}
}

static void take_sample(struct live *live)
{
	struct cgw_metric_set wanted = live->wanted;
	struct cgw_snapshot *snapshot = NULL;
	bool changed = live->changed;
	int r;

	live->changed = false;
	(void)pthread_mutex_unlock(&live->thread.lock);
	r = cgw_sampler_set_metrics(live->sampler, &wanted);
	if (changed)
		cgw_sampler_read_idle(live->sampler);
	if (r == 0)
		r = cgw_sampler_sample(live->sampler, &snapshot);
	(void)pthread_mutex_lock(&live->thread.lock);
	live->error = r;
	if (r == 0) {
		cgw_snapshot_unref(live->snapshot);
		live->snapshot = snapshot;
		live->taken_count++;
	}
	thread_wake_loop(&live->thread);
}

static void *run(void *context)
{
	struct live *live = context;
	uint64_t last_ns = thread_now_ns();

	(void)pthread_mutex_lock(&live->thread.lock);
	while (wait_for_turn(live, &last_ns))
		take_sample(live);
	live->thread.ended = true;
	(void)pthread_cond_broadcast(&live->thread.changed);
	(void)pthread_mutex_unlock(&live->thread.lock);
	return NULL;
}

static struct live *live_of(struct source *source)
{
	return (struct live *)source;
}

static struct source *live_stop(struct source *source)
{
	struct live *live = live_of(source);

	if (!thread_stop(&live->thread))
		return NULL;
	cgw_snapshot_unref(live->snapshot);
	cgw_sampler_free(live->sampler);
	free(live);
	return NULL;
}

static void live_want(struct source *source, const struct cgw_metric_set *wanted)
{
	struct live *live = live_of(source);

	(void)pthread_mutex_lock(&live->thread.lock);
	live->wanted = *wanted;
	live->has_wanted = true;
	(void)pthread_cond_broadcast(&live->thread.changed);
	(void)pthread_mutex_unlock(&live->thread.lock);
}

static void live_pace(struct source *source, uint64_t interval_ns, bool paused)
{
	struct live *live = live_of(source);

	(void)pthread_mutex_lock(&live->thread.lock);
	live->interval_ns = interval_ns;
	live->paused = paused;
	(void)pthread_cond_broadcast(&live->thread.changed);
	(void)pthread_mutex_unlock(&live->thread.lock);
}

static void live_at_once(struct source *source)
{
	struct live *live = live_of(source);

	(void)pthread_mutex_lock(&live->thread.lock);
	live->at_once = true;
	live->changed = true;
	(void)pthread_cond_broadcast(&live->thread.changed);
	(void)pthread_mutex_unlock(&live->thread.lock);
}

static int live_fd(const struct source *source)
{
	return ((const struct live *)source)->thread.event_fd;
}

/* Only the newest counts: a screen that is slower than the interval leaves some out. */
static int live_take(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	struct live *live = live_of(source);
	struct cgw_snapshot *snapshot;
	int error;

	thread_drain(&live->thread);
	(void)pthread_mutex_lock(&live->thread.lock);
	snapshot = live->snapshot;
	live->snapshot = NULL;
	error = live->error;
	live->error = 0;
	(void)pthread_mutex_unlock(&live->thread.lock);
	if (snapshot != NULL) {
		*ret_arrival = (struct arrival){.now = snapshot};
		return 1;
	}
	return error < 0 ? cgw_diag_set(diag, error, "sampling failed: %s", strerror(-error)) : 0;
}

static const struct source_kind live_kind = {
	.name = "",
	.can = SOURCE_ACTS,
	.want = live_want,
	.pace = live_pace,
	.at_once = live_at_once,
	.fd = live_fd,
	.take = live_take,
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
