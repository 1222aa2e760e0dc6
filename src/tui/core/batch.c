/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* batch.c - prints rows one by one, because a canvas limits the number of rows. */
#include <errno.h>
#include <stdarg.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/render/value-text.h"
#include "tui/core/app.h"
#include "tui/core/batch.h"
#include "tui/core/dashboard.h"
#include "tui/list/list-keys.h"

#define WIDTH_MAX 1000

DEFINE_CLEANUP(cleanup_canvas, struct canvas *, canvas_free)

static int print_canvas(const struct canvas *canvas, FILE *out)
{
	CLEANUP(cleanup_free) char *text = canvas_dump(canvas);

	if (text == NULL)
		return -ENOMEM;
	fputs(text, out);
	return 0;
}

/* Width that fits the longest name and all columns. */
static int width_needed(const struct app *app)
{
	int width = 0, group = GROUP_WIDTH_MIN_FLAT;

	for (uint32_t i = 0; i < app->list.row_count; i++) {
		const struct list_row *row = &app->list.rows[i];
		char path[1024];
		int needed = 2 * row->depth + 6;

		if (row->group == CGW_NO_GROUP)
			continue;
		app_label(app, row->group, path, sizeof(path));
		needed += canvas_width(path);
		if (needed > group)
			group = needed;
	}
	for (size_t i = 0; i < app->settings.column_count; i++) {
		const struct column *column = &app->settings.columns[i];
		int content = column_is_group(column) ? group : column_width(column), title_width;
		char title[40];

		column_title(column, app->settings.choices[CHOICE_OWN], title, sizeof(title));
		title_width = canvas_width(title);
		width += 1 + (content > title_width ? content : title_width);
	}
	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

/* Prints a part of a line if it fits into `left` columns. */
static void CGW_PRINTF(3, 4) print_part(FILE *out, int *left, const char *format, ...)
{
	va_list arguments;
	char text[96];
	int width;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	width = canvas_width(text);
	if (width > *left)
		return;
	fputs(text, out);
	*left -= width;
}

/* In this order of importance, as far as it fits. */
static void print_machine(const struct app *app, FILE *out, int columns)
{
	const struct cgw_snapshot *now = cgw_frame_now(app->frame);
	const struct cgw_system_stat *machine = cgw_snapshot_system(now);
	const char *available = BYTES_TEXT(machine->memory_available_bytes.value);

	print_part(out, &columns, "%s", TIME_TEXT(cgw_snapshot_realtime_ns(now)));
	print_part(out, &columns, "  groups %u", app_topology(app)->count);
	print_part(out, &columns, "  over %.1f s", cgw_frame_seconds(app->frame));
	print_part(out, &columns, "  CPUs %u", machine->cpu_count);
	if (machine->load_e2[0].state == CGW_OK)
		print_part(out, &columns, "  load %.2f", (double)machine->load_e2[0].value / 100);
	if (machine->memory_total_bytes.state == CGW_OK)
		print_part(out, &columns, "  memory %s, %s available",
			   BYTES_TEXT(machine->memory_total_bytes.value), available);
	print_part(out, &columns, "  %s %s", cgw_snapshot_collector(now),
		   DURATION_TEXT(cgw_snapshot_cost_ns(now)));
	fputc('\n', out);
}

int batch_print(struct app *app, const struct batch *batch)
{
	int columns = batch->columns > 0 ? batch->columns : width_needed(app);
	struct rect line = {.rows = 1, .columns = columns};
	CLEANUP(cleanup_canvas) struct canvas *canvas = NULL;
	struct placed placed;
	int r = canvas_new(1, columns, batch->utf8, &canvas);

	if (r < 0)
		return r;
	print_machine(app, batch->out, batch->columns > 0 ? batch->columns : WIDTH_MAX);
	groups_place(app, columns, &placed);
	groups_draw_head(app, canvas, line, &placed);
	r = print_canvas(canvas, batch->out);
	for (uint32_t i = 0; i < app->list.row_count && r == 0; i++) {
		canvas_clear(canvas);
		groups_draw_row(app, canvas, line, &placed, i, NULL);
		r = print_canvas(canvas, batch->out);
	}
	fputc('\n', batch->out);
	return r;
}

static void sleep_until(uint64_t until_ns)
{
	struct timespec until = timespec_from_ns(until_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

int batch_run(struct app *app, struct cgw_sampler *sampler, const struct batch *batch)
{
	struct cgw_metric_set metrics = {0};
	uint64_t next_ns = clock_now_ns();
	int r;

	/* As wide as needed for all columns, so that the metrics of all columns are read. */
	app->full_names = true;
	app->columns = batch->columns > 0 ? batch->columns : WIDTH_MAX;
	app_metrics(app, &metrics);
	r = cgw_sampler_set_metrics(sampler, &metrics);
	for (uint64_t i = 0; r == 0 && (batch->count == 0 || i <= batch->count); i++) {
		struct arrival arrival = {0};

		r = cgw_sampler_sample(sampler, &arrival.now);
		if (r < 0)
			return r;
		r = app_on_sample(app, &arrival, clock_now_ns());
		arrival_free(&arrival);
		/* Rates need two samples, so the first one is not printed. */
		if (r == 0 && i > 0)
			r = batch_print(app, batch);
		if (fflush(batch->out) != 0)
			return r; /* reported when the command closes standard output */
		next_ns += app->settings.interval_ns;
		if (r == 0 && i != batch->count)
			sleep_until(next_ns);
	}
	return r;
}
