/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-tabs.c - the pages of an opened group as a row of tabs. */
#include <stdio.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/detail/detail.h"
#include "tui/list/name-cut.h"

static const char *const names[PAGE_COUNT] = {
	[PAGE_GRAPHS] = "graphs",       [PAGE_METRICS] = "metrics", [PAGE_LIMITS] = "limits",
	[PAGE_PROCESSES] = "processes", [PAGE_EVENTS] = "events",   [PAGE_EXPLAIN] = "explain",
	[PAGE_INSPECT] = "inspect",     [PAGE_ADVICE] = "advice",
};

/*
 * Positions of the tabs: all by name; if that is too wide, all except the current one by number;
 * else the current one only.
 */
struct tabs {
	int at[PAGE_COUNT], widths[PAGE_COUNT];
	bool named;
};

static struct tabs place_tabs(const struct detail *detail, struct rect area)
{
	struct tabs tabs = {.named = true};
	int width = 0, at;

	/* With a space between them, if there is one. */
	for (int gap = 1; gap >= 0 && (width == 0 || width > area.columns); gap--) {
		width = 0;
		for (int i = 0; i < PAGE_COUNT; i++)
			width += tabs.widths[i] = (int)strlen(names[i]) + 3 + gap;
	}
	if (width > area.columns) {
		tabs.named = false;
		width = 0;
		for (int i = 0; i < PAGE_COUNT; i++) {
			if (i != (int)detail->page)
				tabs.widths[i] = 3;
			width += tabs.widths[i];
		}
	}
	for (int i = 0; width > area.columns && i < PAGE_COUNT; i++)
		if (i != (int)detail->page) {
			width -= tabs.widths[i];
			tabs.widths[i] = 0;
		}
	/* Right-aligned, with the path on the left if there is space. */
	at = area.column + (area.columns >= width + 12 ? area.columns - width : 0);
	for (int i = 0; i < PAGE_COUNT; i++) {
		tabs.at[i] = at;
		at += tabs.widths[i];
	}
	return tabs;
}

void detail_draw_tabs(const struct detail *detail, struct canvas *canvas, struct rect area)
{
	struct tabs tabs = place_tabs(detail, area);
	int end = area.column + area.columns;

	canvas_fill(canvas, area, ROLE_TEXT, GROUND_BAR);
	if (tabs.at[0] > area.column) {
		char cut[1024];
		int width = tabs.at[0] - area.column - 2;

		name_cut(ESCAPED(1024, detail->path), NAME_CUT_START, NULL, width, cut,
			 sizeof(cut));
		canvas_text(canvas, area.row, area.column, width, ROLE_STRONG, cut);
	}
	for (int i = 0; i < PAGE_COUNT; i++) {
		bool here = i == (int)detail->page;
		char tab[32];
		int used;

		if (tabs.widths[i] == 0)
			continue;
		if (here || tabs.named)
			snprintf(tab, sizeof(tab), " %d %s ", i + 1, names[i]);
		else
			snprintf(tab, sizeof(tab), " %d ", i + 1);
		used = canvas_text(canvas, area.row, tabs.at[i], end - tabs.at[i],
				   here ? ROLE_STRONG : ROLE_TEXT, tab);
		if (here)
			canvas_ground(canvas, (struct rect){area.row, tabs.at[i], 1, used},
				      GROUND_SELECTED);
	}
}

int detail_tab_at(const struct detail *detail, struct rect area, int column)
{
	struct tabs tabs = place_tabs(detail, area);

	for (int i = 0; i < PAGE_COUNT; i++)
		if (column >= tabs.at[i] && column < tabs.at[i] + tabs.widths[i])
			return i;
	return -1;
}
