/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scroll.h - the position in rows of which only a page is visible. Pure. */
#pragma once

#include "tui/core/term.h"

struct scroll {
	uint32_t selected;    /* row; not in texts, which have no selection */
	uint32_t first, page; /* visible rows */
	struct rect area;     /* where they are drawn */
};

/* Moves the selection of a list by rows and pages. False if the action is not one of these. */
bool list_action(enum action action, uint32_t count, uint32_t page, uint32_t *selected);

/* Call it before drawing: makes the selected one of `count` rows visible. */
void scroll_place(struct scroll *scroll, struct rect area, uint32_t count);
/* The same for a text: leaves no empty rows at the end. */
void scroll_place_text(struct scroll *scroll, struct rect area, uint32_t count);
bool scroll_act(struct scroll *scroll, enum action action, uint32_t count);
bool scroll_act_text(struct scroll *scroll, enum action action, uint32_t count);
/* True if a row was clicked. Otherwise the wheel, if it was turned, has moved the selection. */
bool scroll_click(struct scroll *scroll, const struct event *event, uint32_t count,
		  uint32_t *ret_row);
/* Moves a text by the wheel. */
void scroll_click_text(struct scroll *scroll, const struct event *event, uint32_t count);
