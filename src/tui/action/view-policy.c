/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-policy.c - the status of the running enforcement, and the preview of a policy. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cgward/render.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "shared/report/policy-report.h"
#include "tui/action/rules-job.h"
#include "tui/core/app.h"
#include "tui/core/scroll.h"
#include "tui/core/search.h"
#include "tui/core/views.h"

struct policy_view {
	struct scroll scroll;
	uint32_t rows, found; /* number of rows; the last match of a search */
	bool reading, was_read;
	struct daemon_status *status; /* of the running enforcement, or NULL */
	int status_error;
	char problem[256]; /* why the system policy cannot be loaded */
};

/* Rows are numbered from the first to the last; only the visible ones are drawn. */
struct rows {
	struct canvas *canvas;
	struct rect area;
	uint32_t first, count;
	const char *search; /* "": none */
	bool *matches;      /* by row */
	size_t capacity;
};

static bool next_row(struct rows *rows, const char *left, const char *middle, const char *right,
		     int *ret_row)
{
	uint32_t row = rows->count++;

	if (ARRAY_RESERVE(rows->matches, rows->capacity, rows->count) == 0)
		rows->matches[row] =
			rows->search[0] != '\0' && (find_part(left, rows->search) != NULL ||
						    find_part(middle, rows->search) != NULL ||
						    find_part(right, rows->search) != NULL);
	if (row < rows->first || row - rows->first >= (uint32_t)rows->area.rows)
		return false;
	*ret_row = rows->area.row + (int)(row - rows->first);
	return true;
}

/* Whether the row added last contains the text that is searched. */
static bool is_match(const struct rows *rows)
{
	return rows->count <= rows->capacity && rows->matches[rows->count - 1];
}

static void add_title(struct rows *rows, const char *text)
{
	int row;

	if (next_row(rows, text, "", "", &row))
		canvas_text_cut(rows->canvas, row, rows->area.column, rows->area.columns,
				is_match(rows) ? ROLE_KEY : ROLE_TITLE, text);
}

static void add_row(struct rows *rows, enum role role, const char *left, const char *middle,
		    const char *right)
{
	int at = rows->area.column, end = at + rows->area.columns;
	int left_width = rows->area.columns / 3, middle_width = 34, row;

	if (!next_row(rows, left, middle, right, &row))
		return;
	canvas_text_cut(rows->canvas, row, at, left_width - 1,
			is_match(rows) ? ROLE_KEY : ROLE_STRONG, left);
	at += left_width;
	canvas_text_cut(rows->canvas, row, at, middle_width - 1, role, middle);
	at += middle_width;
	canvas_text_cut(rows->canvas, row, at, end - at, ROLE_DIM, right);
}

static void add_sections(const struct rules *rules, struct rows *rows)
{
	add_title(rows, "Sections of the policy");
	for (size_t i = 0; i < cgw_policy_section_count(rules->policy); i++) {
		struct cgw_section_info info = cgw_policy_section(rules->policy, i);
		uint32_t selected = rules->answer->selected[i];
		char name[128], selects[64];

		snprintf(name, sizeof(name), "%s %.100s", cgw_section_kind_name(info.kind),
			 info.name);
		snprintf(selects, sizeof(selects), "%u group%s", selected,
			 selected == 1 ? "" : "s");
		/* It selects processes, not groups. */
		if (info.kind == CGW_SECTION_PLACE)
			snprintf(selects, sizeof(selects), "processes");
		add_row(rows, selected > 0 ? ROLE_TEXT : ROLE_DIM, name, selects,
			FORMATTED(256, "%.200s",
				  info.when != NULL ? cgw_expression_text(info.when) : ""));
	}
}

static enum role phase_role(const char *phase)
{
	static const struct {
		enum cgw_phase phase;
		enum role role;
	} roles[] = {{CGW_PHASE_PENDING, ROLE_WARM},
		     {CGW_PHASE_ACTIVE, ROLE_HOT},
		     {CGW_PHASE_BLOCKED, ROLE_BAD}};

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (strcmp(phase, cgw_phase_name(roles[i].phase)) == 0)
			return roles[i].role;
	return ROLE_TEXT;
}

static void add_instance(const struct daemon_instance *instance, struct rows *rows)
{
	CLEANUP(string_builder_free) struct string_builder phase = {0};

	string_builder_printf(&phase, "%s ", instance->phase);
	policy_report_append_progress(&phase, instance, 0);
	add_row(rows, phase_role(instance->phase), instance->group, string_builder_text(&phase),
		FORMATTED(512, "%s%s%s", instance->rule, instance->why[0] != '\0' ? ": " : "",
			  instance->why));
}

/* Of the preview, at the time of its last sample. */
static void add_previewed(const struct rules_instance *instance, uint64_t now_ns, struct rows *rows)
{
	bool ends = instance->until_ns > instance->since_ns;

	add_instance(
		&(struct daemon_instance){
			.rule = instance->rule,
			.group = instance->path,
			.phase = cgw_phase_name(instance->phase),
			.why = instance->why,
			.since_seconds = ((double)now_ns - (double)instance->since_ns) / 1e9,
			.until_seconds =
				ends ? ((double)instance->until_ns - (double)now_ns) / 1e9 : NAN,
		},
		rows);
}

static void add_instances(const struct rules_answer *answer, struct rows *rows)
{
	char text[256];

	snprintf(text, sizeof(text), "State of the rules%s",
		 answer->instance_total == 0 ? ": no condition is true on any group" : "");
	add_title(rows, text);
	for (size_t i = 0; i < answer->instance_count; i++)
		add_previewed(&answer->instances[i], answer->boottime_ns, rows);
	if (answer->instance_total > answer->instance_count) {
		snprintf(text, sizeof(text), "and %zu more",
			 answer->instance_total - answer->instance_count);
		add_row(rows, ROLE_DIM, text, "", "");
	}
}

static void add_actions(const struct app *app, const struct rules *rules, struct rows *rows)
{
	const struct rules_action *action;

	add_title(rows, rules->answer->action_count > 0
				? "Actions that enforcement would have taken, newest first"
				: "Enforcement would have taken no action yet");
	for (size_t i = 0; (action = rules_nth(rules, i)) != NULL; i++) {
		char time[16];

		app_time(app, action->realtime_ns, time, sizeof(time));
		add_row(rows, ROLE_WARM, action->path, FORMATTED(96, "%s %s", time, action->rule),
			action->text);
	}
}

static void add_preview(const struct app *app, const struct policy_view *view, struct rows *rows)
{
	if (app->rules == NULL) {
		if (view->problem[0] != '\0')
			add_row(rows, ROLE_BAD, "cannot load the policy", "", view->problem);
		else if (view->was_read)
			add_title(rows, "No policy to preview: none found at " DAEMON_POLICY);
		return;
	}
	if (app->rules->answer == NULL) {
		add_title(rows, "Evaluating the policy…");
		return;
	}
	if (app->rules->answer->error < 0)
		add_row(rows, ROLE_BAD, "cannot evaluate the policy", "",
			strerror(-app->rules->answer->error));
	add_sections(app->rules, rows);
	add_title(rows, "");
	add_instances(app->rules->answer, rows);
	add_title(rows, "");
	add_actions(app, app->rules, rows);
}

static void add_daemon(const struct app *app, const struct policy_view *view, struct rows *rows)
{
	const struct daemon_status *status = view->status;
	char text[256], time[16];

	if (!(app->source_flags & SOURCE_CAN_ACT))
		return;
	if (status == NULL) {
		if (view->status_error == -ESRCH)
			add_title(rows, "No enforcement is running on this machine");
		else if (view->status_error < 0) {
			snprintf(text, sizeof(text),
				 "Enforcement is running, but its status cannot be read: %s",
				 strerror(-view->status_error));
			add_title(rows, text);
		}
		add_title(rows, "");
		return;
	}
	app_time(app, (uint64_t)status->realtime_s * NS_PER_S, time, sizeof(time));
	snprintf(text, sizeof(text),
		 "Enforcement is running: PID %d, mode %s, %llu section%s; as of %s",
		 (int)status->pid, status->mode, (unsigned long long)status->sections,
		 status->sections == 1 ? "" : "s", time);
	add_title(rows, text);
	for (size_t i = 0; i < status->instance_count; i++)
		add_instance(&status->instances[i], rows);
	for (size_t i = 0; i < status->held_count; i++) {
		const struct daemon_held *held = &status->held[i];

		snprintf(text, sizeof(text), "%.60s %.60s%s%.60s%s by %.40s", held->key,
			 held->value, held->original[0] != '\0' ? " (was " : "", held->original,
			 held->original[0] != '\0' ? ")" : "", held->section);
		add_row(rows, ROLE_LIMIT, held->group, "applied", text);
	}
	if (status->instance_count + status->held_count == 0)
		add_row(rows, ROLE_DIM, "no active rule and no applied value", "", "");
	add_title(rows, "");
}

static void policy_draw(struct app *app, void *opaque, struct canvas *canvas,
			const struct layout *layout)
{
	struct policy_view *view = opaque;
	struct rows rows = {.canvas = canvas,
			    .area = layout->body,
			    .first = view->scroll.first,
			    .search = app_search(app, view)};

	canvas_fill(canvas, layout->head, ROLE_TEXT, GROUND_BAR);
	canvas_text_cut(canvas, layout->head.row, layout->head.column, layout->head.columns,
			ROLE_STRONG, "Policy: running enforcement and preview");
	if (cgw_frame_now(app->frame) == NULL)
		return;
	add_daemon(app, view, &rows);
	add_preview(app, view, &rows);
	view->rows = rows.count;
	scroll_place_text(&view->scroll, layout->body, rows.count);
	free(rows.matches);
}

static bool row_matches(const void *context, uint32_t row)
{
	const struct rows *rows = context;

	return row < rows->capacity && rows->matches[row];
}

static bool policy_search(struct app *app, void *opaque, const char *text, bool backward, bool here)
{
	struct policy_view *view = opaque;
	struct rows rows = {.search = text}; /* without an area, nothing is drawn */
	bool found = false;

	if (cgw_frame_now(app->frame) == NULL)
		return false;
	add_daemon(app, view, &rows);
	add_preview(app, view, &rows);
	found = search_rows(rows.count, &view->found, backward, here, row_matches, &rows);
	free(rows.matches);
	if (found)
		view->scroll.first = view->found;
	return found;
}

/* Reads the daemon's status, and at first also loads the system policy for the preview. */
struct policy_query {
	struct job job;
	const char *state_path;
	bool load; /* no policy is previewed yet */
	struct cgw_policy *policy;
	char problem[256];
	struct daemon_status *status;
	int status_error;
};

static void free_query(struct job *job)
{
	struct policy_query *query = (struct policy_query *)job;

	daemon_status_free(query->status);
	cgw_policy_free(query->policy);
	free(query);
}

static void record_problem(void *context, const struct cgw_policy_problem *problem)
{
	struct policy_query *query = context;

	if (!problem->warning && query->problem[0] == '\0')
		snprintf(query->problem, sizeof(query->problem), "%.100s:%u: %.140s",
			 problem->diag.file, problem->diag.line, problem->diag.text);
}

static void run_query(struct job *job)
{
	struct policy_query *query = (struct policy_query *)job;
	const struct cgw_policy_reporter reporter = {record_problem, query};

	query->status_error = daemon_status_read(query->state_path, &query->status);
	if (query->load && access(DAEMON_POLICY, F_OK) == 0)
		(void)cgw_policy_load(DAEMON_POLICY, DAEMON_POLICY_DIRECTORY, &reporter,
				      &query->policy);
}

static void post_query(struct app *app, struct policy_view *view)
{
	struct policy_query *query;

	if (view->reading || !(app->source_flags & SOURCE_CAN_ACT))
		return;
	query = calloc(1, sizeof(*query));
	if (query == NULL)
		return;
	query->job =
		(struct job){.run = run_query, .free = free_query, .name = "Reading the policy"};
	query->state_path = app->state_path;
	query->load = app->rules == NULL && !view->was_read;
	view->reading = true;
	app_post_job(app, view, &query->job);
}

static unsigned policy_finish(struct app *app, void *opaque, struct job *job)
{
	struct policy_view *view = opaque;
	struct policy_query *query = (struct policy_query *)job;
	unsigned reactions = REACTION_DRAW;

	if (job->run != run_query)
		return REACTION_NONE;
	view->reading = false;
	view->was_read = true;
	daemon_status_free(view->status);
	view->status = steal_pointer(&query->status);
	view->status_error = query->status_error;
	if (query->load)
		snprintf(view->problem, sizeof(view->problem), "%s", query->problem);
	if (query->policy != NULL && app->rules == NULL) {
		struct cgw_policy *policy = steal_pointer(&query->policy);

		if (rules_new(policy, &app->rules) < 0)
			return app_show_message(app, ROLE_BAD, "out of memory");
		reactions |= REACTION_METRICS | REACTION_SAMPLE;
	}
	return reactions;
}

static void policy_update(struct app *app, void *opaque)
{
	post_query(app, opaque);
}

static void policy_done(void *opaque)
{
	struct policy_view *view = opaque;

	daemon_status_free(view->status);
	free(view);
}

static unsigned policy_act(struct app *app, void *opaque, enum action action)
{
	struct policy_view *view = opaque;

	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	scroll_act_text(&view->scroll, action, view->rows);
	return REACTION_DRAW;
}

static unsigned policy_click(struct app *app, void *opaque, const struct event *event)
{
	struct policy_view *view = opaque;

	scroll_click_text(&view->scroll, event, view->rows);
	return REACTION_DRAW;
}

static const struct view_kind view_policy = {
	.name = "policy",
	.fullscreen = true,
	.head = true,
	.contexts = IN_READING,
	.draw = policy_draw,
	.act = policy_act,
	.click = policy_click,
	.search = policy_search,
	.update = policy_update,
	.finish = policy_finish,
	.done = policy_done,
};

unsigned open_policy(struct app *app)
{
	struct policy_view *view;
	unsigned reactions;

	if (app->rules == NULL && !(app->source_flags & SOURCE_CAN_ACT))
		return app_show_message(app, ROLE_TEXT,
					"no policy to preview: none was given at startup");
	view = calloc(1, sizeof(*view));
	if (view == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	reactions = app_open(app, &view_policy, view);
	if (app->view_count > 0 && app->views[app->view_count - 1].state == view)
		post_query(app, view);
	return reactions;
}
