/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* search.h - search as you type in what the top view shows, then the next and previous match. */
#pragma once

#include "tui/core/view.h"

struct open_view;

/*
 * Finds the next of `count` rows after (or before) `row` for which matches() is true, at the end
 * starting over; `row` itself first if `here`. Returns false if there is none.
 */
bool search_rows(uint32_t count, uint32_t *row, bool backward, bool here,
		 bool (*matches)(const void *context, uint32_t row), const void *context);

/* False if the action is not about searching, or the view cannot be searched. */
bool search_act(struct app *app, const struct open_view *view, enum action action,
		unsigned *ret_reactions);
