/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* worker.h - a thread that runs jobs one after another. */
#ifndef CGWARD_TUI_CORE_WORKER_H
#define CGWARD_TUI_CORE_WORKER_H

#include "tui/core/job.h"

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

#endif
