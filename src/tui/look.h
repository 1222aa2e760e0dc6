/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* look.h - what `cgward inspect` would print of one group, looked at again and again. */
#ifndef CGWARD_TUI_LOOK_H
#define CGWARD_TUI_LOOK_H

#include "tui/job.h"

struct look;
/* Of the looking thread: each run of the job is another look, rates are taken from the one before. */
int look_new(const char *path, struct look **ret_look);
struct look *look_free(struct look *look);
struct job *look_as_job(struct look *look);
struct look *look_of(struct job *job);
/* The page as lines, or NULL and why; it belongs to the look. */
const char *look_text(const struct look *look, int *ret_error);
/* How many looks there were: rates want two. */
unsigned look_count(const struct look *look);

#endif
