/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.h - work that may wait for the kernel, done by a thread of its own.
 *
 * A job owns all that it needs: while it runs, nobody else looks at it, and it does not see the app.
 */
#ifndef CGWARD_TUI_CORE_JOB_H
#define CGWARD_TUI_CORE_JOB_H

#include <cgward/kernel.h>

struct app;

struct job {
	void (*run)(struct job *job);
	/* In the main thread, when it is done; NULL: only the view that asked is told. */
	unsigned (*done)(struct app *app, struct job *job);
	void (*free)(struct job *job);
	uint64_t owner;                  /* the view that asked for it: its serial number */
	const struct cgw_layout *layout; /* constant: any thread may read it */
	const char *name;                /* "Freezing": what is said while it runs */
	bool acts;                       /* changes the system: has the other thread */
	bool kept;                       /* finish() took it over */
	struct job *next;
};

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

#endif
