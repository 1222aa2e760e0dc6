/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* command-menu.c - a menu of all actions that keys can perform here. */
#include <stdio.h>
#include <stdlib.h>

#include "tui/core/app.h"
#include "tui/core/views.h"

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
