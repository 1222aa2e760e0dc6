/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* key-bar.c - the last row: keys of the actions that matter most here. */
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "tui/core/app.h"
#include "tui/core/dashboard.h"

/* The most important first, on narrow screens only these; the others follow as they are listed. */
static const enum action important[] = {
	ACTION_HELP,     ACTION_QUIT,   ACTION_BACK, ACTION_WARNED,  ACTION_UNDO,
	ACTION_THAW,     ACTION_NEXT,   ACTION_PLAY, ACTION_SEARCH,  ACTION_FILTER,
	ACTION_OPEN,     ACTION_FREEZE, ACTION_EDIT, ACTION_KILL,    ACTION_SORT,
	ACTION_COMMANDS, ACTION_MARK,   ACTION_STEP, ACTION_EXPLAIN, ACTION_TREE_FLAT,
};

/* An action in the key bar. */
struct label {
	enum action action;
	int column, width, order;
};

#define LABELS_MAX 32

static bool is_frozen(const struct app *app)
{
	uint32_t group = app_group(app);
	struct cgw_number frozen;

	if (group == CGW_NO_GROUP)
		return false;
	frozen = cgw_snapshot_number(cgw_frame_now(app->frame), CGW_M_CGROUP_FROZEN, group);
	return frozen.state == CGW_OK && frozen.value != 0;
}

/* Whether the action does anything in the current state. */
static bool applies(const struct app *app, enum action action)
{
	switch (action) {
	case ACTION_THAW:
		return is_frozen(app);
	case ACTION_FREEZE:
		return !is_frozen(app);
	case ACTION_UNDO:
		return app->change_count > 0;
	case ACTION_WARNED:
		return cgw_frame_now(app->frame) != NULL &&
		       alerts_group(&app->alerts, app->frame, 0) != CGW_NO_GROUP;
	default:
		return true;
	}
}

/* The first key that performs the action here: not one that is text, or has another action. */
static uint32_t key_of(const struct app *app, enum action action)
{
	const uint32_t *keys = app->settings.keymap.keys[action];
	unsigned contexts = app_contexts(app);

	for (size_t i = 0; i < KEYS_PER_ACTION && keys[i] != KEY_NONE; i++)
		if (keymap_find(&app->settings.keymap, contexts, keys[i]) == action &&
		    (!(contexts & IN_EDIT) || keys[i] < ' ' || keys[i] >= KEY_SPECIAL))
			return keys[i];
	return KEY_NONE;
}

/* F1 to F9 first, F10 last, as in similar programs. */
static int order_of(const struct app *app, enum action action)
{
	uint32_t key = key_of(app, action);
	int number = (int)key - KEY_FUNCTION;

	if (key <= KEY_FUNCTION || key > KEY_FUNCTION_LAST)
		return 10 * 256 + (int)action;
	return number < 10 ? number * 256 : (number + 1) * 256;
}

static int by_order(const void *a, const void *b)
{
	return ((const struct label *)a)->order - ((const struct label *)b)->order;
}

/* Adds a label such as "F1Help" if it fits. */
static void add(const struct app *app, enum action action, int columns, struct label *labels,
		size_t *count, int *used)
{
	const struct key_binding *binding = key_binding(action);
	char key[16];
	int width;

	if (binding->label[0] == '\0' || !(binding->contexts & app_contexts(app)) ||
	    (binding->changes && !app_may_act(app)) || !applies(app, action) ||
	    *count == LABELS_MAX)
		return;
	for (size_t i = 0; i < *count; i++)
		if (labels[i].action == action)
			return;
	if (key_of(app, action) == KEY_NONE)
		return;
	key_print(key_of(app, action), key, sizeof(key));
	width = canvas_width(key) + canvas_width(binding->label);
	if (*used + width > columns)
		return;
	labels[(*count)++] = (struct label){action, 0, width, order_of(app, action)};
	*used += width + 1;
}

/* Returns how many fit, with one blank between them. */
static size_t place_labels(const struct app *app, int columns, struct label *labels)
{
	size_t count = 0;
	int used = 0, at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(important); i++)
		add(app, important[i], columns, labels, &count, &used);
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		add(app, (enum action)i, columns, labels, &count, &used);
	qsort(labels, count, sizeof(*labels), by_order);
	for (size_t i = 0; i < count; i++) {
		labels[i].column = at;
		at += labels[i].width + 1;
	}
	return count;
}

void key_bar_draw(const struct app *app, struct canvas *canvas, struct rect area)
{
	struct label labels[LABELS_MAX];
	size_t count = place_labels(app, area.columns, labels);

	for (size_t i = 0; i < count && area.rows > 0; i++) {
		char key[16];
		int at = area.column + labels[i].column, used;

		key_print(key_of(app, labels[i].action), key, sizeof(key));
		used = canvas_text(canvas, area.row, at, labels[i].width, ROLE_KEY, key);
		canvas_ground(canvas, (struct rect){area.row, at + used, 1, labels[i].width - used},
			      GROUND_BAR);
		canvas_text(canvas, area.row, at + used, labels[i].width - used, ROLE_TEXT,
			    key_binding(labels[i].action)->label);
	}
}

enum action key_bar_action(const struct app *app, int column)
{
	struct label labels[LABELS_MAX];
	size_t count = place_labels(app, app->drawn.keys.columns, labels);

	for (size_t i = 0; i < count; i++)
		if (column >= labels[i].column && column < labels[i].column + labels[i].width)
			return labels[i].action;
	return ACTION_NONE;
}
