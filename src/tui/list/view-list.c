/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-list.c - draws the list of groups and handles clicks. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "tui/core/app.h"
#include "tui/list/list-keys.h"
#include "tui/replay/replay-keys.h"

/* The column with the tree shrinks first, down to this width. */
#define GROUP_WIDTH_MIN      18
#define GROUP_WIDTH_MIN_WIDE 26 /* on screens of at least 70 columns */
#define GROUP_WIDTH_MIN_FLAT 30 /* paths, cut at the start */
#define GROUP_WIDTH          32
/* On a wide screen, keep the numbers close to the names. */
#define GROUP_WIDTH_MAX 52
/* Mark and space before the tree. */
#define GUTTER 2

static int titled_width(const struct app *app, const struct column *column)
{
	int width = column_width(column), title_width;
	char title[40];

	column_title(column, app->settings.choices[CHOICE_OWN], title, sizeof(title));
	title_width = canvas_width(title);
	return width > title_width ? width : title_width;
}

void groups_place(const struct app *app, int columns, struct placed *placed)
{
	int widths[COLUMNS_MAX] = {0}, count = 0, flexible = -1, skipped = 0, at = 0;
	int minimum = GROUP_WIDTH_MIN_FLAT;

	for (size_t i = 0; i < app->settings.column_count; i++) {
		const struct column *column = &app->settings.columns[i];

		if (column_is_group(column)) {
			flexible = count;
			widths[count] = GROUP_WIDTH;
		} else if (skipped < app->column_first) {
			skipped++;
			continue;
		} else {
			widths[count] = titled_width(app, column);
		}
		placed->index[count++] = (uint8_t)i;
	}
	if (app->settings.choices[CHOICE_TREE])
		minimum = columns >= 70 ? GROUP_WIDTH_MIN_WIDE : GROUP_WIDTH_MIN;
	placed->count = layout_columns(columns, widths, count, flexible, minimum, placed->widths);
	placed->more = placed->count < count;
	if (flexible >= 0 && flexible < placed->count &&
	    placed->widths[flexible] > GROUP_WIDTH_MAX && !app->full_names)
		placed->widths[flexible] = GROUP_WIDTH_MAX;
	for (int i = 0; i < placed->count; i++) {
		placed->at[i] = at;
		at += placed->widths[i] + 1;
	}
}

static bool aligned_right(const struct column *column)
{
	return column->field.shape != CGW_STRING;
}

void groups_draw_head(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed)
{
	/* The default order is ascending for text, descending for numbers. */
	bool upwards = app->settings.choices[CHOICE_UPWARDS] !=
		       (app->settings.sort.field.shape == CGW_STRING);
	const char *arrow = upwards ? "▲" : "▼";

	canvas_fill(canvas, area, ROLE_TEXT, GROUND_BAR);
	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];
		bool sorted = cgw_field_equal(column->field, app->settings.sort.field) &&
			      column->style != COLUMN_GRAPH;
		enum role role = sorted ? ROLE_SORTED : ROLE_TEXT;
		int at = area.column + placed->at[i], width = placed->widths[i];
		char title[40];

		column_title(column, app->settings.choices[CHOICE_OWN], title, sizeof(title));
		if (aligned_right(column)) {
			int start = at + width - canvas_width(title);

			canvas_text_right(canvas, area.row, at, width, role, title);
			if (sorted)
				canvas_text(canvas, area.row, start > at ? start - 1 : at - 1, 1,
					    role, arrow);
			continue;
		}
		at += canvas_text_cut(canvas, area.row, at, width, role, title);
		if (sorted && at < area.columns)
			canvas_text(canvas, area.row, at, 1, role, arrow);
	}
	if (placed->more && area.columns > 1)
		canvas_text(canvas, area.row, area.column + area.columns - 1, 1, ROLE_KEY, "→");
	if (app->column_first > 0 && area.columns > 1)
		canvas_text(canvas, area.row, area.column, 1, ROLE_KEY, "←");
}

/*
 * Draws the lines of the tree before a name, for the innermost levels that fit in half of the
 * column. Returns the number of cells.
 */
static int draw_tree_lines(const struct app *app, struct canvas *canvas, int row, int at, int width,
			   uint32_t index)
{
	const struct list_row *rows = app->list.rows;
	int depth = rows[index].depth, most = width / 2 / 2, levels = depth < most ? depth : most;
	uint32_t above = index;

	for (int level = levels; level > 0; level--) {
		const char *line = rows[above].last ? "  " : "│ ";
		int column = at + 2 * (level - 1);

		if (level == levels)
			line = rows[above].last ? "└─" : "├─";
		if (level == 1 && depth > levels)
			line = "… ";
		canvas_text(canvas, row, column, 2, ROLE_TREE, line);
		above = rows[above].parent_row;
		if (above == NO_ROW)
			break;
	}
	return 2 * levels;
}

static const char *mark_of(const struct app *app, uint32_t group, enum role *ret_role)
{
	const struct group_state *state = &app->list.states[group];
	struct cgw_number frozen =
		cgw_snapshot_number(cgw_frame_now(app->frame), CGW_M_CGROUP_FROZEN, group);

	if (state->flags & GROUP_MARKED) {
		*ret_role = ROLE_MARKED;
		return "*";
	}
	if (frozen.state == CGW_OK && frozen.value != 0) {
		*ret_role = ROLE_FROZEN;
		return "❄";
	}
	if (replay_actions_has_group(&app->rehearsal, group)) {
		*ret_role = ROLE_WARM;
		return REPLAY_ACTION_SIGN;
	}
	if (state->new_until_ns > app_frame_ns(app)) {
		*ret_role = ROLE_NEW;
		return "+";
	}
	*ret_role = ROLE_TEXT;
	return " ";
}

/* Highlights the search text within a name. */
static void draw_found(const struct app *app, struct canvas *canvas, int row, int at, int width,
		       const char *text)
{
	const char *search = app_search(app, NULL);
	const char *found = search[0] != '\0' ? find_part(text, search) : NULL;
	char before[1024];
	size_t length;
	int skip;

	if (found == NULL || (size_t)(found - text) >= sizeof(before))
		return;
	length = (size_t)(found - text);
	memcpy(before, text, length);
	before[length] = '\0';
	skip = canvas_width(before);
	snprintf(before, sizeof(before), "%.*s", (int)strlen(search), found);
	canvas_text(canvas, row, at + skip, width - skip, ROLE_KEY, before);
}

/* The end of a path, which identifies the group better than its start. */
static const char *tail_of(const char *path, int width)
{
	const char *at = path;

	while (*at != '\0' && canvas_width(at) > width - 1) {
		uint32_t character;
		int cells;

		at += canvas_next(at, &character, &cells);
	}
	return at;
}

static void draw_name(const struct app *app, struct canvas *canvas, int row, int at, int width,
		      enum role role, const char *text)
{
	if (!app->settings.choices[CHOICE_TREE] && canvas_width(text) > width && width > 4) {
		canvas_text(canvas, row, at, 1, ROLE_DIM, "…");
		at++;
		text = tail_of(text, width);
		width--;
	}
	canvas_text_cut(canvas, row, at, width, role, text);
	draw_found(app, canvas, row, at, width, text);
}

/* Draws the state of a slow or lost host after its name. Returns the width, or 0. */
static int draw_trouble(const struct app *app, uint32_t group, struct canvas *canvas,
			struct rect area, const char *name)
{
	const struct cgw_topology *topology = app_topology(app);
	enum role role;
	const char *trouble;
	size_t host = 0;
	int width, at;

	if (app->hosts.count < 2 || topology->depth[group] != 1)
		return 0;
	while (host < app->hosts.count &&
	       strcmp(app->hosts.names[host], topology->name[group]) != 0)
		host++;
	trouble = app_host_trouble(app, host, &role);
	if (trouble == NULL)
		return 0;
	width = canvas_width(trouble) + 1;
	at = canvas_width(name) + 1;
	if (at + width - 1 > area.columns)
		at = area.columns - width + 1;
	if (at < 1)
		return 0;
	canvas_text(canvas, area.row, area.column + at, width - 1, role, trouble);
	return width;
}

static void draw_group(const struct app *app, const struct column *column, struct canvas *canvas,
		       int row, int at, int width, uint32_t index)
{
	const struct list_row *line = &app->list.rows[index];
	const struct cgw_topology *topology = app_topology(app);
	const struct group_state *state = &app->list.states[line->group];
	bool tree = app->settings.choices[CHOICE_TREE];
	enum role role;
	char name[1024];
	const char *mark = mark_of(app, line->group, &role);

	canvas_text(canvas, row, at, 1, role, mark);
	at += GUTTER;
	width -= GUTTER;
	if (tree) {
		int used = draw_tree_lines(app, canvas, row, at, width, index);

		at += used;
		width -= used;
		if (topology->below[line->group] > 0) {
			canvas_text(canvas, row, at, 2, ROLE_TREE,
				    state->flags & GROUP_FOLDED ? "▸ " : "▾ ");
			at += 2;
			width -= 2;
		}
	}
	if (role == ROLE_TEXT && state->flags & GROUP_CONTEXT)
		role = ROLE_DIM;
	if (tree || column->field.index == 1) {
		const char *raw = line->group == 0 ? "/" : topology->name[line->group];

		cgw_escape(name, sizeof(name), raw, strlen(raw));
	} else {
		app_path(app, line->group, name, sizeof(name));
	}
	width -= draw_trouble(app, line->group, canvas, (struct rect){row, at, 1, width}, name);
	draw_name(app, canvas, row, at, width, role, name);
}

static void draw_gone(const struct app *app, struct canvas *canvas, int row, int at, int width,
		      uint32_t index)
{
	const struct list_row *line = &app->list.rows[index];
	const char *path = app->list.gone[line->gone].path, *name = path;
	char shown[1024];

	if (app->settings.choices[CHOICE_TREE] && strrchr(path, '/') != NULL)
		name = strrchr(path, '/') + 1;
	cgw_escape(shown, sizeof(shown), name, strlen(name));
	canvas_text(canvas, row, at, 1, ROLE_GONE, "-");
	at += GUTTER;
	width -= GUTTER;
	if (app->settings.choices[CHOICE_TREE]) {
		int used = draw_tree_lines(app, canvas, row, at, width, index);

		at += used;
		width -= used;
	}
	draw_name(app, canvas, row, at, width, ROLE_GONE, shown);
}

void groups_draw_row(const struct app *app, struct canvas *canvas, struct rect area,
		     const struct placed *placed, uint32_t index)
{
	const struct list_row *line = &app->list.rows[index];
	struct column_source source = app_source(app);

	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];
		int at = area.column + placed->at[i], width = placed->widths[i];

		if (line->group == CGW_NO_GROUP) {
			if (column_is_group(column))
				draw_gone(app, canvas, area.row, at, width, index);
			continue;
		}
		if (column_is_group(column))
			draw_group(app, column, canvas, area.row, at, width, index);
		else if (!(app->list.states[line->group].flags & GROUP_CONTEXT))
			column_draw(&source, column, line->group, canvas, area.row, at, width);
	}
}

static void draw_line(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed, uint32_t index)
{
	groups_draw_row(app, canvas, area, placed, index);
	if (index == app->list.selected)
		canvas_ground(canvas, area, GROUND_SELECTED);
}

/* At the right edge, if not all rows are visible. */
static void draw_scrollbar(const struct list *list, struct canvas *canvas, struct rect area)
{
	int rows = area.rows, size, at;

	if (list->row_count <= list->page || rows < 3 || area.columns < 40)
		return;
	size = (int)((uint64_t)rows * list->page / list->row_count);
	if (size < 1)
		size = 1;
	at = (int)((uint64_t)(rows - size) * list->first / (list->row_count - list->page));
	for (int i = 0; i < rows; i++)
		canvas_text(canvas, area.row + i, area.column + area.columns - 1, 1, ROLE_TREE,
			    i >= at && i < at + size ? "█" : "│");
}

static void groups_draw(struct app *app, void *state, struct canvas *canvas,
			const struct layout *layout)
{
	struct rect body = layout->body;
	struct placed placed;

	list_show(&app->list, (uint32_t)body.rows);
	/* The last column of the screen is reserved for the scroll bar. */
	groups_place(app, body.columns >= 40 ? body.columns - 2 : body.columns, &placed);
	groups_draw_head(app, canvas, layout->head, &placed);
	if (cgw_frame_now(app->frame) == NULL)
		return;
	for (int i = 0; i < body.rows && app->list.first + (uint32_t)i < app->list.row_count; i++)
		draw_line(app, canvas, (struct rect){body.row + i, body.column, 1, body.columns},
			  &placed, app->list.first + (uint32_t)i);
	draw_scrollbar(&app->list, canvas, body);
	if (app->list.row_count == 0)
		canvas_text_cut(canvas, body.row, body.column + GUTTER, body.columns - GUTTER,
				ROLE_DIM, "No group matches the filter. Press F4 to change it.");
}

static bool any_includes_descendants(const struct app *app)
{
	for (size_t i = 0; i < app->settings.column_count; i++)
		if (column_includes_descendants(&app->settings.columns[i], true))
			return true;
	return false;
}

static void groups_status(struct app *app, void *state, struct canvas *canvas, struct rect area)
{
	char path[1024] = "", right[160] = "";
	size_t used = 0;
	int width;

	if (cgw_frame_now(app->frame) == NULL)
		return;
	if (app->list.filter.kind != FILTER_NONE) {
		char filter[64];

		cgw_escape(filter, sizeof(filter), app->list.filter.text,
			   strlen(app->list.filter.text));
		used = text_append(right, sizeof(right), used, "  filter %s: %u of %u", filter,
				   app->list.matched, app->list.count);
	}
	if (app->list.marked > 0)
		used = text_append(right, sizeof(right), used, "  %u marked", app->list.marked);
	if (app->settings.choices[CHOICE_OWN])
		used = text_append(right, sizeof(right), used, "  own%s",
				   any_includes_descendants(app) ? " (+ with descendants)" : "");
	text_append(right, sizeof(right), used, "  %u/%u",
		    app->list.row_count > 0 ? app->list.selected + 1 : 0, app->list.row_count);
	width = area.columns - canvas_width(right);
	if (app_group(app) != CGW_NO_GROUP)
		app_path(app, app_group(app), path, sizeof(path));
	if (canvas_width(path) > width && width > 4) {
		canvas_text(canvas, area.row, area.column, 1, ROLE_DIM, "…");
		canvas_text(canvas, area.row, area.column + 1, width - 1, ROLE_TEXT,
			    tail_of(path, width));
	} else {
		canvas_text(canvas, area.row, area.column, width, ROLE_TEXT, path);
	}
	canvas_text_right(canvas, area.row, area.column, area.columns, ROLE_DIM, right);
}

static void groups_add_metrics(const struct app *app, const void *state, struct cgw_metric_set *set)
{
	struct placed placed;

	groups_place(app, app->columns >= 40 ? app->columns - 2 : app->columns, &placed);
	for (int i = 0; i < placed.count; i++) {
		const struct column *column = &app->settings.columns[placed.index[i]];

		if (column->style == COLUMN_GRAPH)
			cgw_history_metrics((enum cgw_history_series)column->series, set);
		else
			cgw_field_metrics(column->field, set);
	}
	cgw_field_metrics(app->settings.sort.field, set);
	list_filter_metrics(&app->list, set);
	cgw_metric_set_add(set, CGW_M_CGROUP_FROZEN);
}

static unsigned groups_contexts(const struct app *app)
{
	unsigned contexts = app->settings.choices[CHOICE_TREE] ? IN_TREE : IN_FLAT;

	return contexts | replay_key_context(app);
}

/* A click on a column title sorts by it; on the sorted column it reverses the order. */
static unsigned click_head(struct app *app, int column)
{
	struct placed placed;

	groups_place(app, app->columns >= 40 ? app->columns - 2 : app->columns, &placed);
	for (int i = 0; i < placed.count; i++)
		if (column >= placed.at[i] && column < placed.at[i] + placed.widths[i])
			return groups_sort(app, &app->settings.columns[placed.index[i]]);
	return REACTION_NONE;
}

/* A click on the fold sign folds or unfolds; on the selected row it opens the group. */
static unsigned click_row(struct app *app, uint32_t index, int column)
{
	const struct list_row *row;
	bool was_selected = index == app->list.selected;
	int sign;

	if (index >= app->list.row_count)
		return REACTION_NONE;
	list_select(&app->list, index);
	row = &app->list.rows[index];
	sign = GUTTER + 2 * row->depth;
	if (row->group == CGW_NO_GROUP)
		return REACTION_DRAW;
	if (app->settings.choices[CHOICE_TREE] && (column == sign || column == sign + 1) &&
	    app_topology(app)->below[row->group] > 0) {
		bool folded = app->list.states[row->group].flags & GROUP_FOLDED;

		list_fold(&app->list, app->frame, row->group, !folded);
		return REACTION_ARRANGE;
	}
	return was_selected ? open_detail(app) : REACTION_DRAW;
}

static unsigned groups_click(struct app *app, void *state, const struct event *event)
{
	const struct rect *body = &app->drawn.body;

	switch (event->button) {
	case MOUSE_WHEEL_UP:
		list_move(&app->list, -3);
		return REACTION_DRAW;
	case MOUSE_WHEEL_DOWN:
		list_move(&app->list, 3);
		return REACTION_DRAW;
	case MOUSE_LEFT:
	case MOUSE_RIGHT:
		break;
	}
	if (app->drawn.head.rows > 0 && event->row == app->drawn.head.row)
		return click_head(app, event->column);
	if (event->row < body->row || event->row >= body->row + body->rows)
		return REACTION_NONE;
	if (event->button == MOUSE_RIGHT) {
		list_select(&app->list, app->list.first + (uint32_t)(event->row - body->row));
		return groups_act(app, NULL, ACTION_MARK);
	}
	return click_row(app, app->list.first + (uint32_t)(event->row - body->row), event->column);
}

const struct view_kind view_groups = {
	.name = "groups",
	.fullscreen = true,
	.head = true,
	.more_contexts = groups_contexts,
	.draw = groups_draw,
	.act = groups_act,
	.click = groups_click,
	.search = groups_search,
	.add_metrics = groups_add_metrics,
	.status = groups_status,
};
