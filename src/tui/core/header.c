/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* header.c - meters of the machine, sampling state, warnings, and graphs if there is space. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "tui/core/dashboard.h"
#include "tui/replay/replay-keys.h"

#define METER_ROWS 4
#define GRAPH_ROWS 5
/* Minimum height of the screen for graphs. */
#define GRAPH_SCREEN_ROWS 36
/* A sample later than this after its interval is reported. */
#define LATE_NS (2 * NS_PER_S)

int header_rows(const struct app *app, int rows)
{
	switch ((enum header_kind)app->settings.choices[CHOICE_HEADER]) {
	case HEADER_NONE:
		return 0;
	case HEADER_LINE:
		return 1;
	case HEADER_METERS:
		return METER_ROWS;
	case HEADER_GRAPHS:
		break;
	}
	return rows >= GRAPH_SCREEN_ROWS ? METER_ROWS + GRAPH_ROWS : METER_ROWS;
}

struct machine_values {
	double cpu_percent; /* of the whole machine; NAN: not known yet */
	double read_rate, write_rate;
	double memory_used, memory_total, swap_used, swap_total;
};

static double growth(struct cgw_number now, struct cgw_number before, double seconds)
{
	if (now.state != CGW_OK || before.state != CGW_OK || seconds <= 0 ||
	    now.value < before.value)
		return NAN;
	return (double)(now.value - before.value) / seconds;
}

static double number(struct cgw_number number)
{
	return number.state == CGW_OK ? (double)number.value : NAN;
}

static struct machine_values compute_values(const struct cgw_frame *frame)
{
	const struct cgw_system_stat *now = cgw_snapshot_system(cgw_frame_now(frame));
	struct machine_values values = {.cpu_percent = NAN, .read_rate = NAN, .write_rate = NAN};
	double seconds = cgw_frame_seconds(frame);

	if (cgw_frame_before(frame) != NULL) {
		const struct cgw_system_stat *before = cgw_snapshot_system(cgw_frame_before(frame));

		values.cpu_percent = growth(now->cpu_busy_ns, before->cpu_busy_ns, seconds) / 1e7 /
				     (now->cpu_count > 0 ? now->cpu_count : 1);
		values.read_rate = growth(now->read_bytes, before->read_bytes, seconds);
		values.write_rate = growth(now->written_bytes, before->written_bytes, seconds);
	}
	values.memory_total = number(now->memory_total_bytes);
	values.memory_used = values.memory_total - number(now->memory_available_bytes);
	values.swap_total = number(now->swap_total_bytes);
	values.swap_used = values.swap_total - number(now->swap_free_bytes);
	return values;
}

/* A row that is written from left to right. */
struct pen {
	struct canvas *canvas;
	int row, column, end;
};

static void pen_text(struct pen *pen, enum role role, const char *text)
{
	pen->column +=
		canvas_text(pen->canvas, pen->row, pen->column, pen->end - pen->column, role, text);
}

/* A label and its value, omitted if they do not fit. */
static void pen_pair(struct pen *pen, const char *label, enum role role, const char *text)
{
	int width = canvas_width(label) + 1 + canvas_width(text);

	if (pen->column + width > pen->end)
		return;
	pen_text(pen, ROLE_DIM, label);
	pen_text(pen, ROLE_DIM, " ");
	pen_text(pen, role, text);
	pen_text(pen, ROLE_TEXT, "  ");
}

static void bytes(double value, char *buffer, size_t size)
{
	if (isnan(value))
		snprintf(buffer, size, "-");
	else
		cgw_format_bytes(value, buffer, size);
}

static enum role share_role(double percent)
{
	return percent >= 95   ? ROLE_BAD
	       : percent >= 85 ? ROLE_HOT
	       : percent >= 70 ? ROLE_WARM
			       : ROLE_GOOD;
}

static void draw_meter(struct canvas *canvas, int row, int column, int width, const char *label,
		       double share, const char *value)
{
	int number = canvas_width(value), bar = width - 4 - number - 1;

	canvas_text(canvas, row, column, 3, ROLE_TITLE, label);
	if (bar >= 4)
		graph_bar(canvas, row, column + 4, bar, share_role(share * 100),
			  isnan(share) ? 0 : share);
	canvas_text_right(canvas, row, column + 4, width - 4, ROLE_STRONG, value);
}

static void pen_pressure(struct pen *pen, const struct cgw_system_stat *machine, bool full)
{
	static const char *const names[] = {"cpu", "mem", "io"};

	for (int i = 0; i < 3; i++) {
		struct cgw_number some = machine->pressure_e2[i][0][0];

		if (some.state != CGW_OK)
			continue;
		pen_pair(pen, i == 0 ? "PSI cpu" : names[i],
			 some.value >= 2500   ? ROLE_HOT
			 : some.value >= 1000 ? ROLE_WARM
					      : ROLE_TEXT,
			 FORMATTED(64, full ? "%.1f%%" : "%.0f%%", (double)some.value / 100));
	}
}

static void draw_cpu_row(const struct app *app, const struct machine_values *values,
			 struct canvas *canvas, struct rect area, int meter)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(app->frame));
	struct pen pen = {canvas, area.row, area.column + meter + 2, area.column + area.columns};
	char text[64];

	if (isnan(values->cpu_percent))
		snprintf(text, sizeof(text), "… of %u CPUs", machine->cpu_count);
	else
		snprintf(text, sizeof(text), "%.1f%% of %u CPU%s",
			 values->cpu_percent * machine->cpu_count, machine->cpu_count,
			 machine->cpu_count == 1 ? "" : "s");
	draw_meter(canvas, area.row, area.column, meter, "CPU", values->cpu_percent / 100, text);
	if (machine->load_e2[0].state == CGW_OK) {
		snprintf(text, sizeof(text), "%.2f %.2f %.2f", number(machine->load_e2[0]) / 100,
			 number(machine->load_e2[1]) / 100, number(machine->load_e2[2]) / 100);
		pen_pair(&pen, "load", ROLE_TEXT, text);
	}
	pen_pressure(&pen, machine, area.columns >= 100);
	if (machine->threads.state == CGW_OK) {
		snprintf(text, sizeof(text), "%.0f", number(machine->threads));
		pen_pair(&pen, "tasks", ROLE_TEXT, text);
	}
}

static void draw_memory_row(const struct machine_values *values, struct canvas *canvas,
			    struct rect area, int meter)
{
	struct pen pen = {canvas, area.row, area.column + meter + 2, area.column + area.columns};
	char used[32], total[32], text[80];

	bytes(values->memory_used, used, sizeof(used));
	bytes(values->memory_total, total, sizeof(total));
	snprintf(text, sizeof(text), "%s of %s", used, total);
	draw_meter(canvas, area.row, area.column, meter, "MEM",
		   values->memory_used / values->memory_total, text);
	if (values->swap_total > 0) {
		bytes(values->swap_used, used, sizeof(used));
		bytes(values->swap_total, total, sizeof(total));
		snprintf(text, sizeof(text), "%s of %s", used, total);
		pen_pair(&pen, "swap", ROLE_TEXT, text);
	} else {
		pen_pair(&pen, "swap", ROLE_DIM, "none");
	}
	bytes(values->read_rate, text, sizeof(text));
	pen_pair(&pen, "disk read", ROLE_TEXT, text);
	bytes(values->write_rate, text, sizeof(text));
	pen_pair(&pen, "write", ROLE_TEXT, text);
}

/* Shows the date as well in a recording. */
static void draw_clock(const struct app *app, struct pen *pen)
{
	uint64_t realtime_ns = cgw_snapshot_realtime_ns(cgw_frame_now(app->frame));
	char text[32];

	if (app->source_flags & SOURCE_CAN_SEEK)
		app_date(app, realtime_ns, text, sizeof(text));
	else
		app_time(app, realtime_ns, text, sizeof(text));
	if (pen->end - pen->column >= (int)strlen(text))
		canvas_text_right(pen->canvas, pen->row, pen->column, pen->end - pen->column,
				  ROLE_DIM, text);
	pen->end -= (int)strlen(text) + 1;
}

/* State of sampling: paused, late, or the interval. */
static void pen_sampling(const struct app *app, struct pen *pen)
{
	const struct cgw_snapshot *now = cgw_frame_now(app->frame);
	uint64_t late_ns = app->now_ns - app->sampled_ns;
	char text[64];

	if (app->source_flags & SOURCE_CAN_SEEK) {
		replay_describe(app, text, sizeof(text));
		pen_text(pen, app->paused ? ROLE_WARM : ROLE_GOOD, text);
		pen_text(pen, ROLE_TEXT, "  ");
		return;
	}
	if (app->paused) {
		pen_text(pen, ROLE_WARM, "PAUSED  ");
	} else if (app->now_ns > app->sampled_ns && late_ns > app->settings.interval_ns + LATE_NS) {
		snprintf(text, sizeof(text), "no sample for %llu s  ",
			 (unsigned long long)(late_ns / NS_PER_S));
		pen_text(pen, ROLE_HOT, text);
	} else {
		cgw_format_duration((double)app->settings.interval_ns, text, sizeof(text));
		/* Show whole seconds as "1s" instead of "1.00s". */
		if (app->settings.interval_ns % NS_PER_S == 0)
			snprintf(text, sizeof(text), "%llus",
				 (unsigned long long)(app->settings.interval_ns / NS_PER_S));
		pen_pair(pen, "every", ROLE_TEXT, text);
	}
	cgw_format_duration((double)cgw_snapshot_cost_ns(now), text, sizeof(text));
	pen_pair(pen, cgw_snapshot_collector(now), ROLE_TEXT, text);
}

static void draw_identity(struct app *app, struct canvas *canvas, struct rect area)
{
	const struct cgw_topology *topology = app_topology(app);
	struct pen pen = {canvas, area.row, area.column, area.column + area.columns};
	const char *trouble;
	enum role role;

	pen_text(&pen, ROLE_TITLE, "cgward");
	pen_text(&pen, ROLE_TEXT, " ");
	draw_clock(app, &pen);
	if (app->source_name[0] != '\0') {
		pen_text(&pen, ROLE_STRONG, app->source_name);
		pen_text(&pen, ROLE_DIM, area.columns >= 60 ? " of " : " ");
	}
	if (area.columns >= 60) {
		pen_text(&pen, ROLE_STRONG, app->host);
		pen_text(&pen, ROLE_TEXT, "  ");
	}
	if (app->hosts.count == 1 && (trouble = app_host_trouble(app, 0, &role)) != NULL) {
		pen_text(&pen, role, trouble);
		pen_text(&pen, ROLE_TEXT, "  ");
	}
	if (app->read_only)
		pen_text(&pen, ROLE_WARM, "read-only  ");
	pen_pair(&pen, "groups", ROLE_TEXT, FORMATTED(64, "%u", topology->count));
	pen_sampling(app, &pen);
	if (topology->layout != NULL)
		pen_pair(&pen, "cgroup",
			 topology->layout->kind == CGW_LAYOUT_NONE ? ROLE_BAD : ROLE_TEXT,
			 cgw_layout_kind_name(topology->layout->kind));
}

/* The one-line header. */
static void draw_line(struct app *app, const struct machine_values *values, struct canvas *canvas,
		      struct rect area)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(app->frame));
	struct pen pen = {canvas, area.row, area.column, area.column + area.columns};
	char text[64], total[32];

	if (app->paused && !(app->source_flags & SOURCE_CAN_SEEK))
		pen_text(&pen, ROLE_WARM, "PAUSED ");
	if (isnan(values->cpu_percent))
		snprintf(text, sizeof(text), "…");
	else
		snprintf(text, sizeof(text), "%.0f%%", values->cpu_percent * machine->cpu_count);
	pen_pair(&pen, "CPU", share_role(values->cpu_percent), text);
	bytes(values->memory_used, text, sizeof(text));
	bytes(values->memory_total, total, sizeof(total));
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "/%s", total);
	pen_pair(&pen, "MEM", share_role(values->memory_used * 100 / values->memory_total), text);
	snprintf(text, sizeof(text), "%u", app_topology(app)->count);
	pen_pair(&pen, "groups", ROLE_TEXT, text);
	pen_sampling(app, &pen);
}

static const struct {
	const char *title;
	enum role role;
	enum cgw_unit unit;
	double least;
} styles[CGW_HISTORY_SERIES_COUNT] = {
	[CGW_HISTORY_CPU] = {"CPU", ROLE_CPU, CGW_UNIT_PERCENT, 0},
	[CGW_HISTORY_MEMORY] = {"Memory", ROLE_MEMORY, CGW_UNIT_BYTES, 0},
	[CGW_HISTORY_IO] = {"IO", ROLE_IO, CGW_UNIT_BYTES_PER_S, 1 << 20},
	[CGW_HISTORY_PIDS] = {"Tasks", ROLE_PIDS, CGW_UNIT_COUNT, 16},
	[CGW_HISTORY_PRESSURE] = {"Pressure", ROLE_PRESSURE, CGW_UNIT_PERCENT, 10},
};

/* "CPU 187.0% of 400.0%", or without a capacity "IO 1.0M  max 3.0M" of the time shown. */
static void draw_box_title(struct canvas *canvas, struct rect area, enum cgw_history_series series,
			   double now, double most, bool is_capacity)
{
	struct cgw_value value = {.state = isnan(now) ? CGW_ABSENT : CGW_OK, .real = now};
	struct cgw_value edge = {.state = isnan(now) ? CGW_ABSENT : CGW_OK, .real = most};

	canvas_box(canvas, area, ROLE_BORDER,
		   FORMATTED(96, "%s %s%s %s", styles[series].title,
			     VALUE_TEXT(value, styles[series].unit, CGW_STYLE_HUMAN),
			     is_capacity ? " of" : "  max",
			     VALUE_TEXT(edge, styles[series].unit, CGW_STYLE_HUMAN)));
}

static void draw_one_graph(struct app *app, struct canvas *canvas, struct rect area,
			   enum cgw_history_series series)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(app->frame));
	double values[512], most = 0, capacity = NAN, scale;
	size_t count = graph_samples((enum graph_style)app->settings.choices[CHOICE_GRAPHS],
				     area.columns - 2);

	if (count > sizeof(values) / sizeof(values[0]))
		count = sizeof(values) / sizeof(values[0]);
	cgw_history_read(app->history, 0, series, 1, values, count);
	for (size_t i = 0; i < count; i++)
		if (values[i] > most)
			most = values[i];
	if (series == CGW_HISTORY_CPU)
		capacity = machine->cpu_count * 100.0;
	if (series == CGW_HISTORY_MEMORY)
		capacity = number(machine->memory_total_bytes);
	scale = most > styles[series].least ? most : styles[series].least;
	draw_box_title(canvas, area, series, count > 0 ? values[count - 1] : NAN,
		       isnan(capacity) ? most : capacity, !isnan(capacity));
	graph_draw(canvas, rect_inset(area, 1),
		   (enum graph_style)app->settings.choices[CHOICE_GRAPHS], styles[series].role,
		   values, count, isnan(capacity) ? scale : capacity);
}

static void draw_graphs(struct app *app, struct canvas *canvas, struct rect area)
{
	static const enum cgw_history_series series[] = {CGW_HISTORY_CPU, CGW_HISTORY_MEMORY,
							 CGW_HISTORY_IO, CGW_HISTORY_PRESSURE};
	int count = area.columns >= 160 ? 4 : area.columns >= 100 ? 3 : 2, at = area.column;

	for (int i = 0; i < count; i++) {
		int width = (area.column + area.columns - at) / (count - i);

		draw_one_graph(app, canvas, (struct rect){area.row, at, area.rows, width},
			       series[i]);
		at += width;
	}
}

static void draw_warnings(struct app *app, struct canvas *canvas, struct rect line)
{
	app->drawn_warnings = line;
	alerts_draw(&app->alerts, app->frame, canvas, line.row, line.column, line.columns);
}

void header_draw(struct app *app, struct canvas *canvas, struct rect area)
{
	struct machine_values values;
	struct rect line = {area.row, area.column, 1, area.columns};
	int meter = area.columns >= 160 ? 72 : area.columns >= 100 ? 48 : area.columns / 2 - 1;

	app->drawn_warnings = (struct rect){0};
	if (area.rows < 1)
		return;
	if (cgw_frame_now(app->frame) == NULL) {
		canvas_text_cut(canvas, area.row, area.column, area.columns, ROLE_DIM,
				app->source_flags & SOURCE_CAN_SEEK
					? "cgward: opening the recording…"
					: "cgward: reading all groups for the first time…");
		return;
	}
	values = compute_values(app->frame);
	if (area.rows < 3) {
		draw_line(app, &values, canvas, line);
		line.row++;
		if (area.rows == 2)
			draw_warnings(app, canvas, line);
		return;
	}
	if (area.rows >= METER_ROWS) {
		draw_identity(app, canvas, line);
		line.row++;
	}
	draw_cpu_row(app, &values, canvas, line, meter);
	line.row++;
	draw_memory_row(&values, canvas, line, meter);
	line.row++;
	draw_warnings(app, canvas, line);
	line.row++;
	line.rows = area.row + area.rows - line.row;
	if (line.rows >= 3)
		draw_graphs(app, canvas, line);
}
