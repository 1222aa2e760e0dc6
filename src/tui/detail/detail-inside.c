/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-inside.c - pages 6 to 8 of an opened group: what slows it down, its contents, advice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cgward/inspect.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "shared/report/advice-text.h"
#include "tui/core/app.h"
#include "tui/core/window.h"
#include "tui/detail/detail.h"

/* At least as wide as the longest control with a margin. */
#define ADVICE_LEFT_WIDTH 14

/* Finding processes that share namespaces reads all of /proc, so not at each sample. */
#define INSPECT_NS (5 * NS_PER_S)

/* The left column is at most as wide as "  caused by ancestor" and the margins. */
#define CAUSE_LEFT_WIDTH 24
#define WRAP_WIDTH_MIN   30

void detail_add_wrapped(const struct app *app, struct detail *detail, enum role role,
			const char *left, int left_width, const char *text)
{
	int width = app->columns - left_width;

	do {
		size_t length =
			wrapped_length(text, width > WRAP_WIDTH_MIN ? width : WRAP_WIDTH_MIN);

		detail_add_value(detail, role, left, "%.*s", (int)length, text);
		text += length;
		left = "";
	} while (*text != '\0');
}

static void add_escaped(const struct app *app, struct detail *detail, enum role role,
			const char *left, const char *value)
{
	detail_add_wrapped(app, detail, role, left, CAUSE_LEFT_WIDTH, ESCAPED(1024, value));
}

/* Below a cause: the group responsible, and a command that removes the cause. */
static void add_remedy(const struct app *app, struct detail *detail, const struct cgw_cause *cause,
		       uint32_t group)
{
	CLEANUP(cleanup_free)
	char *path = cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(detail->frame)),
					    cause->group);
	CLEANUP(cleanup_free) char *line = NULL;

	if (path == NULL)
		return;
	if (cause->group != group && !cause->system_wide)
		add_escaped(app, detail, ROLE_TEXT, "  caused by ancestor", path);
	line = cgw_cause_command(cause, path);
	if (line != NULL)
		add_escaped(app, detail, ROLE_LIMIT, "  remedy", line);
}

static void add_cause(const struct app *app, struct detail *detail, size_t index, uint32_t group)
{
	const struct cgw_cause *cause = &detail->causes[index];
	size_t first = detail->row_count;
	char sentence[CGW_SENTENCE_SIZE], left[16] = "";

	cgw_cause_sentence(cause, sentence, sizeof(sentence));
	if (cause->percent > 0)
		snprintf(left, sizeof(left), "%.0f%%", cause->percent);
	detail_add_wrapped(app, detail,
			   !cause->current        ? ROLE_DIM
			   : cause->percent >= 50 ? ROLE_BAD
			   : cause->percent >= 10 ? ROLE_HOT
						  : ROLE_WARM,
			   left[0] != '\0' ? left : cgw_cause_name(cause->kind), CAUSE_LEFT_WIDTH,
			   sentence);
	add_remedy(app, detail, cause, group);
	for (size_t i = first; i < detail->row_count; i++)
		detail->rows[i].cause = (uint16_t)(index + 1);
}

/* State of the previewed policy's rules on this group. */
static void add_rules(const struct app *app, struct detail *detail)
{
	const struct rules_answer *answer = app->rules != NULL ? app->rules->answer : NULL;
	char path[256];
	bool some = false;

	cgw_escape(path, sizeof(path), detail->path, strlen(detail->path));
	for (size_t i = 0; answer != NULL && i < answer->instance_count; i++) {
		const struct rules_instance *instance = &answer->instances[i];

		if (strcmp(instance->path, path) != 0)
			continue;
		if (!some)
			detail_add_heading(detail, "Rules of the previewed policy");
		some = true;
		detail_add_value(detail, ROLE_WARM, instance->rule, "%s%s%s",
				 cgw_phase_name(instance->phase),
				 instance->why[0] != '\0' ? ": " : "", instance->why);
	}
}

void detail_fill_explain(struct app *app, struct detail *detail)
{
	struct cgw_cause *causes = detail->causes;
	uint32_t group = detail_find_group(detail);
	size_t count;

	if (group == CGW_NO_GROUP)
		return;
	count = detail->cause_count = cgw_explain(detail->frame, group, causes);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || causes[i].current != causes[i - 1].current)
			detail_add_heading(detail,
					   causes[i].current
						   ? "What slows this group down now, worst first"
						   : "What slowed it down earlier");
		add_cause(app, detail, i, group);
	}
	if (count == 0)
		detail_add_heading(detail, "Nothing slows this group down: not throttled, no limit "
					   "near, no pressure");
	add_rules(app, detail);
}

void detail_request_inspection(struct app *app, struct detail *detail)
{
	struct inspect_job *inspect = detail->inspect_job;

	if (detail->page != PAGE_INSPECT || detail->inspecting || app->layout == NULL)
		return;
	/* The second run comes immediately, since rates need two. */
	if (detail->inspect_count > 1 && app->now_ns - detail->inspected_ns < INSPECT_NS)
		return;
	if (inspect == NULL)
		inspect = inspect_job_new(detail->path);
	if (inspect == NULL)
		return;
	detail->inspect_job = NULL;
	detail->inspecting = true;
	detail->inspected_ns = app->now_ns;
	app_post_job(app, detail, &inspect->job);
}

bool detail_collect_inspection(struct detail *detail, struct job *job)
{
	struct inspect_job *inspect = inspect_job_from(job);

	if (inspect == NULL)
		return false;
	job->kept = true;
	detail->inspect_job = inspect;
	detail->inspecting = false;
	detail->inspect_count = inspect->count;
	detail->inspect_error = inspect->error;
	/* A copy, since the next run replaces it. */
	if (inspect->error == 0) {
		free(detail->text);
		detail->text = strdup(inspect->text);
	}
	return true;
}

/* Splits the text into rows. An unindented line after an empty one is a heading. */
void detail_fill_inspect(struct app *app, struct detail *detail)
{
	const char *at = detail->text;
	bool empty = false;

	if (!(app->source_flags & SOURCE_CAN_ACT)) {
		detail_add(detail, ROLE_DIM,
			   FORMATTED(96, "a %s does not contain this data", app->source_name));
		return;
	}
	if (detail->inspect_error < 0)
		detail_add_value(detail, ROLE_BAD, "cannot inspect the group", "%s",
				 strerror(-detail->inspect_error));
	while (at != NULL && *at != '\0') {
		size_t length = strcspn(at, "\n");

		/* The first line is the path, which the status line shows. */
		if (at != detail->text) {
			struct detail_row *row = detail_add(
				detail, empty && *at != ' ' ? ROLE_TITLE : ROLE_TEXT, "");

			row->line = at;
			row->line_length = length;
		}
		empty = length == 0;
		at += length + (at[length] == '\n');
	}
}

void detail_draw_line(const struct detail *detail, const struct detail_row *row,
		      struct canvas *canvas, struct rect area)
{
	size_t skipped = 0, bytes;
	uint32_t character;
	int cells = 0, width;

	while (cells < detail->column && skipped < row->line_length &&
	       (bytes = canvas_next(row->line + skipped, &character, &width)) > 0) {
		skipped += bytes;
		cells += width;
	}
	canvas_text_cut(
		canvas, area.row, area.column, area.columns, row->role,
		FORMATTED(1024, "%.*s", (int)(row->line_length - skipped), row->line + skipped));
}

static void add_advice(const struct app *app, struct detail *detail,
		       const struct cgw_advice *advice, bool is_tried)
{
	CLEANUP(string_builder_free) struct string_builder reason = {0};
	struct detail_row *row =
		detail_add(detail, ROLE_DIM, cgw_control_info(advice->control)->key);
	char now[32];

	advice_format_now(advice, now, sizeof(now));
	advice_add_reason(&reason, advice, is_tried ? &advice->trial : NULL);
	snprintf(row->more, sizeof(row->more), "now %s", now);
	snprintf(row->value, sizeof(row->value), "-");
	if (advice_has_value(advice)) {
		row->role = advice->kind == CGW_ADVICE_LIMITED ? ROLE_WARM : ROLE_LIMIT;
		(void)cgw_advice_format(advice, row->value, sizeof(row->value));
		row->has_advice = true;
	}
	detail_add_wrapped(app, detail, ROLE_DIM, "", ADVICE_LEFT_WIDTH,
			   string_builder_text(&reason));
}

void detail_fill_advice(struct app *app, struct detail *detail)
{
	struct advice *advice = &app->advice;
	const struct cgw_advice *items;
	size_t count;

	if (app->source_flags & SOURCE_REMOTE) {
		detail_add_heading(detail, "Limits are computed on each host, from a recording");
		return;
	}
	if (advice->error < 0) {
		detail_add_value(detail, ROLE_BAD, "error", "%s", strerror(-advice->error));
		return;
	}
	if (advice->reading) {
		detail_add_heading(detail, "Reading the recording…");
		return;
	}
	items = advice_of_group(advice, detail->path, &count);
	detail_add_heading(detail, FORMATTED(96, "Limits from %llu sample%s %s",
					     (unsigned long long)advice->samples,
					     advice->samples == 1 ? "" : "s",
					     advice->is_recording ? "of the whole recording"
								  : "since they were first shown"));
	for (size_t i = 0; i < count; i++)
		add_advice(app, detail, &items[i], advice->is_recording);
	if (count == 0)
		detail_add_heading(detail, "No limit can be computed for this group yet");
}
