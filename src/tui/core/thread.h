/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thread.h - what both threads of the dashboard need: a lock with a clock, an end that never hangs. */
#ifndef CGWARD_TUI_CORE_THREAD_H
#define CGWARD_TUI_CORE_THREAD_H

#include <pthread.h>

#include <cgward/base.h>

struct thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int event_fd;  /* wakes the loop */
	bool stopping; /* asked to end */
	bool ended;
};

int thread_start(struct thread *thread, void *(*body)(void *context), void *context);
/* False where the thread still hangs in the kernel: then nothing that it uses may be freed. */
bool thread_stop(struct thread *thread);
/* With the lock held: waits for a change, until `until_ns` of the monotonic clock (0: for ever). */
void thread_wait(struct thread *thread, uint64_t until_ns);
void thread_wake_loop(const struct thread *thread);
void thread_drain(const struct thread *thread);
uint64_t thread_now_ns(void);

#endif
