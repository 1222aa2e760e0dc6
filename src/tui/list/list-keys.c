/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-keys.c - keys of the group list. */
#include <stdlib.h>
#include <string.h>

#include "tui/core/app.h"
#include "tui/detail/detail.h"
#include "tui/list/list-keys.h"

unsigned groups_sort(struct app *app, const struct column *column)
{
	if (cgw_field_equal(app->settings.sort.field, column->field))
		app->settings.choices[CHOICE_UPWARDS] ^= 1;
	else
		app->settings.choices[CHOICE_UPWARDS] = 0;
	app->settings.sort = *column;
	app->settings.sort.style = COLUMN_VALUE;
	app->settings_changed = true;
	return REACTION_ARRANGE | REACTION_METRICS;
}

static unsigned sort_by_key(struct app *app, const char *key)
{
	struct column column;

	if (column_parse(key, &column, NULL) < 0)
		return REACTION_NONE;
	return groups_sort(app, &column);
}

static unsigned sort_by_neighbour(struct app *app, int step)
{
	const struct settings *settings = &app->settings;
	int count = (int)settings->column_count, at = 0;

	while (at < count && !cgw_field_equal(settings->columns[at].field, settings->sort.field))
		at++;
	for (int i = at + step; i >= 0 && i < count; i += step) {
		const struct column *column = &settings->columns[i];

		if (column_is_drawing(column) ||
		    cgw_field_equal(column->field, settings->sort.field))
			continue;
		return groups_sort(app, column);
	}
	return REACTION_BEEP;
}

static unsigned sort_accept(struct app *app, int value)
{
	struct cgw_field field;
	struct column column;

	if (cgw_field_nth((size_t)value, &field) < 0)
		return REACTION_NONE;
	column = column_of_field(field);
	return groups_sort(app, &column);
}

/* Offers every numeric field, and the group path; fields on the screen come first. */
static unsigned open_sort(struct app *app)
{
	struct menu menu = {.title = "Sort by", .accept = sort_accept};
	struct cgw_field field;
	size_t total = 0;

	while (cgw_field_nth(total, &field) == 0)
		total++;
	menu.items = calloc(total + 1, sizeof(*menu.items));
	if (menu.items == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (int shown = 1; shown >= 0; shown--)
		for (size_t i = 0; i < total; i++) {
			struct menu_item *item = &menu.items[menu.count];
			bool is_shown = false;

			(void)cgw_field_nth(i, &field);
			for (size_t c = 0; c < app->settings.column_count; c++)
				is_shown = is_shown ||
					   cgw_field_equal(field, app->settings.columns[c].field);
			if (is_shown != shown || (field.shape == CGW_STRING && i > 0))
				continue;
			if (cgw_field_equal(field, app->settings.sort.field))
				menu.selected = (uint32_t)menu.count;
			cgw_field_key(field, item->text, sizeof(item->text));
			cgw_escape(item->help, sizeof(item->help), cgw_field_help(field),
				   strlen(cgw_field_help(field)));
			item->value = (int)i;
			menu.count++;
		}
	return open_menu(app, &menu);
}

bool groups_search(struct app *app, void *state, const char *text, bool backward, bool here)
{
	uint32_t found = CGW_NO_GROUP;

	if (cgw_frame_now(app->frame) != NULL)
		found = list_search(&app->list, app->frame, text, backward, here);
	if (found != CGW_NO_GROUP)
		list_go(&app->list, app->frame, found);
	return found != CGW_NO_GROUP;
}

/* Invalid text may be incomplete: it leaves the filter unchanged, without a message. */
static unsigned filter_changed(struct app *app, const char *text)
{
	struct cgw_diag diag = {.text = ""};

	if (list_filter(&app->list, text, &diag) < 0)
		return REACTION_NONE;
	return REACTION_ARRANGE | REACTION_METRICS | REACTION_SAMPLE;
}

static bool filter_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	struct cgw_diag diag = {.text = ""};

	if (list_filter(&app->list, text, &diag) < 0) {
		*ret_reactions = app_show_message(app, ROLE_WARM, "%s", diag.text) | REACTION_BEEP;
		return false;
	}
	*ret_reactions = REACTION_ARRANGE | REACTION_METRICS;
	return true;
}

static unsigned filter_cancel(struct app *app)
{
	list_filter(&app->list, "", NULL);
	return REACTION_ARRANGE | REACTION_METRICS;
}

static unsigned fold_selected(struct app *app, bool fold)
{
	return list_fold(&app->list, app->frame, app_group(app), fold) ? REACTION_ARRANGE
								       : REACTION_NONE;
}

static unsigned scroll_columns(struct app *app, int by)
{
	int first = app->column_first + by, count = (int)app->settings.column_count;

	if (first < 0 || first > count - 2)
		return REACTION_BEEP;
	app->column_first = first;
	return REACTION_METRICS | REACTION_SAMPLE;
}

static unsigned go_left(struct app *app)
{
	const struct list_row *row;

	if (!app->settings.choices[CHOICE_TREE])
		return scroll_columns(app, -1);
	if (app_group(app) == CGW_NO_GROUP)
		return REACTION_NONE;
	if (fold_selected(app, true) != REACTION_NONE)
		return REACTION_ARRANGE;
	row = &app->list.rows[app->list.selected];
	if (row->parent_row != NO_ROW)
		list_select(&app->list, row->parent_row);
	return REACTION_DRAW;
}

static unsigned go_right(struct app *app)
{
	if (!app->settings.choices[CHOICE_TREE])
		return scroll_columns(app, 1);
	if (fold_selected(app, false) != REACTION_NONE)
		return REACTION_ARRANGE;
	if (app_group(app) != CGW_NO_GROUP && app_topology(app)->below[app_group(app)] > 0)
		list_move(&app->list, 1);
	return REACTION_DRAW;
}

static unsigned toggle(struct app *app, enum settings_choice choice)
{
	app->settings.choices[choice] ^= 1;
	app->settings_changed = true;
	return REACTION_ARRANGE | REACTION_METRICS;
}

static unsigned mark_selected(struct app *app)
{
	uint32_t group = app_group(app);

	if (group == CGW_NO_GROUP)
		return REACTION_BEEP;
	list_mark(&app->list, group, !(app->list.states[group].flags & GROUP_MARKED));
	list_move(&app->list, 1);
	return REACTION_DRAW;
}

static unsigned pin_selected(struct app *app)
{
	struct pins *pins = &app->settings.pins;
	struct cgw_diag diag = {.text = ""};
	char path[4096];
	int index;

	if (app_group(app) == CGW_NO_GROUP)
		return REACTION_BEEP;
	app_path(app, app_group(app), path, sizeof(path));
	index = pins_find(pins, path);
	if (index >= 0)
		pins_remove(pins, (size_t)index);
	else if (pins_add(pins, path, &diag) < 0)
		return app_show_message(app, ROLE_WARM, "%s", diag.text) | REACTION_BEEP;
	app->settings_changed = true;
	return REACTION_ARRANGE;
}

/* Shows the column with the time of threads beside the names, or hides it. */
static unsigned toggle_stack(struct app *app)
{
	struct settings *settings = &app->settings;
	size_t at = 0, first = 0;
	struct column column;

	while (at < settings->column_count && settings->columns[at].style != COLUMN_STACK)
		at++;
	if (at < settings->column_count) {
		settings->column_count--;
		memmove(&settings->columns[at], &settings->columns[at + 1],
			(settings->column_count - at) * sizeof(column));
	} else {
		if (settings->column_count == COLUMNS_MAX ||
		    column_parse("time.running:stack", &column, NULL) < 0)
			return REACTION_BEEP;
		while (first < settings->column_count && column_is_group(&settings->columns[first]))
			first++;
		memmove(&settings->columns[first + 1], &settings->columns[first],
			(settings->column_count - first) * sizeof(column));
		settings->columns[first] = column;
		settings->column_count++;
	}
	app->settings_changed = true;
	return REACTION_ARRANGE | REACTION_METRICS;
}

static unsigned open_filter(struct app *app)
{
	static const struct prompt prompt = {.title = "Filter",
					     .changed = filter_changed,
					     .accept = filter_accept,
					     .cancel = filter_cancel};

	return open_prompt(app, &prompt, app->list.filter.text);
}

/* Goes from one warning to the next, and after the last to the first. */
static unsigned go_to_warned(struct app *app)
{
	uint32_t group = alerts_group(&app->alerts, app->frame, app->warning);

	if (group == CGW_NO_GROUP) {
		app->warning = 0;
		group = alerts_group(&app->alerts, app->frame, 0);
	}
	if (group == CGW_NO_GROUP)
		return app_show_message(app, ROLE_TEXT, "no warnings") | REACTION_BEEP;
	app->warning++;
	list_go(&app->list, app->frame, group);
	return REACTION_ARRANGE;
}

static unsigned view_action(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_TREE_FLAT:
		return toggle(app, CHOICE_TREE);
	case ACTION_OWN:
		return toggle(app, CHOICE_OWN);
	case ACTION_WARNED:
		return go_to_warned(app);
	case ACTION_FIND_PROCESS:
		return open_find_process(app);
	case ACTION_NAMES:
		app->settings.choices[CHOICE_NAMES] =
			(uint8_t)((app->settings.choices[CHOICE_NAMES] + 1) % 3);
		app->settings_changed = true;
		return REACTION_DRAW;
	case ACTION_TIME:
		return toggle_stack(app);
	case ACTION_IDLE:
		return toggle(app, CHOICE_IDLE);
	case ACTION_INVERT:
		return toggle(app, CHOICE_UPWARDS);
	case ACTION_SORT:
		return open_sort(app);
	case ACTION_SORT_LEFT:
		return sort_by_neighbour(app, -1);
	case ACTION_SORT_RIGHT:
		return sort_by_neighbour(app, 1);
	case ACTION_SORT_CPU:
		return sort_by_key(app, "cpu");
	case ACTION_SORT_MEMORY:
		return sort_by_key(app, "memory.working_set");
	case ACTION_SORT_IO:
		return sort_by_key(app, "io");
	case ACTION_SORT_PATH:
		return sort_by_key(app, "group");
	case ACTION_FILTER:
		return open_filter(app);
	case ACTION_VIEWS:
	case ACTION_VIEW_SAVE:
	case ACTION_VIEW_DELETE:
		return saved_view_act(app, action);
	default:
		return REACTION_NONE;
	}
}

static unsigned row_action(struct app *app, enum action action)
{
	char path[4096];

	switch (action) {
	case ACTION_LEFT:
		return go_left(app);
	case ACTION_RIGHT:
		return go_right(app);
	case ACTION_COLUMNS_LEFT:
		return scroll_columns(app, -1);
	case ACTION_COLUMNS_RIGHT:
		return scroll_columns(app, 1);
	case ACTION_UNFOLD:
		return fold_selected(app, false);
	case ACTION_FOLD:
		return fold_selected(app, true);
	case ACTION_FOLD_ALL:
		list_fold_all(&app->list, app->frame);
		return REACTION_ARRANGE;
	case ACTION_MARK:
		return mark_selected(app);
	case ACTION_PIN:
		return pin_selected(app);
	case ACTION_UNMARK:
		list_unmark_all(&app->list);
		return REACTION_DRAW;
	case ACTION_COPY:
		if (app_group(app) == CGW_NO_GROUP)
			return REACTION_BEEP;
		app_path(app, app_group(app), path, sizeof(path));
		return app_copy(app, path);
	case ACTION_OPEN:
		return open_detail(app);
	case ACTION_EXPLAIN:
		return open_detail_at(app, PAGE_EXPLAIN);
	case ACTION_COMPARE:
		return open_compare(app);
	case ACTION_INSPECT:
		return open_detail_at(app, PAGE_INSPECT);
	default:
		return view_action(app, action);
	}
}

unsigned groups_act(struct app *app, void *state, enum action action)
{
	uint32_t selected = app->list.selected;

	switch (action) {
	case ACTION_QUIT:
		return REACTION_QUIT;
	case ACTION_HELP:
		return open_help(app);
	case ACTION_SETUP:
		return open_setup(app);
	case ACTION_POLICY:
		return open_policy(app);
	default:
		break;
	}
	/* All other actions need groups: wait for the first sample. */
	if (cgw_frame_now(app->frame) == NULL)
		return REACTION_NONE;
	if (list_action(action, app->list.row_count, app->list.page, &selected)) {
		list_select(&app->list, selected);
		return REACTION_DRAW;
	}
	if (is_group_action(action))
		return act_on_groups(app, action);
	return row_action(app, action);
}
