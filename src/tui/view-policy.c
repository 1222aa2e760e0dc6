/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-policy.c - the rules of a policy over the groups, and what enforcement would do now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/rules.h"
#include "tui/views.h"

#define STATES_MAX 512

struct policy_view {
	uint32_t first;
};

static unsigned policy_contexts(const struct app *app, const void *state)
{
	(void)app;
	(void)state;
	return IN_READING;
}

/* Rows are written as if the screen had no end; those above and below what is seen are left out. */
struct rows {
	struct canvas *canvas;
	struct rect area;
	uint32_t first, count;
};

static bool next_row(struct rows *rows, int *ret_row)
{
	uint32_t row = rows->count++;

	if (row < rows->first || row - rows->first >= (uint32_t)rows->area.rows)
		return false;
	*ret_row = rows->area.row + (int)(row - rows->first);
	return true;
}

static void add_title(struct rows *rows, const char *text)
{
	int row;

	if (next_row(rows, &row))
		canvas_text_cut(rows->canvas, row, rows->area.column, rows->area.columns,
				ROLE_TITLE, text);
}

static void add_row(struct rows *rows, enum role role, const char *left, const char *middle,
		    const char *right)
{
	int at = rows->area.column, end = at + rows->area.columns;
	int left_width = rows->area.columns / 3, middle_width = 26, row;

	if (!next_row(rows, &row))
		return;
	canvas_text_cut(rows->canvas, row, at, left_width - 1, ROLE_STRONG, left);
	at += left_width;
	canvas_text_cut(rows->canvas, row, at, middle_width - 1, role, middle);
	at += middle_width;
	canvas_text_cut(rows->canvas, row, at, end - at, ROLE_DIM, right);
}

static void add_sections(const struct rules *rules, struct rows *rows)
{
	add_title(rows, "What the policy says");
	for (size_t i = 0; i < cgw_policy_section_count(rules->policy); i++) {
		struct cgw_section_info info = cgw_policy_section(rules->policy, i);
		char name[128], selects[64], when[256];

		(void)snprintf(name, sizeof(name), "%s %.100s", cgw_section_kind_name(info.kind),
			       info.name);
		(void)snprintf(selects, sizeof(selects), "%u group%s", rules->selected[i],
			       rules->selected[i] == 1 ? "" : "s");
		(void)snprintf(when, sizeof(when), "%.200s",
			       info.when != NULL ? cgw_expression_text(info.when) : "");
		add_row(rows, rules->selected[i] > 0 ? ROLE_TEXT : ROLE_DIM, name, selects, when);
	}
}

static enum role phase_role(enum cgw_phase phase)
{
	switch (phase) {
	case CGW_PHASE_PENDING:
		return ROLE_WARM;
	case CGW_PHASE_ACTIVE:
		return ROLE_HOT;
	case CGW_PHASE_BLOCKED:
		return ROLE_BAD;
	case CGW_PHASE_IDLE:
	case CGW_PHASE_RELEASING:
	case CGW_PHASE_COOLDOWN:
		break;
	}
	return ROLE_TEXT;
}

/* "pending 12 of 30 s": since when, and until when where that is known. */
static void say_phase(const struct cgw_instance_state *state, uint64_t now_ns, char *buffer,
		      size_t size)
{
	uint64_t since_s = now_ns > state->since_ns ? (now_ns - state->since_ns) / 1000000000 : 0;

	if (state->until_ns > state->since_ns)
		(void)snprintf(
			buffer, size, "%s %llu of %llu s", cgw_phase_name(state->phase),
			(unsigned long long)since_s,
			(unsigned long long)((state->until_ns - state->since_ns) / 1000000000));
	else
		(void)snprintf(buffer, size, "%s for %llu s", cgw_phase_name(state->phase),
			       (unsigned long long)since_s);
}

static void add_instances(const struct app *app, const struct rules *rules, struct rows *rows)
{
	uint64_t now_ns = cgw_snapshot_boottime_ns(cgw_frame_now(app->frame));
	struct cgw_instance_state *states = calloc(STATES_MAX, sizeof(*states));
	size_t count = states != NULL ? cgw_engine_instances(rules->engine, states, STATES_MAX) : 0;
	char text[256];

	(void)snprintf(text, sizeof(text), "Where its rules stand%s",
		       count == 0 ? ": no condition holds on any group" : "");
	add_title(rows, text);
	for (size_t i = 0; i < count && i < STATES_MAX; i++) {
		char path[256], phase[64], why[256];

		(void)cgw_escape(path, sizeof(path), states[i].path, strlen(states[i].path));
		say_phase(&states[i], now_ns, phase, sizeof(phase));
		(void)snprintf(why, sizeof(why), "%.60s%s%.180s",
			       cgw_policy_section(rules->policy, states[i].section).name,
			       states[i].why != NULL && states[i].why[0] != '\0' ? ": " : "",
			       states[i].why != NULL ? states[i].why : "");
		add_row(rows, phase_role(states[i].phase), path, phase, why);
	}
	free(states);
}

static void add_actions(const struct app *app, const struct rules *rules, struct rows *rows)
{
	const struct rules_action *action;

	add_title(rows, rules->count > 0 ? "What enforcement would have done, newest first"
					 : "Enforcement would have done nothing yet");
	for (size_t i = 0; (action = rules_nth(rules, i)) != NULL; i++) {
		char path[256], middle[96], time[16];

		app_time(app, action->realtime_ns, time, sizeof(time));
		(void)cgw_escape(path, sizeof(path), action->path, strlen(action->path));
		(void)snprintf(middle, sizeof(middle), "%s %.60s", time, action->rule);
		add_row(rows, ROLE_WARM, path, middle, action->text);
	}
}

static void policy_draw(struct app *app, void *opaque, struct canvas *canvas,
			const struct layout *layout)
{
	struct policy_view *view = opaque;
	struct rows rows = {.canvas = canvas, .area = layout->body, .first = view->first};

	canvas_fill(canvas, layout->head, ROLE_TEXT, GROUND_BAR);
	canvas_text_cut(canvas, layout->head.row, layout->head.column, layout->head.columns,
			ROLE_STRONG, "Policy, watched only: nothing of it is done from here");
	if (cgw_frame_now(app->frame) == NULL)
		return;
	add_sections(app->rules, &rows);
	add_title(&rows, "");
	add_instances(app, app->rules, &rows);
	add_title(&rows, "");
	add_actions(app, app->rules, &rows);
	if (view->first + 1 > rows.count)
		view->first = rows.count > 0 ? rows.count - 1 : 0;
}

static unsigned policy_act(struct app *app, void *opaque, enum action action)
{
	struct policy_view *view = opaque;
	uint32_t page = app->drawn.body.rows > 0 ? (uint32_t)app->drawn.body.rows : 1;

	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	(void)list_action(action, UINT16_MAX, page, &view->first);
	return REACTION_DRAW;
}

static const struct view_kind view_policy = {
	.name = "policy",
	.whole = true,
	.head = true,
	.contexts = policy_contexts,
	.draw = policy_draw,
	.act = policy_act,
	.done = free,
};

unsigned open_policy(struct app *app)
{
	struct policy_view *view;

	if (app->rules == NULL)
		return app_say(app, ROLE_TEXT, "no policy is watched: start with --policy FILE");
	view = calloc(1, sizeof(*view));
	return view != NULL ? app_open(app, &view_policy, view)
			    : app_say(app, ROLE_BAD, "out of memory");
}
