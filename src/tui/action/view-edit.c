/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-edit.c - the limits form: a field per control, with a preview before changes are applied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/limit.h>

#include "lib/base/cleanup.h"
#include "tui/action/change-job.h"
#include "tui/action/edit-read.h"
#include "tui/action/edit-step.h"
#include "tui/action/group-actions.h"
#include "tui/core/app.h"
#include "tui/core/scroll.h"
#include "tui/core/search.h"
#include "tui/core/window.h"

#define EDIT_HELP_ROWS 13 /* with the head and space for a message of two lines */

struct edit {
	struct targets targets;
	char values[256]; /* filled in when the current values are read */
	char title[320];
	struct edit_row *rows;
	size_t count;
	struct scroll scroll;
	bool reading, previewing;
};

static const char *risk_text(uint8_t risk)
{
	static const char *const texts[] = {
		[CGW_RISK_NONE] = "",
		[CGW_RISK_SLOW] = "Processes may slow down.",
		[CGW_RISK_FAIL] = "Forks or allocations may fail.",
		[CGW_RISK_KILL] = "Processes may be killed.",
		[CGW_RISK_HANG] = "Processes may hang until an administrator intervenes.",
	};

	return texts[risk];
}

/* Below the rows: help, syntax and risk of the selected control. */
static void draw_help(const struct edit *edit, struct canvas *canvas, struct rect area)
{
	const struct edit_row *row;
	const struct cgw_control_info *info;
	char text[512];
	int used;

	if (edit->scroll.selected >= edit->count || area.rows < 1)
		return;
	row = &edit->rows[edit->scroll.selected];
	info = cgw_control_info(row->control);
	if (row->problem[0] != '\0')
		snprintf(text, sizeof(text), "%s", row->problem);
	else
		snprintf(text, sizeof(text), "%s.", info->help);
	used = draw_paragraph(canvas, area, row->problem[0] != '\0' ? ROLE_BAD : ROLE_TEXT, text);
	area.row += used;
	area.rows -= used;
	if (area.rows < 1)
		return;
	if (row->others[0] != '\0') {
		snprintf(text, sizeof(text),
			 "The groups differ: %s. A new value is set on all of them.", row->others);
		used = draw_paragraph(canvas, area, ROLE_WARM, text);
		area.row += used;
		area.rows -= used;
	}
	snprintf(text, sizeof(text), "Accepts %s%s%s. %s", info->syntax,
		 info->default_value != NULL ? "; kernel default: " : "",
		 info->default_value != NULL ? info->default_value : "", risk_text(info->risk));
	draw_paragraph(canvas, area, ROLE_DIM, text);
}

/* The columns of the form: key, now, in use, new. */
struct form_columns {
	int key, current, used;
};

static struct form_columns place_form(struct rect area)
{
	int key = area.columns >= 76 ? 30 : area.columns / 3;
	int used = area.columns >= 50 ? 10 : 0;

	return (struct form_columns){key, (area.columns - key - used) / 2, used};
}

/* What the group uses of the limit at this time; "" if that is not sampled, or is not one group. */
static void format_use(const struct app *app, const struct edit *edit, const struct edit_row *row,
		       char *buffer, size_t size)
{
	int metric = (int)cgw_control_info(row->control)->metric;
	struct cgw_field field;
	uint32_t group;

	buffer[0] = '\0';
	if (metric < 0 || edit->targets.count != 1 || cgw_frame_now(app->frame) == NULL)
		return;
	group = cgw_topology_find(app_topology(app), edit->targets.items[0].path);
	for (int i = 0; i < CGW_METRIC_COUNT && group != CGW_NO_GROUP; i++) {
		const struct cgw_metric_info *info = cgw_metric_info((enum cgw_metric)i);
		bool is_cpu = metric == CGW_M_CPU_MAX && i == CGW_M_CPU_USAGE;
		struct cgw_value value;

		if ((info->limited_by != metric && !is_cpu) ||
		    cgw_field_parse(is_cpu ? "cpu" : info->key, &field, NULL) < 0)
			continue;
		value = cgw_frame_value(app->frame, field, group);
		if (value.state == CGW_OK)
			cgw_format_value(value, (enum cgw_unit)field.unit, CGW_STYLE_HUMAN, buffer,
					 size);
		return;
	}
}

static void draw_form_head(struct canvas *canvas, struct rect area)
{
	struct form_columns columns = place_form(area);
	int at = area.column + columns.key;

	canvas_text(canvas, area.row, area.column, columns.key - 1, ROLE_TITLE, "CONTROL");
	canvas_text(canvas, area.row, at, columns.current - 1, ROLE_TITLE, "NOW");
	at += columns.current;
	if (columns.used > 0)
		canvas_text(canvas, area.row, at, columns.used - 1, ROLE_TITLE, "IN USE");
	at += columns.used;
	canvas_text(canvas, area.row, at, area.column + area.columns - at, ROLE_TITLE, "NEW");
}

/* Whether the text is in what the form shows about the row. */
static bool row_contains(const struct edit_row *row, const char *text)
{
	const struct cgw_control_info *info = cgw_control_info(row->control);
	char shown[EDIT_CURRENT_MAX];

	value_human(info, row->current, shown, sizeof(shown));
	return find_part(info->key, text) != NULL || find_part(info->help, text) != NULL ||
	       find_part(row->others[0] != '\0' ? row->others : shown, text) != NULL ||
	       find_part(row->line.text, text) != NULL;
}

static void draw_edit_row(const struct app *app, const struct edit *edit,
			  const struct edit_row *row, struct canvas *canvas, struct rect area,
			  bool selected)
{
	struct form_columns columns = place_form(area);
	int key = columns.key, current = columns.current;
	int at = area.column + key + current + columns.used;
	int width = area.column + area.columns - at;
	char shown[EDIT_CURRENT_MAX], use[32];
	const char *search = app_search(app, edit);
	enum role role = ROLE_STRONG;

	if (row->line.length > 0)
		role = ROLE_MARKED;
	else if (search[0] != '\0' && row_contains(row, search))
		role = ROLE_KEY;
	value_human(cgw_control_info(row->control), row->current, shown, sizeof(shown));
	if (selected)
		canvas_ground(canvas, area, GROUND_SELECTED);
	canvas_text_cut(canvas, area.row, area.column, key - 1, role,
			cgw_control_info(row->control)->key);
	if (row->others[0] != '\0')
		canvas_text_cut(canvas, area.row, area.column + key, current - 1, ROLE_WARM,
				row->others);
	else
		canvas_text_cut(canvas, area.row, area.column + key, current - 1,
				row->current[0] != '\0' ? ROLE_TEXT : ROLE_DIM,
				row->current[0] != '\0' ? shown : "-");
	format_use(app, edit, row, use, sizeof(use));
	canvas_text_cut(canvas, area.row, area.column + key + current, columns.used - 1, ROLE_TEXT,
			use);
	if (selected || row->line.length > 0)
		line_draw(&row->line, canvas, area.row, at, width, selected);
	if (row->problem[0] != '\0' && width > 2)
		canvas_text(canvas, area.row, at + width - 1, 1, ROLE_BAD, "✗");
}

static void edit_draw(struct app *app, void *opaque, struct canvas *canvas,
		      const struct layout *layout)
{
	struct edit *edit = opaque;
	int columns = canvas->columns - 6 < 100 ? canvas->columns - 6 : 100, help;
	int rows = canvas->rows - 3;
	struct rect area, foot;

	/* No larger than the rows and the help need. */
	if (!edit->reading && (int)edit->count + EDIT_HELP_ROWS < rows)
		rows = (int)edit->count + EDIT_HELP_ROWS;
	area = foot = draw_window(canvas, rows, columns, edit->title);
	help = area.rows >= 16 ? 5 : area.rows >= 12 ? 4 : area.rows >= 6 ? 2 : 0;
	area.rows -= help;
	foot.row = area.row + area.rows;
	foot.rows = help;
	if (area.rows > 6) {
		draw_form_head(canvas, area);
		area.row++;
		area.rows--;
	}
	scroll_place(&edit->scroll, area, (uint32_t)edit->count);
	if (edit->reading)
		canvas_text(canvas, area.row, area.column, area.columns, ROLE_DIM, "reading…");
	for (int i = 0; i < area.rows && edit->scroll.first + (uint32_t)i < edit->count; i++) {
		uint32_t row = edit->scroll.first + (uint32_t)i;

		draw_edit_row(app, edit, &edit->rows[row], canvas,
			      (struct rect){area.row + i, area.column, 1, area.columns},
			      row == edit->scroll.selected);
	}
	if (help > 0) {
		for (int i = 0; i < foot.columns; i++)
			canvas_text(canvas, foot.row, foot.column + i, 1, ROLE_BORDER, "─");
		foot.row++;
		foot.rows--;
		draw_help(edit, canvas, foot);
	}
	canvas_text_right(canvas, foot.row + foot.rows, area.column, area.columns, ROLE_DIM,
			  edit->previewing
				  ? " checking… "
				  : " ← →: step   Enter: preview   Del: clear   Esc: close ");
}

static unsigned preview(struct app *app, struct edit *edit)
{
	struct change_job *change = NULL;
	struct targets targets;

	if (edit->previewing)
		return REACTION_BEEP;
	if (targets_copy(&edit->targets, &targets) == 0)
		change = change_job_new("Checking", &targets);
	if (change == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	for (size_t i = 0; i < edit->count; i++) {
		struct edit_row *row = &edit->rows[i];
		struct cgw_diag diag = {.text = ""};

		row->problem[0] = '\0';
		if (row->line.length == 0)
			continue;
		if (cgw_value_check(row->control, row->line.text, &diag) < 0) {
			snprintf(row->problem, sizeof(row->problem), "%s", diag.text);
			edit->scroll.selected = (uint32_t)i;
			change->job.free(&change->job);
			return REACTION_BEEP;
		}
		change_job_add(change, &(struct change_step){.kind = CGW_STEP_SET,
							     .control = row->control,
							     .value = row->line.text});
	}
	if (change->step_count == 0) {
		change->job.free(&change->job);
		return app_show_message(app, ROLE_TEXT, "no changes yet: type a new value");
	}
	change_job_set_dry_run(change);
	edit->previewing = true;
	return app_post_job(app, edit, &change->job);
}

static void add_outcome(struct window *window, const struct change_outcome *outcome)
{
	const struct cgw_control_info *info = cgw_control_info(outcome->control);
	const struct cgw_result *result = &outcome->result;
	char text[1024];

	change_outcome_format(outcome, text, sizeof(text));
	window_add(window,
		   result->outcome == CGW_OUTCOME_UNCHANGED ? ROLE_DIM
		   : result->error < 0                      ? ROLE_BAD
							    : ROLE_STRONG,
		   text);
	if (result->outcome != CGW_OUTCOME_UNCHANGED && result->error == 0 &&
	    result->how[0] != '\0')
		window_add(window, ROLE_TEXT, result->how);
	if (result->diag.text[0] != '\0')
		window_add(window, result->error < 0 ? ROLE_BAD : ROLE_WARM, result->diag.text);
	if (outcome->kind == CGW_STEP_SET && info->risk > CGW_RISK_NONE && result->error == 0)
		window_add(window, ROLE_WARM, risk_text(info->risk));
}

/* Asks before applying what was previewed, whatever was typed meanwhile. */
static unsigned open_preview(struct app *app, struct edit *edit, const struct change_job *dry_run)
{
	struct change_job *change;
	struct window *window;
	bool refused = false;

	for (size_t i = 0; dry_run->error < 0 && i < dry_run->outcome_count; i++)
		refused = refused || dry_run->outcomes[i].result.outcome == CGW_OUTCOME_REFUSED;
	if (dry_run->error < 0 && !refused) {
		window = window_new("Not possible");
		window_add(window, ROLE_BAD, dry_run->diag.text);
		return window_open(app, window) | REACTION_BEEP;
	}
	change = change_job_copy(dry_run, change_kind(CGW_STEP_SET)->name);
	if (change == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	change->force = refused;
	window = window_ask(refused ? "Refused (Enter: apply anyway)" : "Apply changes",
			    &change->job);
	for (size_t i = 0; i < dry_run->outcome_count; i++)
		add_outcome(window, &dry_run->outcomes[i]);
	window_set_owner(window, edit);
	return window_open(app, window);
}

/* Selects the first of the keys in `values`, and fills in their values. */
static void fill_in(struct edit *edit)
{
	bool first = true;

	for (char *rest = edit->values, *word; (word = strsep(&rest, "\n")) != NULL;) {
		char *value = strchr(word, '=');

		if (value != NULL)
			*value++ = '\0';
		for (size_t i = 0; i < edit->count; i++) {
			if (strcmp(cgw_control_info(edit->rows[i].control)->key, word) != 0)
				continue;
			if (value != NULL)
				line_set(&edit->rows[i].line, value);
			if (first)
				edit->scroll.selected = (uint32_t)i;
			first = false;
		}
	}
}

static unsigned edit_finish(struct app *app, void *opaque, struct job *job)
{
	struct edit *edit = opaque;
	struct edit_read *read = (struct edit_read *)job;
	struct change_job *change = change_job_from(job);

	if (change != NULL && !change->dry_run) {
		/* Close the form on success; on failure the user can correct the values. */
		if (change->error == 0 && app_is_top(app, edit))
			return app_close(app);
		return REACTION_DRAW;
	}
	if (change != NULL) {
		edit->previewing = false;
		return open_preview(app, edit, change);
	}
	edit->reading = false;
	free(edit->rows);
	edit->rows = steal_pointer(&read->rows);
	edit->count = edit->rows != NULL ? read->count : 0;
	fill_in(edit);
	return REACTION_DRAW;
}

static unsigned step_value(struct edit *edit, int by)
{
	struct edit_row *row;
	char value[LINE_MAX_BYTES];

	if (edit->scroll.selected >= edit->count)
		return REACTION_BEEP;
	row = &edit->rows[edit->scroll.selected];
	if (!value_step(cgw_control_info(row->control),
			row->line.length > 0 ? row->line.text : row->current, by, value,
			sizeof(value)))
		return REACTION_BEEP;
	line_set(&row->line, value);
	row->problem[0] = '\0';
	return REACTION_DRAW;
}

static unsigned edit_act(struct app *app, void *opaque, enum action action)
{
	struct edit *edit = opaque;

	if (scroll_act(&edit->scroll, action, (uint32_t)edit->count))
		return REACTION_DRAW;
	switch (action) {
	case ACTION_LEFT:
		return step_value(edit, -1);
	case ACTION_RIGHT:
		return step_value(edit, 1);
	case ACTION_PREVIEW:
		return preview(app, edit);
	case ACTION_CLEAR:
		if (edit->scroll.selected < edit->count)
			line_set(&edit->rows[edit->scroll.selected].line, "");
		return REACTION_DRAW;
	case ACTION_BACK:
		return app_close(app);
	default:
		return REACTION_NONE;
	}
}

/*
 * Whether the key searches: one that is a character only before a value, and not where the value
 * may be the path of a device.
 */
static bool key_searches(const struct app *app, const struct edit *edit, uint32_t key)
{
	const struct edit_row *row = &edit->rows[edit->scroll.selected];

	return keymap_find(&app->settings.keymap, IN_EDIT, key) == ACTION_SEARCH &&
	       row->line.length == 0 && !cgw_control_info(row->control)->per_device;
}

/* Printable characters and editing keys go to the field, all other keys to the list. */
static unsigned edit_type(struct app *app, void *opaque, uint32_t key, bool *ret_used)
{
	struct edit *edit = opaque;
	bool typed = (key >= ' ' && key < KEY_SPECIAL && key != 0x7f) || key == KEY_ERASE ||
		     key == ('U' & 0x1f) || key == ('W' & 0x1f);

	if (!typed || edit->scroll.selected >= edit->count || key_searches(app, edit, key))
		return REACTION_NONE;
	*ret_used = line_key(&edit->rows[edit->scroll.selected].line, key);
	edit->rows[edit->scroll.selected].problem[0] = '\0';
	return REACTION_DRAW;
}

struct row_search {
	const struct edit *edit;
	const char *text;
};

static bool row_matches(const void *context, uint32_t row)
{
	const struct row_search *search = context;

	return row_contains(&search->edit->rows[row], search->text);
}

static bool edit_search(struct app *app, void *opaque, const char *text, bool backward, bool here)
{
	struct edit *edit = opaque;
	const struct row_search search = {edit, text};

	return search_rows((uint32_t)edit->count, &edit->scroll.selected, backward, here,
			   row_matches, &search);
}

static unsigned edit_click(struct app *app, void *opaque, const struct event *event)
{
	struct edit *edit = opaque;
	uint32_t row;

	if (scroll_click(&edit->scroll, event, (uint32_t)edit->count, &row))
		edit->scroll.selected = row;
	return REACTION_DRAW;
}

static void edit_done(void *opaque)
{
	struct edit *edit = opaque;

	targets_done(&edit->targets);
	free(edit->rows);
	free(edit);
}

static const struct view_kind view_edit = {
	.name = "edit",
	.contexts = IN_EDIT,
	.draw = edit_draw,
	.act = edit_act,
	.type = edit_type,
	.click = edit_click,
	.search = edit_search,
	.finish = edit_finish,
	.done = edit_done,
};

/* Takes the targets over. */
static unsigned open_form(struct app *app, struct targets *targets, const char *values)
{
	struct edit *edit = calloc(1, sizeof(*edit));
	struct edit_read *read = edit_read_new(app_topology(app), targets);
	char text[256];
	unsigned reactions;

	if (edit == NULL || read == NULL || app_is_full(app)) {
		free(edit);
		if (read != NULL)
			read->job.free(&read->job);
		targets_done(targets);
		return REACTION_BEEP;
	}
	edit->targets = *targets;
	snprintf(edit->values, sizeof(edit->values), "%s", values);
	targets_format(&edit->targets, text, sizeof(text));
	snprintf(edit->title, sizeof(edit->title), "Limits of %s", text);
	if (edit->targets.count > EDIT_GROUPS_MAX)
		snprintf(edit->title, sizeof(edit->title), "Limits of %s (values of the first %d)",
			 text, EDIT_GROUPS_MAX);
	edit->reading = true;
	reactions = app_open(app, &view_edit, edit);
	return reactions | app_post_job(app, edit, &read->job);
}

unsigned open_edit(struct app *app)
{
	struct targets targets;

	if (targets_collect(app, false, &targets) < 0)
		return REACTION_BEEP;
	return open_form(app, &targets, "");
}

unsigned open_edit_of(struct app *app, uint32_t group, const char *values)
{
	struct targets targets;

	if (targets_of_group(app, group, &targets) < 0)
		return app_show_message(app, ROLE_BAD, "out of memory");
	return open_form(app, &targets, values);
}
