/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * thread.h - threads of the dashboard: lock, timed wait, a stop that never hangs, and a worker that
 * runs jobs.
 */
#pragma once

#include <pthread.h>

#include "lib/base/clock.h"
#include "tui/core/job.h"
#include <cgward/base.h>

struct thread {
	pthread_t id;
	void (*body)(void *context);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int event_fd;  /* wakes the main loop */
	bool stopping; /* set by thread_stop() */
	bool ended;
};

/* Runs `body` in a thread that holds the lock except while it waits. */
int thread_start(struct thread *thread, void (*body)(void *context), void *context);
/* How long the dashboard waits when it ends; a normal read takes much less. */
#define THREAD_STOP_NS (300 * NS_PER_MS)
/* False: the thread does not end within `wait_ns`, and its data must not be freed. */
bool thread_stop(struct thread *thread, uint64_t wait_ns);
/* Waits for `changed` until `until_ns` (monotonic; 0: no limit). The caller holds the lock. */
void thread_wait(struct thread *thread, uint64_t until_ns);
void thread_wake_loop(const struct thread *thread);
void thread_drain(const struct thread *thread);

static inline struct thread *thread_lock(struct thread *thread)
{
	(void)pthread_mutex_lock(&thread->lock);
	return thread;
}

static inline void thread_unlock(struct thread *thread)
{
	(void)pthread_mutex_unlock(&thread->lock);
}

/* Unlocks after a change that the thread may wait for. */
static inline void thread_unlock_changed(struct thread *thread)
{
	(void)pthread_cond_broadcast(&thread->changed);
	(void)pthread_mutex_unlock(&thread->lock);
}

/* A thread that runs jobs one after another. */
struct worker;

int worker_start(struct worker **ret_worker);
/* Drops waiting jobs, and waits for a running one; false: it hangs, as in thread_stop(). */
bool worker_stop(struct worker *worker, uint64_t wait_ns);
void worker_post(struct worker *worker, struct job *job);
/* Readable when worker_pop() has a finished job. */
int worker_fd(const struct worker *worker);
struct job *worker_pop(struct worker *worker);
/* The name and start time of the running job, or NULL. */
const char *worker_busy(struct worker *worker, uint64_t *ret_since_ns);
