/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dashboard.h - the dashboard without terminal and threads: samples and keys in, canvases out.
 *
 * Pure except for the jobs that it posts, so that tests can run whole sessions key by key.
 */
#pragma once

#include "tui/core/app.h"
#include "tui/core/view.h"

int app_new(struct app **ret_app);

/* Processes a sample. References its snapshots, and takes ownership of its events and marks. */
int app_on_sample(struct app *app, struct arrival *arrival, uint64_t now_ns);
/* Each returns the reactions left for the caller: the app has handled its own. */
unsigned app_key(struct app *app, uint32_t key);
unsigned app_mouse(struct app *app, const struct event *event);
unsigned app_job_done(struct app *app, struct job *job);
/* Call once per loop iteration. */
unsigned app_tick(struct app *app, uint64_t now_ns);
/* All metrics that the screen needs. */
void app_metrics(const struct app *app, struct cgw_metric_set *set);

/* Preferred height of the header on a screen of `rows` rows. */
int header_rows(const struct app *app, int rows);
void header_draw(struct app *app, struct canvas *canvas, struct rect area);

void key_bar_draw(const struct app *app, struct canvas *canvas, struct rect area);
/* The action whose key is shown at that column; ACTION_NONE. */
enum action key_bar_action(const struct app *app, int column);
