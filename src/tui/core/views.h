/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views.h - all views and the functions that open them. */
#pragma once

#include "lib/base/string-list.h"
#include "tui/core/app.h"
#include "tui/core/line-edit.h"
#include "tui/core/view.h"

extern const struct view_kind view_groups, view_detail;

unsigned open_detail(struct app *app);
/* Opens it on a page: enum detail_page. */
unsigned open_detail_at(struct app *app, unsigned page);
unsigned open_help(struct app *app);
/* Asks for a file and writes what is on the screen; its suffix determines the format. */
unsigned open_save_view(struct app *app);
/* A menu of all actions that keys perform here; `perform` gets the one that is chosen. */
unsigned open_commands(struct app *app, unsigned (*perform)(struct app *app, int action));
unsigned open_find_process(struct app *app);
unsigned open_setup(struct app *app);
unsigned open_policy(struct app *app);

/* Actions on groups, from the list and from an opened group. */
unsigned act_on_groups(struct app *app, enum action action);
bool is_group_action(enum action action) CGW_PURE;

/* An input line in place of the status line. */
struct prompt {
	char title[64];
	struct line line;
	/* Called after each key that edits the text. May be NULL. */
	unsigned (*changed)(struct app *app, const char *text);
	/* Enter. False: the line stays open and the status message gives the reason. */
	bool (*accept)(struct app *app, const char *text, unsigned *ret_reactions);
	unsigned (*cancel)(struct app *app); /* may be NULL */
	const struct string_list *earlier;   /* texts that Up recalls, oldest first, or NULL */
	size_t recalled;                     /* how many of them, from the newest on */
};
unsigned open_prompt(struct app *app, const struct prompt *prompt, const char *text);

/* A list to choose from; typing narrows it down. */
struct menu_item {
	char text[128];
	char help[160];
	int value;
};
struct menu {
	char title[200];
	struct menu_item *items; /* owned by the menu from then on */
	size_t count;
	uint32_t selected;
	unsigned (*accept)(struct app *app, int value);
};
/* Offers the usual signals; `accept` gets the number. */
unsigned open_signal_menu(struct app *app, const char *title,
			  unsigned (*accept)(struct app *app, int number));
unsigned open_menu(struct app *app, const struct menu *menu);

/*
 * Runs until the user quits. The source must outlive the app, which references its snapshots.
 * Returns 0, the number of the signal that ended it, or a negative error with `diag` set.
 */
int screen_run(struct app *app, struct source *source, struct cgw_diag *diag);
