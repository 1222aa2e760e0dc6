/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thread.c - starts, wakes and stops the threads of the dashboard, and runs jobs in one. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tui/core/thread.h"

static void init_locks(struct thread *thread)
{
	pthread_condattr_t attributes;

	(void)pthread_mutex_init(&thread->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&thread->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

static void *run(void *opaque)
{
	struct thread *thread = thread_lock(opaque);

	thread->body(thread->context);
	thread->ended = true;
	thread_unlock_changed(thread);
	return NULL;
}

int thread_start(struct thread *thread, void (*body)(void *context), void *context)
{
	sigset_t all, saved;
	int r;

	thread->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->event_fd < 0)
		return -errno;
	thread->body = body;
	thread->context = context;
	init_locks(thread);
	/* Only the main thread handles signals, except those of a crash. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	(void)pthread_sigmask(SIG_SETMASK, &all, &saved);
	r = -pthread_create(&thread->id, NULL, run, thread);
	(void)pthread_sigmask(SIG_SETMASK, &saved, NULL);
	if (r < 0)
		close(thread->event_fd);
	return r;
}

void thread_wait(struct thread *thread, uint64_t until_ns)
{
	struct timespec until = timespec_from_ns(until_ns);

	if (until_ns == 0)
		(void)pthread_cond_wait(&thread->changed, &thread->lock);
	else
		(void)pthread_cond_timedwait(&thread->changed, &thread->lock, &until);
}

bool thread_stop(struct thread *thread, uint64_t wait_ns)
{
	uint64_t until_ns = clock_now_ns() + wait_ns;
	bool ended;

	thread_lock(thread);
	thread->stopping = true;
	(void)pthread_cond_broadcast(&thread->changed);
	while (!thread->ended && clock_now_ns() < until_ns)
		thread_wait(thread, until_ns);
	ended = thread->ended;
	thread_unlock(thread);
	if (!ended) {
		(void)pthread_detach(thread->id);
		return false;
	}
	(void)pthread_join(thread->id, NULL);
	(void)pthread_cond_destroy(&thread->changed);
	(void)pthread_mutex_destroy(&thread->lock);
	close(thread->event_fd);
	return true;
}

void thread_wake_loop(const struct thread *thread)
{
	uint64_t one = 1;

	/* Fails only if the counter is at its maximum: the loop wakes up anyway. */
	(void)!write(thread->event_fd, &one, sizeof(one));
}

void thread_drain(const struct thread *thread)
{
	uint64_t count;

	(void)!read(thread->event_fd, &count, sizeof(count));
}

struct worker {
	struct thread thread;
	/* The lock protects all members below. */
	struct job_queue waiting, done;
	const char *running; /* name of the running job, a string literal */
	uint64_t since_ns;
};

static void run_jobs(void *context)
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
	r = thread_start(&worker->thread, run_jobs, worker);
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
