/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-menu.c - a menu that typing narrows down, and the one of all commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/core/app.h"
#include "tui/core/scroll.h"
#include "tui/core/views.h"
#include "tui/list/group-list.h"

struct menu_state {
	struct menu menu;
	struct line line;
	uint32_t *shown; /* items that match the typed text */
	uint32_t shown_count;
	struct scroll scroll;
};

static bool item_matches(const struct menu_item *item, const char *text)
{
	return find_part(item->text, text) != NULL || find_part(item->help, text) != NULL;
}

static void narrow(struct menu_state *state)
{
	state->shown_count = 0;
	/* Matches in the name first, then matches in the help text. */
	for (int by_name = 1; by_name >= 0; by_name--)
		for (size_t i = 0; i < state->menu.count; i++) {
			const struct menu_item *item = &state->menu.items[i];
			bool named = find_part(item->text, state->line.text) != NULL;

			if (named == (bool)by_name && item_matches(item, state->line.text))
				state->shown[state->shown_count++] = (uint32_t)i;
		}
	state->scroll.selected = 0;
	state->scroll.first = 0;
}

static int widest(const struct menu *menu)
{
	int text = 0;

	for (size_t i = 0; i < menu->count; i++) {
		int width = canvas_width(menu->items[i].text);

		if (width > text)
			text = width;
	}
	return text;
}

static void menu_draw(struct app *app, void *opaque, struct canvas *canvas,
		      const struct layout *layout)
{
	struct menu_state *state = opaque;
	int rows = (int)state->menu.count + 2, columns = canvas->columns - 8, text, row;
	struct rect area, list;

	if (rows > canvas->rows - 4)
		rows = canvas->rows - 4;
	if (columns > 96)
		columns = 96;
	area = draw_window(canvas, rows, columns, state->menu.title);
	if (area.rows < 3)
		area.rows = area.rows > 0 ? area.rows : 1;
	list = area;
	list.rows = area.rows > 2 ? area.rows - 2 : 1;
	scroll_place(&state->scroll, list, state->shown_count);
	text = widest(&state->menu);
	if (text > area.columns / 2)
		text = area.columns / 2;
	row = area.row;
	for (uint32_t i = state->scroll.first;
	     i < state->shown_count && i < state->scroll.first + state->scroll.page; i++, row++) {
		const struct menu_item *item = &state->menu.items[state->shown[i]];

		canvas_text_cut(canvas, row, area.column, text, ROLE_STRONG, item->text);
		canvas_text_cut(canvas, row, area.column + text + 2, area.columns - text - 2,
				ROLE_DIM, item->help);
		if (i == state->scroll.selected)
			canvas_ground(canvas, (struct rect){row, area.column, 1, area.columns},
				      GROUND_SELECTED);
	}
	if (state->shown_count == 0)
		canvas_text_cut(canvas, row, area.column, area.columns, ROLE_DIM, "no match");
	if (area.rows > 2) {
		row = area.row + area.rows - 1;
		canvas_text(canvas, row, area.column, 6, ROLE_DIM, "Find: ");
		line_draw(&state->line, canvas, row, area.column + 6, area.columns - 6, true);
	}
}

static unsigned menu_type(struct app *app, void *opaque, uint32_t key, bool *ret_used)
{
	struct menu_state *state = opaque;

	/* Home and End move in the list, not in the line. */
	*ret_used = key != KEY_TOP && key != KEY_BOTTOM && line_key(&state->line, key);
	if (*ret_used)
		narrow(state);
	return REACTION_DRAW;
}

static unsigned menu_accept(struct app *app, struct menu_state *state)
{
	unsigned (*accept)(struct app * app, int value) = state->menu.accept;
	int value;

	if (state->scroll.selected >= state->shown_count)
		return REACTION_BEEP;
	value = state->menu.items[state->shown[state->scroll.selected]].value;
	return app_close(app) | accept(app, value);
}

static unsigned menu_act(struct app *app, void *opaque, enum action action)
{
	struct menu_state *state = opaque;

	if (scroll_act(&state->scroll, action, state->shown_count))
		return REACTION_DRAW;
	if (action == ACTION_BACK)
		return app_close(app);
	return action == ACTION_ACCEPT ? menu_accept(app, state) : REACTION_NONE;
}

static unsigned menu_click(struct app *app, void *opaque, const struct event *event)
{
	struct menu_state *state = opaque;
	uint32_t row;

	if (!scroll_click(&state->scroll, event, state->shown_count, &row) ||
	    event->column < state->scroll.area.column)
		return REACTION_DRAW;
	if (row == state->scroll.selected)
		return menu_accept(app, state);
	state->scroll.selected = row;
	return REACTION_DRAW;
}

static void menu_done(void *opaque)
{
	struct menu_state *state = opaque;

	free(state->menu.items);
	free(state->shown);
	free(state);
}

static const struct view_kind view_menu = {
	.name = "menu",
	.contexts = IN_DIALOGS,
	.draw = menu_draw,
	.act = menu_act,
	.type = menu_type,
	.click = menu_click,
	.done = menu_done,
};

unsigned open_menu(struct app *app, const struct menu *menu)
{
	struct menu_state *state = calloc(1, sizeof(*state));

	if (state != NULL)
		state->shown = calloc(menu->count + 1, sizeof(*state->shown));
	if (state == NULL || state->shown == NULL) {
		free(state);
		free(menu->items);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	state->menu = *menu;
	narrow(state);
	state->scroll.selected = menu->selected < menu->count ? menu->selected : 0;
	return app_open(app, &view_menu, state);
}

unsigned open_commands(struct app *app, unsigned (*perform)(struct app *app, int action))
{
	struct menu menu = {.title = "Commands", .accept = perform};
	unsigned contexts = app_contexts(app) & ~(unsigned)IN_SEARCHING;

	menu.items = calloc(ACTION_COUNT, sizeof(*menu.items));
	if (menu.items == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct key_binding *binding = key_binding((enum action)i);
		struct menu_item *item = &menu.items[menu.count];
		char key[16];

		if (!(binding->contexts & contexts) || i == ACTION_COMMANDS ||
		    (binding->changes && !app_may_act(app)))
			continue;
		app_key_name(app, (enum action)i, key, sizeof(key));
		snprintf(item->text, sizeof(item->text), "%-16s %s", binding->name, key);
		snprintf(item->help, sizeof(item->help), "%s", binding->help);
		item->value = i;
		menu.count++;
	}
	return open_menu(app, &menu);
}
