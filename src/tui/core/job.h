/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h - work that may block in the kernel, run by a worker thread.
 *
 * A job owns its data: while it runs, no other thread accesses it, and it must not access the
 * app.
 */
#pragma once

#include <cgward/kernel.h>

struct app;

struct job {
	void (*run)(struct job *job);
	/* Called in the main thread after run(). NULL: only the owner's finish() is called. */
	unsigned (*done)(struct app *app, struct job *job);
	void (*free)(struct job *job);
	uint64_t owner;                  /* serial number of the view that posted it */
	const struct cgw_layout *layout; /* immutable, so safe to read from any thread */
	const char *name;                /* "Freezing", shown while it runs; a string literal */
	bool acts;                       /* changes the system: runs in the action thread */
	bool kept;                       /* finish() took ownership */
	struct job *next;
};

static inline void job_free(struct job *job)
{
	if (job != NULL)
		job->free(job);
}

struct job_queue {
	struct job *first, *last;
};

static inline void job_push(struct job_queue *queue, struct job *job)
{
	job->next = NULL;
	if (queue->last != NULL)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
}

static inline struct job *job_pop(struct job_queue *queue)
{
	struct job *job = queue->first;

	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->last = NULL;
	job->next = NULL;
	return job;
}
