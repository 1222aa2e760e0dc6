/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* saved-view-actions.c - saves, applies and deletes named views of the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/saved-views.h"
#include "tui/list/list-keys.h"

static unsigned show_problem(struct app *app, const struct cgw_diag *diag)
{
	return REACTION_BEEP |
	       app_show_message(app, ROLE_BAD, "%s",
				diag->text[0] != '\0' ? diag->text : "out of memory");
}

/* The item of the menu that ends the view. */
#define NO_VIEW (-1)

static unsigned apply_view(struct app *app, int index)
{
	const char *name = index == NO_VIEW ? "" : app->view_names.items[index];
	struct saved_view view = {.settings = app->settings};
	struct cgw_diag diag = {.text = ""};

	if ((index == NO_VIEW ? saved_view_leave(&view.settings, &app->before_view)
			      : saved_view_load(app->config_path, name, &view, &diag)) < 0 ||
	    list_filter(&app->list, view.filter, &diag) < 0)
		return show_problem(app, &diag);
	app_apply_view(app, name, &view.settings);
	return REACTION_ARRANGE | REACTION_METRICS | REACTION_SETTINGS | REACTION_SAMPLE |
	       app_show_message(app, ROLE_GOOD, index == NO_VIEW ? "no view" : "view %s", name);
}

static unsigned delete_view(struct app *app, int index)
{
	const char *name = app->view_names.items[index];
	struct cgw_diag diag = {.text = ""};

	if (saved_view_delete(app->config_path, name, &diag) < 0)
		return show_problem(app, &diag);
	return app_show_message(app, ROLE_GOOD, "deleted view %s", name);
}

/* "tree, by cpu, 12 columns, theme auto, filter cpu > 5%", or why it cannot be applied. */
static void describe(const struct app *app, const char *name, char *buffer, size_t size)
{
	struct saved_view view = {.settings = app->settings};
	struct cgw_diag diag = {.text = ""};
	char sort[96], filter[SAVED_VIEW_FILTER_BYTES];
	size_t used;

	if (saved_view_load(app->config_path, name, &view, &diag) < 0) {
		snprintf(buffer, size, "%.150s", diag.text);
		return;
	}
	column_print(&view.settings.sort, sort, sizeof(sort));
	used = text_append(buffer, size, 0, "%s, by %s, %zu columns",
			   view.settings.choices[CHOICE_TREE] ? "tree" : "flat", sort,
			   view.settings.column_count);
	cgw_escape(filter, sizeof(filter), view.filter, strlen(view.filter));
	if (filter[0] != '\0')
		text_append(buffer, size, used, ", filter %s", filter);
}

static unsigned open_views(struct app *app, const char *title,
			   unsigned (*accept)(struct app *app, int index))
{
	struct menu menu = {.accept = accept};
	struct cgw_diag diag = {.text = ""};
	char key[16];

	string_list_free(&app->view_names);
	if (saved_views_list(app->config_path, &app->view_names, &diag) < 0)
		return show_problem(app, &diag);
	app_key_name(app, ACTION_VIEW_SAVE, key, sizeof(key));
	if (app->view_names.count == 0)
		return REACTION_BEEP |
		       app_show_message(app, ROLE_TEXT, "no saved views (%s: save)", key);
	snprintf(menu.title, sizeof(menu.title), "%s", title);
	menu.items = calloc(app->view_names.count + 1, sizeof(*menu.items));
	if (menu.items == NULL)
		return show_problem(app, &diag);
	for (; menu.count < app->view_names.count; menu.count++) {
		struct menu_item *item = &menu.items[menu.count];
		const char *name = app->view_names.items[menu.count];

		snprintf(item->text, sizeof(item->text), "%s", name);
		describe(app, name, item->help, sizeof(item->help));
		item->value = (int)menu.count;
	}
	if (accept == apply_view && app->view[0] != '\0')
		menu.items[menu.count++] = (struct menu_item){
			"(none)", "back to the list before a view was applied", NO_VIEW};
	return open_menu(app, &menu);
}

static bool save_accept(struct app *app, const char *name, unsigned *ret_reactions)
{
	struct cgw_diag diag = {.text = ""};
	bool replaced;

	*ret_reactions = REACTION_DRAW;
	if (name[0] == '\0')
		return true;
	if (saved_view_store(app->config_path, name, &app->settings, app->list.filter.text,
			     &replaced, &diag) < 0) {
		*ret_reactions = show_problem(app, &diag);
		return false;
	}
	*ret_reactions = app_show_message(app, ROLE_GOOD, "%s view %s",
					  replaced ? "replaced" : "saved", name);
	return true;
}

unsigned saved_view_act(struct app *app, enum action action)
{
	static const struct prompt prompt = {.title = "Save view as", .accept = save_accept};

	if (action == ACTION_VIEW_SAVE)
		return open_prompt(app, &prompt, "");
	if (action == ACTION_VIEW_DELETE)
		return open_views(app, "Delete a saved view", delete_view);
	return open_views(app, "Apply a saved view", apply_view);
}
