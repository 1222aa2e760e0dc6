/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-job.h - what `cgward inspect` would print of one group, looked at again and again. */
#ifndef CGWARD_TUI_DETAIL_INSPECT_JOB_H
#define CGWARD_TUI_DETAIL_INSPECT_JOB_H

#include "tui/core/job.h"

struct look;
/* Of the looking thread: each run of the job is another look, rates are taken from the one before. */
int inspect_job_new(const char *path, struct look **ret_look);
struct look *inspect_job_free(struct look *look);
struct job *inspect_job_as_job(struct look *look);
struct look *inspect_job_from(struct job *job);
/* The page as lines, or NULL and why; it belongs to the look. */
const char *inspect_job_text(const struct look *look, int *ret_error);
/* How many looks there were: rates want two. */
unsigned inspect_job_count(const struct look *look);

#endif
