/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* worker.h - does jobs one after the other in a thread of its own. */
#ifndef CGWARD_TUI_CORE_WORKER_H
#define CGWARD_TUI_CORE_WORKER_H

#include "tui/core/job.h"

struct worker;

int worker_start(struct worker **ret_worker);
/* Jobs that wait are dropped; one that runs is waited for a moment, as sampling_stop() does. */
struct worker *worker_stop(struct worker *worker);
void worker_post(struct worker *worker, struct job *job);
/* Readable when worker_pop() has a job that is done. */
int worker_fd(const struct worker *worker);
struct job *worker_pop(struct worker *worker);
/* The name of the job that runs, or NULL; since when. */
const char *worker_busy(struct worker *worker, uint64_t *ret_since_ns);

#endif
