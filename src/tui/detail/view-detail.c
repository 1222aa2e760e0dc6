/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-detail.c - an opened group: pages, tabs and keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/search.h"
#include "tui/detail/advice-source.h"
#include "tui/detail/detail.h"
#include "tui/list/name-cut.h"
#include "tui/replay/replay-keys.h"

#define SCROLL_CELLS 8
#define SCROLL_MAX   4096
/* Samples of the widest graph. */
#define CURSOR_MAX 1000
/* Groups whose processes are listed. */
#define GROUPS_BELOW_MAX 2000

/* NULL: the page draws itself. */
static void (*const fill_page[PAGE_COUNT])(struct app *app, struct detail *detail) = {
	[PAGE_GRAPHS] = NULL,
	[PAGE_METRICS] = detail_fill_metrics,
	[PAGE_LIMITS] = detail_fill_limits,
	[PAGE_PROCESSES] = detail_fill_processes,
	[PAGE_EVENTS] = detail_fill_events,
	[PAGE_EXPLAIN] = detail_fill_explain,
	[PAGE_INSPECT] = detail_fill_inspect,
	[PAGE_ADVICE] = detail_fill_advice,
};

static void fill(struct app *app, struct detail *detail)
{
	const struct row_subject subject = detail_selected_subject(detail);

	detail->row_count = 0;
	detail->cause_count = 0;
	if (fill_page[detail->page] != NULL)
		fill_page[detail->page](app, detail);
	detail_select_subject(detail, &subject);
	if (detail->scroll.selected >= detail->row_count)
		detail->scroll.selected =
			detail->row_count > 0 ? (uint32_t)detail->row_count - 1 : 0;
	/* The first row that is not a heading. */
	while (detail->scroll.first == 0 && detail->scroll.selected + 1 < detail->row_count &&
	       detail->rows[detail->scroll.selected].heading)
		detail->scroll.selected++;
}

/* The descendants whose processes are listed as well; without memory, fewer. */
static void list_groups_below(const struct app *app, const struct detail *detail,
			      struct string_list *below)
{
	const struct cgw_topology *topology = app_topology(app);
	uint32_t group = detail->group;

	string_list_free(below);
	if (!detail->with_below || detail->page != PAGE_PROCESSES || group == CGW_NO_GROUP)
		return;
	for (uint32_t i = 1; i <= topology->below[group] && below->count < GROUPS_BELOW_MAX; i++)
		(void)string_list_take(below, cgw_topology_path_copy(topology, group + i));
}

/* Posts one job at a time, so that a slow kernel is not flooded with reads. */
static void post_group_job(struct app *app, struct detail *detail)
{
	struct group_job *group_job = detail->group_job;

	if (group_job == NULL || app->layout == NULL)
		return;
	detail->group_job = NULL;
	group_job_drop_result(group_job);
	group_job->need_processes = detail->page == PAGE_PROCESSES;
	group_job->uses = process_order_uses(detail->process_order);
	list_groups_below(app, detail, &group_job->below);
	app_post_job(app, detail, &group_job->job);
}

static uint64_t id_of(const struct cgw_topology *topology, uint32_t group)
{
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->id[h][group] != 0)
			return topology->id[h][group];
	return 0;
}

static void remember_counts(struct detail *detail)
{
	uint32_t group = detail_find_group(detail);

	if (detail->has_first_counts || group == CGW_NO_GROUP || detail->first_counts == NULL)
		return;
	for (size_t i = 0; i < cgw_metric_count(); i++)
		detail->first_counts[i] =
			cgw_snapshot_number(cgw_frame_now(detail->frame), (enum cgw_metric)i, group)
				.value;
	detail->has_first_counts = true;
}

static void detail_update(struct app *app, void *opaque)
{
	const struct cgw_topology *topology = app_topology(app);
	struct detail *detail = opaque;

	detail->group = cgw_topology_find(topology, detail->path);
	if (!(app->source_flags & SOURCE_CAN_ACT)) {
		detail->frame = app->frame;
		remember_counts(detail);
		metric_history_push(&detail->metrics, detail->frame, detail_find_group(detail));
		fill(app, detail);
		return;
	}
	/* A new group was created under the same path. */
	if (detail->group != CGW_NO_GROUP && id_of(topology, detail->group) != detail->id)
		detail->group = CGW_NO_GROUP;
	post_group_job(app, detail);
	detail_request_inspection(app, detail);
}

static unsigned detail_finish(struct app *app, void *opaque, struct job *job)
{
	struct detail *detail = opaque;
	struct group_job *group_job = group_job_from(job);

	if (detail_collect_inspection(detail, job) || advice_collect(app, job)) {
		fill(app, detail);
		return REACTION_DRAW;
	}
	if (group_job == NULL)
		return REACTION_NONE;
	job->kept = true;
	detail->group_job = group_job;
	if (group_job->snapshot != NULL &&
	    cgw_frame_update(detail->own_frame, group_job->snapshot) == 0) {
		remember_counts(detail);
		metric_history_push(&detail->metrics, detail->own_frame, detail_find_group(detail));
	}
	if (group_job->processes != NULL) {
		free(detail->processes);
		detail->processes = steal_pointer(&group_job->processes);
		detail->process_count = group_job->process_count;
		detail->process_total = group_job->process_total;
	}
	if (group_job->has_owner)
		memcpy(detail->owner, group_job->owner, sizeof(detail->owner));
	fill(app, detail);
	return REACTION_DRAW;
}

/* The width of the longest name, limited to leave space for the value. */
static int left_width(const struct detail *detail, int columns)
{
	int most = columns >= 100 ? 34 : columns >= 70 ? 30 : columns * 2 / 5, width = 8;

	for (size_t i = 0; i < detail->row_count && width < most; i++)
		if (!detail->rows[i].heading && canvas_width(detail->rows[i].left) + 2 > width)
			width = canvas_width(detail->rows[i].left) + 2;
	return width < most ? width : most;
}

static void draw_row(const struct detail_row *row, struct canvas *canvas, struct rect area,
		     int left, bool processes)
{
	int value = area.columns >= 100 ? 22 : 14, more;
	int end = area.column + area.columns, at = area.column;

	if (row->heading) {
		canvas_text_cut(canvas, area.row, at, area.columns, ROLE_TITLE, row->left);
		return;
	}
	if (processes) {
		at += canvas_text(canvas, area.row, at, area.columns, row->role, row->left);
		canvas_text_cut(canvas, area.row, at, end - at, row->role, row->value);
		return;
	}
	canvas_text_cut(canvas, area.row, at, left - 1, ROLE_STRONG, row->left);
	at += left;
	if (row->more[0] == '\0' && row->help[0] == '\0') {
		canvas_text_cut(canvas, area.row, at, end - at, row->role, row->value);
		return;
	}
	more = canvas_width(row->value);
	canvas_text_cut(canvas, area.row, at,
			more > value && row->more[0] == '\0' ? more : value - 1, row->role,
			row->value);
	at += more >= value && row->more[0] == '\0' ? more + 1 : value;
	if (row->more[0] != '\0') {
		at += canvas_text_cut(canvas, area.row, at, end - at, ROLE_LIMIT, row->more);
		at += 2;
	}
	/* Beside a value that is wider than its column, only in full. */
	if (at == area.column + left + value || row->more[0] != '\0' ||
	    at + canvas_width(row->help) <= end)
		canvas_text_cut(canvas, area.row, at, end - at, ROLE_DIM, row->help);
}

static void draw_rows(struct detail *detail, struct canvas *canvas, struct rect area)
{
	int left = left_width(detail, area.columns);

	scroll_place(&detail->scroll, area, (uint32_t)detail->row_count);
	for (int i = 0; i < area.rows && detail->scroll.first + (uint32_t)i < detail->row_count;
	     i++) {
		struct rect line = {area.row + i, area.column, 1, area.columns};

		if (detail->rows[detail->scroll.first + (uint32_t)i].line != NULL)
			detail_draw_line(detail, &detail->rows[detail->scroll.first + (uint32_t)i],
					 canvas, line);
		else
			draw_row(&detail->rows[detail->scroll.first + (uint32_t)i], canvas, line,
				 left, detail->page == PAGE_PROCESSES);
		if (detail->scroll.first + (uint32_t)i == detail->scroll.selected)
			canvas_ground(canvas, line, GROUND_SELECTED);
	}
	if (detail->row_count == 0)
		canvas_text_cut(canvas, area.row, area.column + 2, area.columns - 2, ROLE_DIM,
				"reading…");
}

static void detail_draw(struct app *app, void *opaque, struct canvas *canvas,
			const struct layout *layout)
{
	struct detail *detail = opaque;

	detail_draw_tabs(detail, canvas, layout->head);
	if (detail->page == PAGE_GRAPHS)
		detail_draw_graphs(app, detail, canvas, layout->body);
	else
		draw_rows(detail, canvas, layout->body);
	if (detail->page == PAGE_EXPLAIN)
		detail_draw_cause(app, detail, canvas, layout->body);
}

static void detail_status(struct app *app, void *opaque, struct canvas *canvas, struct rect area)
{
	const struct detail *detail = opaque;
	char path[1024], cut[1024], key[16], right[96] = "";
	const char *use = detail_use_label(app, detail);
	size_t length = 0;
	unsigned count = 0, at = 0; /* rows that are not headings */
	int used, width;

	cgw_escape(path, sizeof(path), detail->path, strlen(detail->path));
	for (size_t i = 0; i < detail->row_count && detail->page != PAGE_GRAPHS; i++) {
		count += !detail->rows[i].heading;
		at += !detail->rows[i].heading && i <= detail->scroll.selected;
	}
	app_key_name(app, ACTION_USE, key, sizeof(key));
	if (use != NULL && key[0] != '\0')
		length = text_append(right, sizeof(right), length, "  %s: %s", key, use);
	if (count > 0)
		text_append(right, sizeof(right), length, "  %u/%u", at, count);
	width = area.columns - canvas_width(right) -
		(detail->group == CGW_NO_GROUP ? (int)strlen(" (removed)") : 0);
	name_cut(path, NAME_CUT_START, NULL, width, cut, sizeof(cut));
	used = canvas_text(canvas, area.row, area.column, width, ROLE_TEXT, cut);
	if (detail->group == CGW_NO_GROUP)
		canvas_text(canvas, area.row, area.column + used + 1, area.columns - used - 1,
			    ROLE_GONE, "(removed)");
	canvas_text_right(canvas, area.row, area.column, area.columns, ROLE_DIM, right);
}

static unsigned turn_to(struct app *app, struct detail *detail, int page)
{
	detail->page = (enum detail_page)((page + PAGE_COUNT) % PAGE_COUNT);
	detail->scroll.selected = 0;
	detail->scroll.first = 0;
	detail->row_count = 0; /* those of the other page */
	detail->column = 0;
	if (detail->page == PAGE_ADVICE)
		advice_start(app);
	fill(app, detail);
	post_group_job(app, detail);
	detail_request_inspection(app, detail);
	return REACTION_DRAW | (detail->page == PAGE_ADVICE ? REACTION_METRICS : 0);
}

struct row_search {
	const struct detail *detail;
	const char *text;
};

static bool row_matches(const void *context, uint32_t row)
{
	const struct row_search *search = context;
	const struct detail_row *found = &search->detail->rows[row];

	return find_part(found->left, search->text) != NULL ||
	       find_part(found->value, search->text) != NULL ||
	       find_part(found->more, search->text) != NULL ||
	       find_part(found->help, search->text) != NULL ||
	       find_part(FORMATTED(1024, "%.*s", (int)found->line_length,
				   found->line != NULL ? found->line : ""),
			 search->text) != NULL;
}

static bool detail_search(struct app *app, void *opaque, const char *text, bool backward, bool here)
{
	struct detail *detail = opaque;
	const struct row_search search = {detail, text};

	/* Graphs have no text: what they show is among the metrics. */
	if (detail->page == PAGE_GRAPHS)
		turn_to(app, detail, PAGE_METRICS);
	return search_rows((uint32_t)detail->row_count, &detail->scroll.selected, backward, here,
			   row_matches, &search);
}

static unsigned zoom(struct detail *detail, int by)
{
	static const unsigned steps[] = {1, 2, 5, 10};
	int at = 0;

	while (at < (int)ARRAY_SIZE(steps) - 1 && steps[at] != detail->zoom)
		at++;
	at += by;
	if (at < 0 || at >= (int)ARRAY_SIZE(steps))
		return REACTION_BEEP;
	detail->zoom = steps[at];
	return REACTION_DRAW;
}

/* Steps of a cell; forward from the newest value, the cursor disappears. */
static unsigned move_cursor(struct detail *detail, bool back)
{
	if (detail->page != PAGE_GRAPHS)
		return REACTION_BEEP;
	if (!detail->has_cursor)
		detail->cursor = 0;
	else if (back)
		detail->cursor = detail->cursor + 2 < CURSOR_MAX ? detail->cursor + 2 : CURSOR_MAX;
	else if (detail->cursor >= 2)
		detail->cursor -= 2;
	else
		back = false;
	detail->has_cursor = back || (detail->has_cursor && detail->cursor > 0);
	return REACTION_DRAW;
}

static unsigned scroll(struct detail *detail, int by)
{
	if (detail->page != PAGE_INSPECT || detail->column + by < 0 ||
	    detail->column + by > SCROLL_MAX)
		return REACTION_NONE;
	detail->column += by;
	return REACTION_DRAW;
}

static unsigned sort_processes(struct app *app, struct detail *detail)
{
	detail->process_order =
		(enum process_order)((detail->process_order + 1) % PROCESS_ORDER_COUNT);
	fill(app, detail);
	return app_show_message(app, ROLE_TEXT, "sorted by %s",
				process_order_name(detail->process_order));
}

static unsigned toggle_below(struct app *app, struct detail *detail)
{
	detail->with_below = !detail->with_below;
	post_group_job(app, detail);
	return app_show_message(app, ROLE_TEXT,
				detail->with_below ? "with the processes of the groups below"
						   : "processes of this group only");
}

/* Skips headings, and remembers the process of the row. */
static void note_selection(struct detail *detail, uint32_t before)
{
	bool up = detail->scroll.selected < before;
	const struct process *process;

	while (detail->scroll.selected < detail->row_count &&
	       detail->rows[detail->scroll.selected].heading) {
		if (up && detail->scroll.selected > 0)
			detail->scroll.selected--;
		else if (!up && detail->scroll.selected + 1 < detail->row_count)
			detail->scroll.selected++;
		else
			break;
	}
	/* The first rows are headings: stay below them, and show them. */
	if (detail->scroll.selected < detail->row_count &&
	    detail->rows[detail->scroll.selected].heading) {
		detail->scroll.first = 0;
		detail->scroll.selected = before;
	}
	process = detail_process(detail);
	detail->selected_pid = process != NULL ? process->pid : 0;
}

static unsigned use(struct app *app, struct detail *detail)
{
	enum detail_page page = detail->page;
	unsigned reactions = detail_use(app, detail, &page);

	return page != detail->page ? turn_to(app, detail, (int)page) : reactions;
}

static unsigned detail_act(struct app *app, void *opaque, enum action action)
{
	struct detail *detail = opaque;
	uint32_t before = detail->scroll.selected;
	unsigned reactions;

	if (detail->page != PAGE_GRAPHS &&
	    scroll_act(&detail->scroll, action, (uint32_t)detail->row_count)) {
		note_selection(detail, before);
		return REACTION_DRAW;
	}
	switch (action) {
	case ACTION_BACK:
	case ACTION_BACK_LETTER:
		return app_close(app);
	case ACTION_PANE_NEXT:
		return turn_to(app, detail, (int)detail->page + 1);
	case ACTION_PANE_PREVIOUS:
		return turn_to(app, detail, (int)detail->page - 1);
	case ACTION_PANE_1:
	case ACTION_PANE_2:
	case ACTION_PANE_3:
	case ACTION_PANE_4:
	case ACTION_PANE_5:
	case ACTION_PANE_6:
	case ACTION_PANE_7:
	case ACTION_PANE_8:
		return turn_to(app, detail, (int)action - ACTION_PANE_1);
	case ACTION_LEFT:
		return detail->page == PAGE_GRAPHS ? zoom(detail, 1)
						   : scroll(detail, -SCROLL_CELLS);
	case ACTION_RIGHT:
		return detail->page == PAGE_GRAPHS ? zoom(detail, -1)
						   : scroll(detail, SCROLL_CELLS);
	case ACTION_CURSOR_BACK:
	case ACTION_CURSOR_FORWARD:
		return move_cursor(detail, action == ACTION_CURSOR_BACK);
	case ACTION_HELP:
		return open_help(app);
	case ACTION_USE:
		return use(app, detail);
	case ACTION_COPY:
		return detail_copy(app, detail);
	case ACTION_SORT_PROCESSES:
		return sort_processes(app, detail);
	case ACTION_BELOW:
		return toggle_below(app, detail);
	default:
		if (detail_process_act(app, detail, action, &reactions))
			return reactions;
		return is_group_action(action) ? act_on_groups(app, action) : REACTION_NONE;
	}
}

static unsigned detail_click(struct app *app, void *opaque, const struct event *event)
{
	struct detail *detail = opaque;
	uint32_t row;

	if (event->button == MOUSE_LEFT && app->drawn.head.rows > 0 &&
	    event->row == app->drawn.head.row) {
		int page = detail_tab_at(detail, app->drawn.head, event->column);

		return page >= 0 ? turn_to(app, detail, page) : REACTION_NONE;
	}
	if (scroll_click(&detail->scroll, event, (uint32_t)detail->row_count, &row)) {
		detail->scroll.selected = row;
		note_selection(detail, row);
	}
	return REACTION_DRAW;
}

static void detail_add_metrics(const struct app *app, const void *state, struct cgw_metric_set *set)
{
	for (int i = 0; i < CGW_HISTORY_SERIES_COUNT; i++)
		cgw_history_metrics((enum cgw_history_series)i, set);
}

static uint32_t detail_group(const struct app *app, const void *state)
{
	const struct detail *detail = state;

	return detail->group;
}

static unsigned detail_contexts(const struct app *app)
{
	const struct detail *detail = app->views[app->view_count - 1].state;

	return replay_key_context(app) |
	       (detail->page == PAGE_PROCESSES ? (unsigned)IN_PROCESSES : 0U);
}

static void detail_done(void *opaque)
{
	struct detail *detail = opaque;

	if (detail->group_job != NULL)
		job_free(&detail->group_job->job);
	if (detail->inspect_job != NULL)
		job_free(&detail->inspect_job->job);
	free(detail->text);
	cgw_frame_free(detail->own_frame);
	free(detail->processes);
	free(detail->first_counts);
	metric_history_done(&detail->metrics);
	free(detail->rows);
	free(detail->path);
	free(detail);
}

const struct view_kind view_detail = {
	.name = "detail",
	.fullscreen = true,
	.head = true,
	.contexts = IN_DETAIL,
	.more_contexts = detail_contexts,
	.draw = detail_draw,
	.act = detail_act,
	.click = detail_click,
	.search = detail_search,
	.update = detail_update,
	.finish = detail_finish,
	.add_metrics = detail_add_metrics,
	.status = detail_status,
	.group = detail_group,
	.done = detail_done,
};

unsigned open_detail_at(struct app *app, unsigned page)
{
	unsigned reactions = open_detail(app);
	struct open_view *view = &app->views[app->view_count - 1];

	if (view->kind == &view_detail)
		reactions |= turn_to(app, view->state, (int)page);
	return reactions;
}

unsigned open_detail(struct app *app)
{
	const struct cgw_topology *topology = app_topology(app);
	uint32_t group = app_group(app);
	struct detail *detail;
	unsigned reactions;

	if (group == CGW_NO_GROUP)
		return REACTION_BEEP;
	detail = calloc(1, sizeof(*detail));
	if (detail == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	detail->path = cgw_topology_path_copy(topology, group);
	detail->first_counts = calloc(cgw_metric_count(), sizeof(*detail->first_counts));
	if (detail->path != NULL)
		detail->group_job = group_job_new(detail->path);
	if (detail->group_job == NULL || cgw_frame_new(&detail->own_frame) < 0) {
		detail_done(detail);
		return app_show_message(app, ROLE_BAD, "out of memory");
	}
	detail->frame = app->source_flags & SOURCE_CAN_ACT ? detail->own_frame : app->frame;
	detail->group = group;
	detail->id = id_of(topology, group);
	detail->zoom = 1;
	if (app->view_count == VIEWS_MAX) {
		detail_done(detail);
		return REACTION_BEEP;
	}
	reactions = app_open(app, &view_detail, detail);
	post_group_job(app, detail);
	return reactions;
}
