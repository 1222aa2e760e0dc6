/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* time-stack.h - where the time of a group's threads goes, as one bar of letters. Pure. */
#pragma once

#include <cgward/model.h>

#include "tui/core/canvas.h"

#define TIME_STACK_WIDTH 20

/* The metrics of the bar: traced ones, and those of files in place of them. */
void time_stack_metrics(struct cgw_metric_set *set);
/* False if not even the time that its threads ran is known. */
bool time_stack_has_value(const struct cgw_frame *frame, uint32_t group);
void time_stack_draw(const struct cgw_frame *frame, uint32_t group, struct canvas *canvas,
		     struct rect area);
/* What the letters mean, in one row. */
void time_stack_draw_legend(const struct cgw_frame *frame, struct canvas *canvas, struct rect area);
