/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-graphs.c - graphs of one group, as large as the screen allows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"

/* With fewer rows per box, each series is one line instead. */
#define BOX_ROWS_MIN 4
#define SAMPLES_MAX  1024

static const struct {
	const char *title;
	enum role role;
	enum cgw_unit unit;
	bool binary;
	double least;
	int limit; /* enum cgw_metric, or -1 */
} series_info[CGW_HISTORY_SERIES_COUNT] = {
	[CGW_HISTORY_CPU] = {"CPU", ROLE_CPU, CGW_UNIT_PERCENT, false, 10, CGW_M_CPU_MAX},
	[CGW_HISTORY_MEMORY] = {"Memory", ROLE_MEMORY, CGW_UNIT_BYTES, true, 1 << 20,
				CGW_M_MEMORY_MAX},
	[CGW_HISTORY_IO] = {"IO", ROLE_IO, CGW_UNIT_BYTES_PER_S, true, 1 << 16, -1},
	[CGW_HISTORY_PIDS] = {"Processes and threads", ROLE_PIDS, CGW_UNIT_COUNT, false, 10,
			      CGW_M_PIDS_MAX},
	[CGW_HISTORY_PRESSURE] = {"Pressure (some, 10 s)", ROLE_PRESSURE, CGW_UNIT_PERCENT, false,
				  10, -1},
};

static void format(double value, enum cgw_unit unit, char *buffer, size_t size)
{
	struct cgw_value shown = {.state = isnan(value) ? CGW_ABSENT : CGW_OK, .real = value};

	if (unit == CGW_UNIT_COUNT && !isnan(value))
		snprintf(buffer, size, "%.0f", value);
	else
		cgw_format_value(shown, unit, CGW_STYLE_HUMAN, buffer, size);
}

/* The effective limit in the unit of the graph; NAN: unlimited. */
static double limit_of(const struct detail *detail, enum cgw_history_series series)
{
	uint32_t group = detail_find_group(detail), by;
	struct cgw_number number;

	if (series_info[series].limit < 0 || group == CGW_NO_GROUP)
		return NAN;
	number = cgw_frame_effective(detail->frame, (enum cgw_metric)series_info[series].limit,
				     group, &by);
	if (number.state != CGW_OK)
		return NAN;
	return series == CGW_HISTORY_CPU ? (double)number.value / 1e7 : (double)number.value;
}

/* The machine's capacity, above which a scale is of no use; INFINITY if unknown. */
static double machine_maximum(const struct app *app, enum cgw_history_series series)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(app->frame));

	if (series == CGW_HISTORY_CPU && machine->cpu_count > 0)
		return machine->cpu_count * 100.0;
	if (series == CGW_HISTORY_MEMORY && machine->memory_total_bytes.state == CGW_OK)
		return (double)machine->memory_total_bytes.value;
	return series == CGW_HISTORY_PRESSURE ? 100 : INFINITY;
}

struct extent {
	double now, most, mean;
	size_t known;
};

/* Reads the last samples, as many as fit into `columns` cells, and what they span. */
static size_t read_series(const struct app *app, const struct detail *detail,
			  enum cgw_history_series series, enum graph_style style, int columns,
			  double values[SAMPLES_MAX], struct extent *ret_extent)
{
	size_t count = graph_samples(style, columns);
	struct extent extent = {.now = NAN};

	if (count > SAMPLES_MAX)
		count = SAMPLES_MAX;
	cgw_history_read(app->history, detail->group, series, detail->zoom, values, count);
	for (size_t i = 0; i < count; i++) {
		extent.now = values[i];
		if (isnan(values[i]))
			continue;
		extent.known++;
		extent.mean += values[i];
		if (values[i] > extent.most)
			extent.most = values[i];
	}
	extent.mean /= extent.known > 0 ? (double)extent.known : 1;
	*ret_extent = extent;
	return count;
}

static enum graph_style style_of(const struct app *app, const struct canvas *canvas)
{
	return canvas->utf8 ? (enum graph_style)app->settings.choices[CHOICE_GRAPHS] : GRAPH_ASCII;
}

/* "now 12.3%  mean 10%  max 40%  limit 50%" in the upper border, as far as it fits. */
static void draw_values(const struct extent *extent, enum cgw_history_series series, double limit,
			struct canvas *canvas, struct rect area)
{
	const struct {
		const char *label;
		double value;
	} numbers[] = {{"now", extent->now},
		       {"mean", extent->mean},
		       {"max", extent->most},
		       {"limit", limit}};
	int at = area.column + 3 + canvas_width(series_info[series].title) + 1;
	int end = area.column + area.columns - 2;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char text[32];
		int width;

		if (isnan(numbers[i].value))
			continue;
		format(numbers[i].value, series_info[series].unit, text, sizeof(text));
		width = canvas_width(numbers[i].label) + 2 + canvas_width(text) + 1;
		if (at + width > end)
			return;
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
		at += canvas_text(canvas, area.row, at, end - at, ROLE_DIM, numbers[i].label);
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
		at += canvas_text(canvas, area.row, at, end - at,
				  i == 0 ? series_info[series].role : ROLE_TEXT, text);
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
	}
}

/* The scale at the left: maximum and zero. */
static void draw_scale(struct canvas *canvas, struct rect area, enum cgw_history_series series,
		       double maximum, int width)
{
	char text[32];

	format(maximum, series_info[series].unit, text, sizeof(text));
	canvas_text_right(canvas, area.row, area.column, width, ROLE_DIM, text);
	if (area.rows > 1)
		canvas_text_right(canvas, area.row + area.rows - 1, area.column, width, ROLE_DIM,
				  "0");
}

static void draw_span(struct canvas *canvas, struct rect box, size_t samples, unsigned zoom)
{
	char text[48];
	double seconds = (double)samples * zoom;

	if (seconds > CGW_HISTORY_SECONDS)
		seconds = CGW_HISTORY_SECONDS;
	snprintf(text, sizeof(text), " %.0f s ago ", seconds);
	if (seconds >= 120)
		snprintf(text, sizeof(text), " %.0f min ago ", seconds / 60);
	if (box.columns > canvas_width(text) + 12)
		canvas_text(canvas, box.row + box.rows - 1, box.column + 2, box.columns - 4,
			    ROLE_DIM, text);
}

static void draw_box(struct app *app, struct detail *detail, struct canvas *canvas, struct rect box,
		     enum cgw_history_series series)
{
	enum graph_style style = style_of(app, canvas);
	struct rect area = rect_inset(box, 1);
	int scale = area.columns >= 30 ? 7 : 0;
	double values[SAMPLES_MAX], limit = limit_of(detail, series), maximum;
	struct extent extent;
	size_t count =
		read_series(app, detail, series, style, area.columns - scale, values, &extent);

	canvas_box(canvas, box, ROLE_BORDER, series_info[series].title);
	maximum = extent.most > series_info[series].least ? extent.most : series_info[series].least;
	maximum = graph_round_up(maximum, series_info[series].binary);
	if (machine_maximum(app, series) < maximum && machine_maximum(app, series) >= extent.most)
		maximum = machine_maximum(app, series);
	/* Scale to a limit that is near, so that the distance to it is visible. */
	if (!isnan(limit) && limit >= extent.most && limit <= 4 * maximum && limit > 0)
		maximum = limit;
	if (extent.known == 0) {
		canvas_text_cut(canvas, area.row, area.column + 1, area.columns - 1, ROLE_DIM,
				series == CGW_HISTORY_PRESSURE
					? "no pressure data (PSI) for this group"
					: "no data yet");
		return;
	}
	draw_values(&extent, series, limit, canvas, box);
	if (scale > 0) {
		draw_scale(canvas, area, series, maximum, scale - 1);
		area.column += scale;
		area.columns -= scale;
	}
	graph_draw(canvas, area, style, series_info[series].role, values, count, maximum);
	draw_span(canvas, box, count, detail->zoom);
}

/* One row per series, if the boxes do not fit. */
static void draw_lines(struct app *app, struct detail *detail, struct canvas *canvas,
		       struct rect area)
{
	enum graph_style style = style_of(app, canvas);

	for (int series = 0; series < CGW_HISTORY_SERIES_COUNT && series < area.rows; series++) {
		struct rect graph = {area.row + series, area.column + 18, 1, area.columns - 18};
		double values[SAMPLES_MAX];
		struct extent extent;
		char text[32], name[10];
		size_t count = read_series(app, detail, (enum cgw_history_series)series, style,
					   graph.columns, values, &extent);

		if (graph.columns < 0)
			graph.columns = 0;
		format(extent.now, series_info[series].unit, text, sizeof(text));
		snprintf(name, sizeof(name), "%.8s", series_info[series].title);
		canvas_text(canvas, graph.row, area.column, 9, ROLE_TITLE, name);
		canvas_text_right(canvas, graph.row, area.column + 9, 8, ROLE_TEXT, text);
		graph_draw(canvas, graph, style, series_info[series].role, values, count,
			   extent.most > series_info[series].least ? extent.most
								   : series_info[series].least);
	}
}

void detail_draw_graphs(struct app *app, struct detail *detail, struct canvas *canvas,
			struct rect area)
{
	static const enum cgw_history_series order[] = {CGW_HISTORY_CPU, CGW_HISTORY_MEMORY,
							CGW_HISTORY_IO, CGW_HISTORY_PIDS,
							CGW_HISTORY_PRESSURE};
	int across = area.columns >= 76 ? 2 : 1, count = (int)ARRAY_SIZE(order);
	int down = (count + across - 1) / across, at = area.row, next = 0;

	if (area.rows < down * BOX_ROWS_MIN) {
		draw_lines(app, detail, canvas, area);
		return;
	}
	for (int i = 0; i < down; i++) {
		int rows = (area.row + area.rows - at) / (down - i), column = area.column;
		/* An odd last box gets the full width. */
		int here = count - next < across ? count - next : across;

		for (int j = 0; j < here; j++) {
			int columns = (area.column + area.columns - column) / (here - j);

			draw_box(app, detail, canvas, (struct rect){at, column, rows, columns},
				 order[next++]);
			column += columns;
		}
		at += rows;
	}
}
