/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-job.h - the output of `cgward inspect` for one group, as a repeatable job. */
#ifndef CGWARD_TUI_DETAIL_INSPECT_JOB_H
#define CGWARD_TUI_DETAIL_INSPECT_JOB_H

#include "tui/core/job.h"

struct inspect_job;
/* Each run inspects the group again and computes rates since the previous run. */
int inspect_job_new(const char *path, struct inspect_job **ret_job);
struct inspect_job *inspect_job_free(struct inspect_job *inspect);
struct job *inspect_job_as_job(struct inspect_job *inspect);
struct inspect_job *inspect_job_from(struct job *job);
/* The output as lines, owned by the job; NULL and the error if the last run failed. */
const char *inspect_job_text(const struct inspect_job *inspect, int *ret_error);
/* Number of runs so far; rates need two. */
unsigned inspect_job_count(const struct inspect_job *inspect);

#endif
