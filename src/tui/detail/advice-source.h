/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * advice-source.h - limits for groups from what the dashboard has seen, or from the recording it
 * plays.
 *
 * Nothing is computed before it is shown for the first time: it needs metrics that other columns
 * do not.
 */
#pragma once

#include "tui/core/app.h"

/* Starts it, if not done yet. */
void advice_start(struct app *app);
void advice_on_sample(struct app *app);
void advice_metrics(const struct app *app, struct cgw_metric_set *set);
/* Takes the result of a job; false: another job. */
bool advice_collect(struct app *app, struct job *job);
