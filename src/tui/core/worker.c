/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* worker.c - runs jobs in a thread. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "tui/core/thread.h"
#include "tui/core/worker.h"

struct worker {
	struct thread thread;
	/* The lock protects all members below. */
	struct job_queue waiting, done;
	const char *running; /* name of the running job, a string literal */
	uint64_t since_ns;
};

static void run(void *context)
{
	struct worker *worker = context;

	while (!worker->thread.stopping) {
		struct job *job = job_pop(&worker->waiting);

		if (job == NULL) {
			thread_wait(&worker->thread, 0);
			continue;
		}
		worker->running = job->name;
		worker->since_ns = clock_now_ns();
		thread_unlock(&worker->thread);
		job->run(job);
		thread_lock(&worker->thread);
		worker->running = NULL;
		job_push(&worker->done, job);
		thread_wake_loop(&worker->thread);
	}
}

int worker_start(struct worker **ret_worker)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (worker == NULL)
		return -ENOMEM;
	r = thread_start(&worker->thread, run, worker);
	if (r < 0) {
		free(worker);
		return r;
	}
	*ret_worker = worker;
	return 0;
}

static void free_jobs(struct job_queue *queue)
{
	struct job *job;

	while ((job = job_pop(queue)) != NULL)
		job->free(job);
}

bool worker_stop(struct worker *worker, uint64_t wait_ns)
{
	if (worker == NULL)
		return true;
	if (!thread_stop(&worker->thread, wait_ns))
		return false;
	free_jobs(&worker->waiting);
	free_jobs(&worker->done);
	free(worker);
	return true;
}

void worker_post(struct worker *worker, struct job *job)
{
	thread_lock(&worker->thread);
	job_push(&worker->waiting, job);
	thread_unlock_changed(&worker->thread);
}

int worker_fd(const struct worker *worker)
{
	return worker->thread.event_fd;
}

struct job *worker_pop(struct worker *worker)
{
	struct job *job;

	thread_lock(&worker->thread);
	job = job_pop(&worker->done);
	if (job == NULL)
		thread_drain(&worker->thread);
	thread_unlock(&worker->thread);
	return job;
}

const char *worker_busy(struct worker *worker, uint64_t *ret_since_ns)
{
	const char *name;

	thread_lock(&worker->thread);
	name = worker->running;
	*ret_since_ns = worker->since_ns;
	thread_unlock(&worker->thread);
	return name;
}
