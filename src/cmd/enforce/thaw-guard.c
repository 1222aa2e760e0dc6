/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thaw-guard.c - a thread that thaws groups at the end of their freeze while the daemon is busy. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/enforce/thaw-guard.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/freezer.h"

#define STACK_BYTES ((size_t)256 << 10)
/* Time that passes in suspend is not counted by the clock that the thread sleeps on. */
#define SLEEP_MAX_NS NS_PER_S

struct frozen_group {
	size_t hierarchy;
	uint64_t group_id, at_ns;
	char *path;
	bool writing; /* without the lock: whether the group is thawed is not known */
	bool thawed;
};

struct thaw_guard {
	const struct cgw_layout *layout;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool stop;
	struct frozen_group *groups;
	size_t count, capacity;
};

static struct frozen_group *find_group(struct thaw_guard *guard, size_t hierarchy,
				       uint64_t group_id)
{
	for (size_t i = 0; i < guard->count; i++)
		if (guard->groups[i].group_id == group_id &&
		    guard->groups[i].hierarchy == hierarchy)
			return &guard->groups[i];
	return NULL;
}

static struct frozen_group *find_earliest(struct thaw_guard *guard)
{
	struct frozen_group *earliest = NULL;

	for (size_t i = 0; i < guard->count; i++)
		if (!guard->groups[i].thawed &&
		    (earliest == NULL || guard->groups[i].at_ns < earliest->at_ns))
			earliest = &guard->groups[i];
	return earliest;
}

/* Returns true if the group no longer exists or was thawed. */
static bool thaw(const struct cgw_layout *layout, size_t hierarchy, uint64_t group_id,
		 const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r = target_open(layout, hierarchy, path, &target);

	if (cgw_error_is_gone(r) || (r == 0 && target.id != group_id))
		return true;
	return r == 0 &&
	       target_write(&target, freezer_file(&target), freezer_word(&target, false)) == 0;
}

/* The lock is released while the kernel works: the daemon must not wait for it. */
static void thaw_unlocked(struct thaw_guard *guard, struct frozen_group *group, uint64_t now_ns)
{
	CLEANUP(cleanup_free) char *path = strdup(group->path);
	size_t hierarchy = group->hierarchy;
	uint64_t group_id = group->group_id, at_ns = group->at_ns;
	bool done = false;

	group->writing = true;
	pthread_mutex_unlock(&guard->lock);
	if (path != NULL)
		done = thaw(guard->layout, hierarchy, group_id, path);
	pthread_mutex_lock(&guard->lock);
	group = find_group(guard, hierarchy, group_id);
	if (group == NULL || group->at_ns != at_ns)
		return; /* cleared or frozen again meanwhile */
	group->writing = false;
	group->thawed = done;
	group->at_ns = now_ns + SLEEP_MAX_NS; /* if it failed */
}

static void sleep_until(struct thaw_guard *guard, const struct frozen_group *next, uint64_t now_ns)
{
	uint64_t wait_ns = next != NULL && next->at_ns - now_ns < SLEEP_MAX_NS
				   ? next->at_ns - now_ns
				   : SLEEP_MAX_NS;
	uint64_t end_ns = clock_now_ns() + wait_ns;
	const struct timespec end = timespec_from_ns(end_ns);

	if (next == NULL)
		(void)pthread_cond_wait(&guard->woken, &guard->lock);
	else
		(void)pthread_cond_timedwait(&guard->woken, &guard->lock, &end);
}

static void *run(void *context)
{
	struct thaw_guard *guard = context;

	pthread_mutex_lock(&guard->lock);
	while (!guard->stop) {
		uint64_t now_ns = clock_ns(CLOCK_BOOTTIME);
		struct frozen_group *next = find_earliest(guard);

		if (next != NULL && next->at_ns <= now_ns)
			thaw_unlocked(guard, next, now_ns);
		else
			sleep_until(guard, next, now_ns);
	}
	pthread_mutex_unlock(&guard->lock);
	return NULL;
}

/* Signals are for the event loop, and a locked stack must not be large. */
static int start_thread(struct thaw_guard *guard)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&guard->thread, &attributes, run, guard);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -r;
}

static void free_guard(struct thaw_guard *guard)
{
	for (size_t i = 0; i < guard->count; i++)
		free(guard->groups[i].path);
	free(guard->groups);
	pthread_cond_destroy(&guard->woken);
	pthread_mutex_destroy(&guard->lock);
	free(guard);
}

int thaw_guard_start(const struct cgw_layout *layout, struct thaw_guard **ret_guard)
{
	struct thaw_guard *guard = calloc(1, sizeof(*guard));
	pthread_condattr_t attributes;
	int r;

	if (guard == NULL)
		return -ENOMEM;
	guard->layout = layout;
	pthread_mutex_init(&guard->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&guard->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	r = start_thread(guard);
	if (r < 0) {
		free_guard(guard);
		return r;
	}
	*ret_guard = guard;
	return 0;
}

struct thaw_guard *thaw_guard_stop(struct thaw_guard *guard)
{
	if (guard == NULL)
		return NULL;
	pthread_mutex_lock(&guard->lock);
	guard->stop = true;
	pthread_cond_signal(&guard->woken);
	pthread_mutex_unlock(&guard->lock);
	(void)pthread_join(guard->thread, NULL);
	free_guard(guard);
	return NULL;
}

static struct frozen_group *add_group(struct thaw_guard *guard, size_t hierarchy, uint64_t group_id,
				      const char *path)
{
	struct frozen_group *group;

	if (ARRAY_RESERVE(guard->groups, guard->capacity, guard->count + 1) < 0)
		return NULL;
	group = &guard->groups[guard->count];
	*group = (struct frozen_group){
		.hierarchy = hierarchy, .group_id = group_id, .path = strdup(path)};
	if (group->path == NULL)
		return NULL;
	guard->count++;
	return group;
}

int thaw_guard_set(struct thaw_guard *guard, size_t hierarchy, uint64_t group_id, const char *path,
		   uint64_t at_ns)
{
	struct frozen_group *group;

	pthread_mutex_lock(&guard->lock);
	group = find_group(guard, hierarchy, group_id);
	if (group == NULL)
		group = add_group(guard, hierarchy, group_id, path);
	if (group != NULL) {
		group->at_ns = at_ns;
		group->writing = false;
		group->thawed = false;
		pthread_cond_signal(&guard->woken);
	}
	pthread_mutex_unlock(&guard->lock);
	return group != NULL ? 0 : -ENOMEM;
}

bool thaw_guard_clear(struct thaw_guard *guard, size_t hierarchy, uint64_t group_id)
{
	struct frozen_group *group;
	bool thawed = false;

	pthread_mutex_lock(&guard->lock);
	group = find_group(guard, hierarchy, group_id);
	if (group != NULL) {
		thawed = group->thawed || group->writing;
		free(group->path);
		*group = guard->groups[--guard->count];
	}
	pthread_mutex_unlock(&guard->lock);
	return thawed;
}
