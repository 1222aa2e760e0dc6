/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-list.c - draws the list of groups and handles clicks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/list/list-keys.h"
#include "tui/list/name-cut.h"
#include "tui/list/names-search.h"
#include "tui/list/time-stack.h"
#include "tui/replay/replay-keys.h"

/* Of the sign of a pinned group. */
#define PIN_WIDTH 2

/* The list gives its last row to the legend of a column from so many rows on. */
#define LEGEND_ROWS_MIN 4

/* The levels of the tree drawn before a name: they get at most half of the column. */
static int tree_levels(const struct app *app, int width, uint32_t index)
{
	int depth = app->list.rows[index].depth, most = width / 2 / 2;

	return depth < most ? depth : most;
}

/*
 * Draws the lines of the tree before a name, for the innermost levels that fit in half of the
 * column. Returns the number of cells.
 */
static int draw_tree_lines(const struct app *app, struct canvas *canvas, int row, int at, int width,
			   uint32_t index)
{
	const struct list_row *rows = app->list.rows;
	int depth = rows[index].depth, levels = tree_levels(app, width, index);
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

static bool is_pinned(const struct app *app, uint32_t group)
{
	return app->list.states[group].flags & GROUP_PINNED;
}

/* How a name that does not fit is shortened. */
static enum name_cut cut_of(const struct app *app, uint32_t group)
{
	bool is_path = !app->settings.choices[CHOICE_TREE] || is_pinned(app, group);

	return is_path ? NAME_CUT_START : NAME_CUT_MIDDLE;
}

static void draw_name(const struct app *app, struct canvas *canvas, struct rect area,
		      enum role role, enum name_cut cut, const char *text, const char *other)
{
	char shown[1024];

	name_cut(text, cut, other, area.columns, shown, sizeof(shown));
	canvas_text_cut(canvas, area.row, area.column, area.columns, role, shown);
	draw_found(app, canvas, area.row, area.column, area.columns, shown);
}

/* The cells of the column that the name of a row can use. */
static int name_space(const struct app *app, uint32_t index, int width)
{
	const struct list_row *line = &app->list.rows[index];

	width -= GUTTER + (is_pinned(app, line->group) ? PIN_WIDTH : 0);
	if (!app->settings.choices[CHOICE_TREE])
		return width;
	width -= 2 * tree_levels(app, width, index);
	return app_topology(app)->below[line->group] > 0 ? width - 2 : width;
}

/* The cut names of the rows on the screen, to find those that look the same. */
struct shown_names {
	uint32_t first, count;
	uint64_t *hashes; /* 0: not cut */
};

static void find_cut_names(const struct app *app, const struct placed *placed, uint32_t rows,
			   struct shown_names *ret_names)
{
	int width = 0;

	*ret_names = (struct shown_names){.first = app->list.first};
	for (int i = 0; i < placed->count; i++)
		if (column_is_group(&app->settings.columns[placed->index[i]]))
			width = placed->widths[i];
	ret_names->hashes = width > 0 ? calloc(rows + 1, sizeof(*ret_names->hashes)) : NULL;
	if (ret_names->hashes == NULL)
		return;
	ret_names->count = rows;
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t index = app->list.first + i;
		char label[1024], cut[1024];
		uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
		int space;

		if (index >= app->list.row_count || app->list.rows[index].group == CGW_NO_GROUP)
			continue;
		space = name_space(app, index, width);
		app_label(app, app->list.rows[index].group, label, sizeof(label));
		if (canvas_width(label) <= space)
			continue;
		name_cut(label, cut_of(app, app->list.rows[index].group), NULL, space, cut,
			 sizeof(cut));
		for (const char *at = cut; *at != '\0'; at++)
			hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
		ret_names->hashes[i] = hash;
	}
}

/* Writes the name of another row that looks like this one when it is cut. */
static const char *find_twin(const struct app *app, const struct shown_names *names, uint32_t index,
			     char *buffer, size_t size)
{
	uint32_t at = index - names->first;

	if (at >= names->count || names->hashes[at] == 0)
		return NULL;
	for (uint32_t i = 0; i < names->count; i++) {
		if (i == at || names->hashes[i] != names->hashes[at])
			continue;
		app_label(app, app->list.rows[names->first + i].group, buffer, size);
		return buffer;
	}
	return NULL;
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

static void draw_group(const struct app *app, struct canvas *canvas, struct rect area,
		       uint32_t index, const char *twin)
{
	const struct list_row *line = &app->list.rows[index];
	const struct cgw_topology *topology = app_topology(app);
	const struct group_state *state = &app->list.states[line->group];
	enum role role;
	char name[1024];
	const char *mark = mark_of(app, line->group, &role);
	int space = name_space(app, index, area.columns);

	if (state->flags & GROUP_MARKED) {
		canvas_text(canvas, area.row, area.column, 1, ROLE_MARKED, "*");
		canvas_text(canvas, area.row, area.column + 1, 1, role, mark);
		role = ROLE_MARKED;
	} else {
		canvas_text(canvas, area.row, area.column, 1, role, mark);
	}
	if (app->settings.choices[CHOICE_TREE]) {
		int at = area.column + GUTTER;

		at += draw_tree_lines(app, canvas, area.row, at, area.columns - GUTTER, index);
		if (topology->below[line->group] > 0)
			canvas_text(canvas, area.row, at, 2, ROLE_TREE,
				    state->flags & GROUP_FOLDED ? "▸ " : "▾ ");
	}
	area.column += area.columns - space;
	area.columns = space;
	if (is_pinned(app, line->group) && space > 0)
		canvas_text(canvas, area.row, area.column - PIN_WIDTH, 1, ROLE_KEY, "#");
	if (role == ROLE_TEXT && state->flags & GROUP_CONTEXT)
		role = ROLE_DIM;
	app_label(app, line->group, name, sizeof(name));
	area.columns -= draw_trouble(app, line->group, canvas, area, name);
	draw_name(app, canvas, area, role, cut_of(app, line->group), name, twin);
}

static void draw_gone(const struct app *app, struct canvas *canvas, int row, int at, int width,
		      uint32_t index)
{
	const struct list_row *line = &app->list.rows[index];
	const char *path = app->list.gone[line->gone].path, *name = path;

	if (app->settings.choices[CHOICE_TREE] && strrchr(path, '/') != NULL)
		name = strrchr(path, '/') + 1;
	canvas_text(canvas, row, at, 1, ROLE_GONE, "-");
	at += GUTTER;
	width -= GUTTER;
	if (app->settings.choices[CHOICE_TREE]) {
		int used = draw_tree_lines(app, canvas, row, at, width, index);

		at += used;
		width -= used;
	}
	draw_name(app, canvas, (struct rect){row, at, 1, width}, ROLE_GONE,
		  app->settings.choices[CHOICE_TREE] ? NAME_CUT_MIDDLE : NAME_CUT_START,
		  ESCAPED(1024, name), NULL);
}

void groups_draw_row(const struct app *app, struct canvas *canvas, struct rect area,
		     const struct placed *placed, uint32_t index, const char *twin)
{
	const struct list_row *line = &app->list.rows[index];
	struct column_source source = app_source(app);

	for (int i = 0; i < placed->count; i++) {
		const struct column *column = &app->settings.columns[placed->index[i]];
		int at = area.column + placed->at[i], width = placed->widths[i];

		source.maximum = placed->maximum[i];
		if (line->group == CGW_NO_GROUP) {
			if (column_is_group(column))
				draw_gone(app, canvas, area.row, at, width, index);
			continue;
		}
		if (column_is_group(column))
			draw_group(app, canvas, (struct rect){area.row, at, 1, width}, index, twin);
		else if (!(app->list.states[line->group].flags & GROUP_CONTEXT))
			column_draw(&source, column, line->group, canvas, area.row, at, width);
	}
}

static void draw_line(const struct app *app, struct canvas *canvas, struct rect area,
		      const struct placed *placed, uint32_t index, const struct shown_names *names)
{
	char twin[1024];

	groups_draw_row(app, canvas, area, placed, index,
			find_twin(app, names, index, twin, sizeof(twin)));
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

/* Grows with the names that are seen, so that columns do not move back and forth. */
static void measure_names(struct app *app, uint32_t rows)
{
	const uint8_t *choices = app->settings.choices;

	if (app->name_width_choices[0] != choices[CHOICE_TREE] ||
	    app->name_width_choices[1] != choices[CHOICE_NAMES])
		app->name_width = 0;
	app->name_width_choices[0] = choices[CHOICE_TREE];
	app->name_width_choices[1] = choices[CHOICE_NAMES];
	for (uint32_t i = app->list.first; i < app->list.first + rows && i < app->list.row_count;
	     i++) {
		const struct list_row *row = &app->list.rows[i];
		char label[1024];
		int width;

		if (row->group == CGW_NO_GROUP)
			continue;
		app_label(app, row->group, label, sizeof(label));
		width = GUTTER + canvas_width(label) + (is_pinned(app, row->group) ? PIN_WIDTH : 0);
		if (choices[CHOICE_TREE])
			width +=
				2 * row->depth + (app_topology(app)->below[row->group] > 0 ? 2 : 0);
		if (width > app->name_width)
			app->name_width = width;
	}
}

/* Whether other columns are drawn than before, so that other metrics are needed. */
static void note_columns(struct app *app, const struct placed *placed)
{
	uint64_t drawn = 0;

	for (int i = 0; i < placed->count; i++)
		drawn |= UINT64_C(1) << placed->index[i];
	app->columns_changed = app->columns_changed || drawn != app->drawn_columns;
	app->drawn_columns = drawn;
}

static void groups_draw(struct app *app, void *state, struct canvas *canvas,
			const struct layout *layout)
{
	struct rect body = layout->body, legend = {body.row, body.column, 1, body.columns};
	uint32_t rows = (uint32_t)body.rows;
	struct shown_names names;
	struct placed placed;

	if (cgw_frame_now(app->frame) != NULL)
		measure_names(app, rows);
	groups_place(app, groups_columns(app), &placed);
	if (rows >= LEGEND_ROWS_MIN && groups_show_stack(app, &placed)) {
		legend.row += --body.rows;
		rows--;
	} else {
		legend.rows = 0;
	}
	list_show(&app->list, rows);
	note_columns(app, &placed);
	groups_draw_head(app, canvas, layout->head, &placed);
	if (cgw_frame_now(app->frame) == NULL)
		return;
	groups_scale(app, &placed, app->list.first, rows);
	find_cut_names(app, &placed, rows, &names);
	for (int i = 0; i < body.rows && app->list.first + (uint32_t)i < app->list.row_count; i++)
		draw_line(app, canvas, (struct rect){body.row + i, body.column, 1, body.columns},
			  &placed, app->list.first + (uint32_t)i, &names);
	free(names.hashes);
	draw_scrollbar(&app->list, canvas, body);
	if (legend.rows > 0)
		time_stack_draw_legend(app->frame, canvas, legend);
	if (app->list.row_count == 0)
		canvas_text_cut(canvas, body.row, body.column + GUTTER, body.columns - GUTTER,
				ROLE_DIM, "No group matches the filter. Press F4 to change it.");
}

static void groups_update(struct app *app, void *state)
{
	uint32_t groups[256], count = 0;

	groups_check_columns(app);
	for (uint32_t i = app->list.first; i < app->list.row_count && count < ARRAY_SIZE(groups) &&
					   i < app->list.first + app->list.page;
	     i++)
		if (app->list.rows[i].group != CGW_NO_GROUP)
			groups[count++] = app->list.rows[i].group;
	group_names_search(app, groups, count);
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
	char path[1024] = "", right[320] = "", key[16], sort[96], cut[1024];
	struct placed placed;
	size_t used = 0;
	int width;

	if (cgw_frame_now(app->frame) == NULL)
		return;
	if (app->view[0] != '\0')
		used = text_append(right, sizeof(right), used, "  view %s", app->view);
	if (app->list.filter.kind != FILTER_NONE) {
		const char *filter = ESCAPED(64, app->list.filter.text);

		used = text_append(right, sizeof(right), used, "  filter %s: %u of %u", filter,
				   app->list.matched, app->list.count);
	}
	if (app->list.marked > 0)
		used = text_append(right, sizeof(right), used, "  %u marked", app->list.marked);
	if (app->settings.choices[CHOICE_OWN])
		used = text_append(right, sizeof(right), used, "  own%s",
				   any_includes_descendants(app) ? " (+ with descendants)" : "");
	if (app->list.idle > 0) {
		app_key_name(app, ACTION_IDLE, key, sizeof(key));
		used = text_append(right, sizeof(right), used, "  %u idle hidden (%s)",
				   app->list.idle, key);
	}
	groups_place(app, groups_columns(app), &placed);
	if (!groups_sort_is_shown(app, &placed)) {
		column_print(&app->settings.sort, sort, sizeof(sort));
		used = text_append(right, sizeof(right), used, "  sorted by %s %s", sort,
				   groups_sort_sign(app));
	}
	text_append(right, sizeof(right), used, "  %u/%u",
		    app->list.row_count > 0 ? app->list.selected + 1 : 0, app->list.row_count);
	width = area.columns - canvas_width(right);
	if (app_group(app) != CGW_NO_GROUP)
		app_path(app, app_group(app), path, sizeof(path));
	name_cut(path, NAME_CUT_START, NULL, width, cut, sizeof(cut));
	canvas_text(canvas, area.row, area.column, width, ROLE_TEXT, cut);
	canvas_text_right(canvas, area.row, area.column, area.columns, ROLE_DIM, right);
}

static void groups_add_metrics(const struct app *app, const void *state, struct cgw_metric_set *set)
{
	groups_metrics(app, set);
	cgw_field_metrics(app->settings.sort.field, set);
	list_filter_metrics(&app->list, set);
	cgw_metric_set_add(set, CGW_M_CGROUP_FROZEN);
	cgw_metric_set_add(set, CGW_M_CPU_USAGE); /* which groups are idle */
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

	groups_place(app, groups_columns(app), &placed);
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
	.update = groups_update,
	.add_metrics = groups_add_metrics,
	.status = groups_status,
};
