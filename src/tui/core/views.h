/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* views.h - all views, and how each is opened. */
#ifndef CGWARD_TUI_CORE_VIEWS_H
#define CGWARD_TUI_CORE_VIEWS_H

#include "tui/core/app.h"
#include "tui/core/line-edit.h"

extern const struct view_kind view_groups, view_detail;

unsigned open_detail(struct app *app);
/* On one of its pages: enum detail_page. */
unsigned open_detail_at(struct app *app, unsigned page);
unsigned open_help(struct app *app);
unsigned open_setup(struct app *app);
unsigned open_policy(struct app *app);

/* Actions on groups, the same from the list and from an opened group. ACTION_NONE: not one of them. */
unsigned act_on_groups(struct app *app, enum action action);
bool is_group_action(enum action action) CGW_PURE;

/* A line to type, in place of the status line. */
struct prompt {
	const char *title;
	struct line line;
	/* At each key, where something follows the text as it is typed. May be NULL. */
	unsigned (*changed)(struct app *app, const char *text);
	/* Enter. False keeps the line open: the message says why. */
	bool (*accept)(struct app *app, const char *text, unsigned *ret_reactions);
	unsigned (*cancel)(struct app *app); /* may be NULL */
};
unsigned open_prompt(struct app *app, const struct prompt *prompt, const char *text);

/* Something to choose from; what is typed narrows it down. */
struct menu_item {
	char text[128];
	char help[160];
	int value;
};
struct menu {
	const char *title;
	struct menu_item *items; /* taken over */
	size_t count;
	uint32_t selected;
	unsigned (*accept)(struct app *app, int value);
};
unsigned open_menu(struct app *app, const struct menu *menu);

/* Text to read: lines are added, then it is opened. */
struct reader;
struct reader *reader_new(const char *title);
/* NULL readers are accepted: memory ran out, and open_reader() says so. */
void reader_add(struct reader *reader, enum role role, const char *left, const char *text);
unsigned open_reader(struct app *app, struct reader *reader);

/* Draws `text` into the area line by line, broken at blanks; the rows that it took. */
int draw_paragraph(struct canvas *canvas, struct rect area, enum role role, const char *text);

#endif
