/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * advice.h - limits for groups from what the dashboard has seen, or from the recording it plays.
 *
 * Nothing is computed before it is shown for the first time: it needs metrics that other columns
 * do not.
 */
#ifndef CGWARD_TUI_DETAIL_ADVICE_H
#define CGWARD_TUI_DETAIL_ADVICE_H

#include <cgward/advise.h>

#include "tui/core/job.h"

struct advice {
	struct cgw_advisor *advisor; /* NULL: not started, or being computed from the recording */
	const struct cgw_advice *items;
	size_t count;
	uint64_t samples;  /* so far; of a recording: all */
	bool outdated;     /* samples were added since `items` were computed */
	bool reading;      /* the recording */
	bool is_recording; /* the limits were tried on it */
	int error;
};

/* Starts it, if not done yet. */
void advice_start(struct app *app);
void advice_on_sample(struct app *app);
void advice_metrics(const struct app *app, struct cgw_metric_set *set);
/* Computes what is outdated. All advice on the group. */
const struct cgw_advice *advice_of_group(struct advice *advice, const char *path,
					 size_t *ret_count);
/* Takes the result of a job; false: another job. */
bool advice_collect(struct app *app, struct job *job);
void advice_done(struct advice *advice);

#endif
