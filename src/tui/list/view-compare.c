/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-compare.c - two groups side by side: the columns of the list as rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/scroll.h"
#include "tui/core/search.h"
#include "tui/list/list-keys.h"
#include "tui/list/name-cut.h"

#define KEY_WIDTH 26
#define GAP       2

struct compare {
	char *paths[2]; /* raw: the groups are found again in each sample */
	struct scroll scroll;
};

static void compare_done(void *opaque)
{
	struct compare *compare = opaque;

	free(compare->paths[0]);
	free(compare->paths[1]);
	free(compare);
}

/* The columns with a row: all but the group. */
static uint32_t count_rows(const struct app *app)
{
	uint32_t count = 0;

	for (size_t i = 0; i < app->settings.column_count; i++)
		count += !column_is_group(&app->settings.columns[i]);
	return count;
}

static const struct column *column_at(const struct app *app, uint32_t row)
{
	const struct column *column = app->settings.columns;

	while (column_is_group(column) || row-- > 0)
		column++;
	return column;
}

/* The cells of a group: from this column on, of this width. */
static int place_group(struct rect area, int index, int *ret_width)
{
	int key = area.columns > 3 * KEY_WIDTH ? KEY_WIDTH : area.columns / 3;

	*ret_width = (area.columns - key - 2 * GAP) / 2;
	return area.column + key + GAP + index * (*ret_width + GAP);
}

static void draw_head(const struct compare *compare, struct canvas *canvas, struct rect area,
		      const uint32_t groups[static 2])
{
	for (int i = 0; i < 2; i++) {
		const char *prefix = groups[i] == CGW_NO_GROUP ? "removed: " : "";
		char cut[1024];
		int width, at = place_group(area, i, &width);

		name_cut(ESCAPED(4096, compare->paths[i]), NAME_CUT_START, NULL,
			 width - (int)strlen(prefix), cut, sizeof(cut));
		canvas_text_right(canvas, area.row, at, width,
				  groups[i] == CGW_NO_GROUP ? ROLE_GONE : ROLE_TITLE,
				  FORMATTED(1056, "%s%s", prefix, cut));
	}
}

static void draw_row(const struct app *app, const struct column *column, const char *search,
		     struct canvas *canvas, struct rect area, const uint32_t groups[static 2])
{
	struct column_source source = app_source(app);
	char key[128];
	int width;

	column_print(column, key, sizeof(key));
	canvas_text_cut(
		canvas, area.row, area.column, place_group(area, 0, &width) - GAP - area.column,
		search[0] != '\0' && find_part(key, search) != NULL ? ROLE_KEY : ROLE_STRONG, key);
	/* The graphs of both groups have one scale. */
	for (int i = 0; i < 2 && column->style == COLUMN_GRAPH; i++) {
		double maximum = groups[i] != CGW_NO_GROUP
					 ? column_graph_maximum(&source, column, groups[i])
					 : 0;

		if (maximum > source.maximum)
			source.maximum = maximum;
	}
	for (int i = 0; i < 2; i++) {
		int at = place_group(area, i, &width);

		if (groups[i] != CGW_NO_GROUP && width > 0)
			column_draw(&source, column, groups[i], canvas, area.row, at, width);
	}
}

static void compare_draw(struct app *app, void *opaque, struct canvas *canvas,
			 const struct layout *layout)
{
	struct compare *compare = opaque;
	const char *search = app_search(app, compare);
	struct rect area = layout->body;
	uint32_t groups[2], count = count_rows(app);

	if (cgw_frame_now(app->frame) == NULL || area.rows < 2)
		return;
	for (int i = 0; i < 2; i++)
		groups[i] = cgw_topology_find(app_topology(app), compare->paths[i]);
	draw_head(compare, canvas, area, groups);
	area.row++;
	area.rows--;
	scroll_place(&compare->scroll, area, count);
	for (int i = 0; i < area.rows && compare->scroll.first + (uint32_t)i < count; i++) {
		uint32_t row = compare->scroll.first + (uint32_t)i;
		struct rect line = {area.row + i, area.column, 1, area.columns};

		draw_row(app, column_at(app, row), search, canvas, line, groups);
		if (row == compare->scroll.selected)
			canvas_ground(canvas, line, GROUND_SELECTED);
	}
}

/* The meaning of the selected row. */
static void compare_status(struct app *app, void *opaque, struct canvas *canvas, struct rect area)
{
	const struct compare *compare = opaque;

	if (compare->scroll.selected < count_rows(app))
		canvas_text_cut(canvas, area.row, area.column, area.columns, ROLE_DIM,
				cgw_field_help(column_at(app, compare->scroll.selected)->field));
}

static unsigned compare_act(struct app *app, void *opaque, enum action action)
{
	struct compare *compare = opaque;

	if (scroll_act(&compare->scroll, action, count_rows(app)))
		return REACTION_DRAW;
	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	return REACTION_NONE;
}

static unsigned compare_click(struct app *app, void *opaque, const struct event *event)
{
	struct compare *compare = opaque;
	uint32_t row;

	if (scroll_click(&compare->scroll, event, count_rows(app), &row))
		compare->scroll.selected = row;
	return REACTION_DRAW;
}

struct row_search {
	const struct app *app;
	const char *text;
};

static bool row_matches(const void *context, uint32_t row)
{
	const struct row_search *search = context;
	char key[128];

	column_print(column_at(search->app, row), key, sizeof(key));
	return find_part(key, search->text) != NULL;
}

static bool compare_search(struct app *app, void *opaque, const char *text, bool backward,
			   bool here)
{
	struct compare *compare = opaque;
	const struct row_search search = {app, text};

	return search_rows(count_rows(app), &compare->scroll.selected, backward, here, row_matches,
			   &search);
}

/* Also of the columns that are not on the screen in the list. */
static void compare_add_metrics(const struct app *app, const void *opaque,
				struct cgw_metric_set *set)
{
	for (size_t i = 0; i < app->settings.column_count; i++)
		column_metrics(&app->settings.columns[i], set);
}

static const struct view_kind view_compare = {
	.name = "compare",
	.fullscreen = true,
	.contexts = IN_READING,
	.draw = compare_draw,
	.act = compare_act,
	.click = compare_click,
	.search = compare_search,
	.add_metrics = compare_add_metrics,
	.status = compare_status,
	.done = compare_done,
};

/* The marked groups, and the selected one if only one is marked; false if these are not two. */
static bool choose_groups(const struct app *app, uint32_t groups[static 2])
{
	size_t count = 0;

	for (uint32_t i = 0; i < app->list.count; i++) {
		if (!(app->list.states[i].flags & GROUP_MARKED))
			continue;
		if (count == 2)
			return false;
		groups[count++] = i;
	}
	if (count == 1 && app_group(app) != CGW_NO_GROUP && app_group(app) != groups[0])
		groups[count++] = app_group(app);
	return count == 2;
}

unsigned open_compare(struct app *app)
{
	struct compare *compare;
	uint32_t groups[2];
	char key[16];

	app_key_name(app, ACTION_MARK, key, sizeof(key));
	if (!choose_groups(app, groups))
		return REACTION_BEEP |
		       app_show_message(app, ROLE_WARM,
					"mark one group (%s) and select another to compare them",
					key);
	compare = calloc(1, sizeof(*compare));
	for (int i = 0; compare != NULL && i < 2; i++)
		compare->paths[i] = cgw_topology_path_copy(app_topology(app), groups[i]);
	if (compare == NULL || compare->paths[0] == NULL || compare->paths[1] == NULL) {
		if (compare != NULL)
			compare_done(compare);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	return app_open(app, &view_compare, compare) | REACTION_SAMPLE;
}
