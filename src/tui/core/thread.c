/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thread.c - starts, wakes and stops the threads of the dashboard. */
#include <errno.h>
#include <signal.h>
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
