/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampling.c - the thread that reads. */
#include <errno.h>
#include <stdlib.h>

#include "tui/sampling.h"
#include "tui/thread.h"

/* Rates need two samples: the second one comes soon, whatever the interval. */
#define SECOND_NS UINT64_C(250000000)

struct sampling {
	struct thread thread;
	struct cgw_sampler *sampler; /* the thread's alone */
	/* All below under the lock. */
	struct cgw_metric_set wanted;
	bool has_wanted, paused, at_once;
	uint64_t interval_ns, taken_count;
	struct cgw_snapshot *snapshot; /* not yet fetched */
	int error;
};

/* When the next sample is due, from when the last one was. */
static uint64_t due(const struct sampling *sampling, uint64_t last_ns)
{
	uint64_t wait_ns = sampling->interval_ns;

	if (sampling->taken_count == 0)
		return last_ns;
	if (sampling->taken_count == 1 && wait_ns > SECOND_NS)
		wait_ns = SECOND_NS;
	return last_ns + wait_ns;
}

/* With the lock held: until a sample is to be taken. False: the end. */
static bool wait_for_turn(struct sampling *sampling, uint64_t *last_ns)
{
	for (;;) {
		uint64_t now_ns = thread_now_ns(), due_ns = due(sampling, *last_ns);

		if (sampling->thread.stopping)
			return false;
		if (sampling->has_wanted &&
		    (sampling->at_once || (!sampling->paused && now_ns >= due_ns))) {
			/* In step with the interval, unless it was missed. */
			*last_ns = sampling->at_once || now_ns - due_ns > sampling->interval_ns
					   ? now_ns
					   : due_ns;
			sampling->at_once = false;
			return true;
		}
		thread_wait(&sampling->thread,
			    sampling->paused || !sampling->has_wanted ? 0 : due_ns);
	}
}

static void take_sample(struct sampling *sampling)
{
	struct cgw_metric_set wanted = sampling->wanted;
	struct cgw_snapshot *snapshot = NULL;
	int r;

	(void)pthread_mutex_unlock(&sampling->thread.lock);
	r = cgw_sampler_want(sampling->sampler, &wanted);
	if (r == 0)
		r = cgw_sampler_sample(sampling->sampler, &snapshot);
	(void)pthread_mutex_lock(&sampling->thread.lock);
	sampling->error = r;
	if (r == 0) {
		cgw_snapshot_unref(sampling->snapshot);
		sampling->snapshot = snapshot;
		sampling->taken_count++;
	}
	thread_wake_loop(&sampling->thread);
}

static void *run(void *context)
{
	struct sampling *sampling = context;
	uint64_t last_ns = thread_now_ns();

	(void)pthread_mutex_lock(&sampling->thread.lock);
	while (wait_for_turn(sampling, &last_ns))
		take_sample(sampling);
	sampling->thread.ended = true;
	(void)pthread_cond_broadcast(&sampling->thread.changed);
	(void)pthread_mutex_unlock(&sampling->thread.lock);
	return NULL;
}

int sampling_start(struct cgw_sampler *sampler, uint64_t interval_ns,
		   struct sampling **ret_sampling)
{
	struct sampling *sampling = calloc(1, sizeof(*sampling));
	int r;

	if (sampling == NULL)
		return -ENOMEM;
	sampling->sampler = sampler;
	sampling->interval_ns = interval_ns;
	r = thread_start(&sampling->thread, run, sampling);
	if (r < 0) {
		free(sampling);
		return r;
	}
	*ret_sampling = sampling;
	return 0;
}

struct sampling *sampling_stop(struct sampling *sampling)
{
	if (sampling == NULL || !thread_stop(&sampling->thread))
		return NULL;
	cgw_snapshot_unref(sampling->snapshot);
	cgw_sampler_free(sampling->sampler);
	free(sampling);
	return NULL;
}

void sampling_want(struct sampling *sampling, const struct cgw_metric_set *wanted)
{
	(void)pthread_mutex_lock(&sampling->thread.lock);
	sampling->wanted = *wanted;
	sampling->has_wanted = true;
	(void)pthread_cond_broadcast(&sampling->thread.changed);
	(void)pthread_mutex_unlock(&sampling->thread.lock);
}

void sampling_pace(struct sampling *sampling, uint64_t interval_ns, bool paused)
{
	(void)pthread_mutex_lock(&sampling->thread.lock);
	sampling->interval_ns = interval_ns;
	sampling->paused = paused;
	(void)pthread_cond_broadcast(&sampling->thread.changed);
	(void)pthread_mutex_unlock(&sampling->thread.lock);
}

void sampling_now(struct sampling *sampling)
{
	(void)pthread_mutex_lock(&sampling->thread.lock);
	sampling->at_once = true;
	(void)pthread_cond_broadcast(&sampling->thread.changed);
	(void)pthread_mutex_unlock(&sampling->thread.lock);
}

int sampling_fd(const struct sampling *sampling)
{
	return sampling->thread.event_fd;
}

struct cgw_snapshot *sampling_take(struct sampling *sampling, int *ret_error)
{
	struct cgw_snapshot *snapshot;

	thread_drain(&sampling->thread);
	(void)pthread_mutex_lock(&sampling->thread.lock);
	snapshot = sampling->snapshot;
	sampling->snapshot = NULL;
	*ret_error = sampling->error;
	(void)pthread_mutex_unlock(&sampling->thread.lock);
	return snapshot;
}
