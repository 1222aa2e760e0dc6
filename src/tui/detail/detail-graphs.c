/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-graphs.c - graphs of one group, as large as the screen allows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/detail/detail.h"

/* With fewer rows per box, each series is one line instead. */
#define BOX_ROWS_MIN 4
#define SAMPLES_MAX  1024
/* Of the graph below the causes: the same height for a glance at any size. */
#define CAUSE_ROWS_MAX 11

struct graph_info {
	const char *title;
	enum role role;
	enum cgw_unit unit;
	bool binary;
	double least;
	int limit; /* enum cgw_metric, or -1 */
};

static const struct graph_info series_info[CGW_HISTORY_SERIES_COUNT] = {
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

/* Values of a graph, and what they span. */
struct curve {
	double values[SAMPLES_MAX];
	size_t count;
	double now, most, mean, at_cursor;
	size_t known;
	double limit;   /* NAN: none */
	double machine; /* the most that the machine has; INFINITY: not known */
};

static void measure(const struct detail *detail, struct curve *curve)
{
	curve->now = curve->at_cursor = NAN;
	curve->most = curve->mean = 0;
	curve->known = 0;
	for (size_t i = 0; i < curve->count; i++) {
		double value = curve->values[i];

		curve->now = value;
		if (curve->count - 1 - i == detail->cursor)
			curve->at_cursor = value;
		if (isnan(value))
			continue;
		curve->known++;
		curve->mean += value;
		if (value > curve->most)
			curve->most = value;
	}
	curve->mean /= curve->known > 0 ? (double)curve->known : 1;
}

static size_t samples_in(enum graph_style style, int columns)
{
	size_t count = graph_samples(style, columns);

	return count < SAMPLES_MAX ? count : SAMPLES_MAX;
}

/* Reads the last samples, as many as fit into `columns` cells. */
static void read_series(const struct app *app, const struct detail *detail,
			enum cgw_history_series series, enum graph_style style, int columns,
			struct curve *curve)
{
	curve->count = samples_in(style, columns);
	cgw_history_read(app->history, detail->group, series, detail->zoom, curve->values,
			 curve->count);
	measure(detail, curve);
}

static enum graph_style style_of(const struct app *app, const struct canvas *canvas)
{
	return canvas->utf8 ? (enum graph_style)app->settings.choices[CHOICE_GRAPHS] : GRAPH_ASCII;
}

/* "now 12.3%  mean 10%  max 40%  limit 50%" in the upper border, as far as it fits. */
static void draw_values(const struct curve *curve, const struct graph_info *info, double limit,
			struct canvas *canvas, struct rect area)
{
	const struct {
		const char *label;
		double value;
	} numbers[] = {
		{"now", curve->now}, {"mean", curve->mean}, {"max", curve->most}, {"limit", limit}};
	int at = area.column + 3 + canvas_width(info->title) + 1;
	int end = area.column + area.columns - 2;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char text[32];
		int width;

		if (isnan(numbers[i].value))
			continue;
		format(numbers[i].value, info->unit, text, sizeof(text));
		width = canvas_width(numbers[i].label) + 2 + canvas_width(text) + 1;
		if (at + width > end)
			return;
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
		at += canvas_text(canvas, area.row, at, end - at, ROLE_DIM, numbers[i].label);
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
		at += canvas_text(canvas, area.row, at, end - at, i == 0 ? info->role : ROLE_TEXT,
				  text);
		at += canvas_text(canvas, area.row, at, 1, ROLE_TEXT, " ");
	}
}

/* The scale at the left: maximum, middle and zero. */
static void draw_scale(struct canvas *canvas, struct rect area, const struct graph_info *info,
		       double maximum, int width)
{
	char text[32];

	format(maximum, info->unit, text, sizeof(text));
	canvas_text_right(canvas, area.row, area.column, width, ROLE_DIM, text);
	if (area.rows >= 5 && area.rows % 2 == 1) {
		format(maximum / 2, info->unit, text, sizeof(text));
		canvas_text_right(canvas, area.row + area.rows / 2, area.column, width, ROLE_DIM,
				  text);
	}
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

/* A horizontal line at the limit, where the graph leaves space. */
static void draw_limit(struct canvas *canvas, struct rect area, double limit, double maximum)
{
	int row;

	if (isnan(limit) || limit > maximum || area.rows < 1)
		return;
	row = area.row + area.rows - 1 - (int)(limit / maximum * area.rows * 0.999);
	for (int i = 0; i < area.columns; i++) {
		const struct canvas_cell *cell = canvas_at(canvas, row, area.column + i);

		if (cell != NULL && strcmp(cell->text, " ") == 0)
			canvas_text(canvas, row, area.column + i, 1, ROLE_LIMIT, "╌");
	}
}

static void draw_cursor(const struct detail *detail, struct canvas *canvas, struct rect area,
			enum graph_style style)
{
	int back = (int)(detail->cursor / graph_samples(style, 1));

	if (detail->has_cursor && back < area.columns)
		canvas_ground(canvas,
			      (struct rect){area.row, area.column + area.columns - 1 - back,
					    area.rows, 1},
			      GROUND_SELECTED);
}

/* The upper edge: round, and at a limit that is near, so that the distance to it is visible. */
static double scale_of(const struct curve *curve, const struct graph_info *info, double limit,
		       double machine)
{
	double maximum = curve->most > info->least ? curve->most : info->least;

	maximum = graph_round_up(maximum, info->binary);
	if (machine < maximum && machine >= curve->most)
		maximum = machine;
	if (!isnan(limit) && limit >= curve->most && limit <= 4 * maximum && limit > 0)
		maximum = limit;
	return maximum;
}

/* Cells of a box for its scale. */
static int scale_width(struct rect area)
{
	return area.columns >= 30 ? 7 : 0;
}

static void draw_curve(const struct app *app, const struct detail *detail, struct canvas *canvas,
		       struct rect box, const struct graph_info *info, const struct curve *curve)
{
	double limit = curve->limit;
	enum graph_style style = style_of(app, canvas);
	struct rect area = rect_inset(box, 1);
	int scale = scale_width(area);
	double maximum = scale_of(curve, info, limit, curve->machine);

	draw_values(curve, info, limit, canvas, box);
	if (scale > 0) {
		draw_scale(canvas, area, info, maximum, scale - 1);
		area.column += scale;
		area.columns -= scale;
	}
	graph_draw(canvas, area, style, info->role, curve->values, curve->count, maximum);
	draw_limit(canvas, area, limit, maximum);
	draw_cursor(detail, canvas, area, style);
	draw_span(canvas, box, curve->count, detail->zoom);
}

static void draw_box(struct app *app, struct detail *detail, struct canvas *canvas, struct rect box,
		     enum cgw_history_series series)
{
	struct rect area = rect_inset(box, 1);
	struct curve curve;

	canvas_box(canvas, box, ROLE_BORDER, series_info[series].title);
	read_series(app, detail, series, style_of(app, canvas), area.columns - scale_width(area),
		    &curve);
	if (curve.known == 0) {
		canvas_text_cut(canvas, area.row, area.column + 1, area.columns - 1, ROLE_DIM,
				series == CGW_HISTORY_PRESSURE
					? "no pressure data (PSI) for this group"
					: "no data yet");
		return;
	}
	curve.limit = limit_of(detail, series);
	curve.machine = machine_maximum(app, series);
	draw_curve(app, detail, canvas, box, &series_info[series], &curve);
}

/* A metric from the history that is kept while the group is open. */
static void draw_metric(struct app *app, struct detail *detail, struct canvas *canvas,
			struct rect box, const char *key)
{
	struct rect area = rect_inset(box, 1);
	int index = metric_history_find(&detail->metrics, key);
	struct graph_info info = {.title = key, .role = ROLE_GOOD, .limit = -1};
	struct curve curve;

	canvas_box(canvas, box, ROLE_BORDER, key);
	if (index < 0)
		return;
	info.unit = (enum cgw_unit)detail->metrics.fields[index].unit;
	info.binary = info.unit == CGW_UNIT_BYTES || info.unit == CGW_UNIT_BYTES_PER_S;
	curve.count = samples_in(style_of(app, canvas), area.columns - scale_width(area));
	metric_history_read(&detail->metrics, index, detail->zoom, curve.values, curve.count);
	measure(detail, &curve);
	if (curve.known == 0)
		canvas_text_cut(canvas, area.row, area.column + 1, area.columns - 1, ROLE_DIM,
				"no data yet: recorded since the group was opened");
	curve.limit = NAN;
	curve.machine = INFINITY;
	if (curve.known > 0)
		draw_curve(app, detail, canvas, box, &info, &curve);
}

/* The values of all graphs at the cursor, or now. */
static void draw_readings(struct app *app, struct detail *detail, struct canvas *canvas,
			  struct rect box)
{
	struct rect area = rect_inset(box, 1);
	unsigned seconds = (unsigned)detail->cursor * detail->zoom;
	char title[48] = "Now", text[32];
	size_t samples = graph_samples(style_of(app, canvas), area.columns - scale_width(area));

	if (detail->has_cursor)
		snprintf(title, sizeof(title), "%u s ago", seconds);
	canvas_box(canvas, box, ROLE_BORDER, title);
	for (int series = 0; series < CGW_HISTORY_SERIES_COUNT && series < area.rows; series++) {
		struct curve curve = {.count = samples < SAMPLES_MAX ? samples : SAMPLES_MAX};

		cgw_history_read(app->history, detail->group, (enum cgw_history_series)series,
				 detail->zoom, curve.values, curve.count);
		measure(detail, &curve);
		format(detail->has_cursor ? curve.at_cursor : curve.now, series_info[series].unit,
		       text, sizeof(text));
		canvas_text_right(canvas, area.row + series, area.column, 8,
				  series_info[series].role, text);
		canvas_text_cut(canvas, area.row + series, area.column + 9, area.columns - 9,
				ROLE_TEXT, series_info[series].title);
	}
	if (area.rows > CGW_HISTORY_SERIES_COUNT)
		canvas_text_cut(canvas, area.row + area.rows - 1, area.column, area.columns,
				ROLE_DIM, "< >: cursor   ← →: zoom   2 Enter: graph a metric");
}

/* One row per series, if the boxes do not fit. */
static void draw_lines(struct app *app, struct detail *detail, struct canvas *canvas,
		       struct rect area)
{
	enum graph_style style = style_of(app, canvas);

	for (int series = 0; series < CGW_HISTORY_SERIES_COUNT && series < area.rows; series++) {
		const struct graph_info *info = &series_info[series];
		struct rect graph = {area.row + series, area.column + 18, 1, area.columns - 18};
		struct curve curve;
		char text[32];

		if (graph.columns < 0)
			graph.columns = 0;
		read_series(app, detail, (enum cgw_history_series)series, style, graph.columns,
			    &curve);
		format(detail->has_cursor ? curve.at_cursor : curve.now, info->unit, text,
		       sizeof(text));
		canvas_text(canvas, graph.row, area.column, 9, ROLE_TITLE,
			    FORMATTED(10, "%.8s", info->title));
		canvas_text_right(canvas, graph.row, area.column + 9, 8, ROLE_TEXT, text);
		graph_draw(canvas, graph, style, info->role, curve.values, curve.count,
			   curve.most > info->least ? curve.most : info->least);
		draw_cursor(detail, canvas, graph, style);
	}
}

/* All boxes have the same width, so that the same time is at the same place in each. */
void detail_draw_graphs(struct app *app, struct detail *detail, struct canvas *canvas,
			struct rect area)
{
	static const enum cgw_history_series order[] = {CGW_HISTORY_CPU, CGW_HISTORY_MEMORY,
							CGW_HISTORY_IO, CGW_HISTORY_PIDS,
							CGW_HISTORY_PRESSURE};
	int across = area.columns >= 76 ? 2 : 1, count = (int)ARRAY_SIZE(order);
	int boxes = across == 2 || detail->graphed[0] != '\0' ? count + 1 : count;
	int down = (boxes + across - 1) / across, columns = area.columns / across;

	if (area.rows < down * BOX_ROWS_MIN) {
		draw_lines(app, detail, canvas, area);
		return;
	}
	for (int i = 0; i < boxes; i++) {
		int line = i / across, row = area.row + area.rows * line / down;
		struct rect box = {row, area.column + i % across * columns,
				   area.row + area.rows * (line + 1) / down - row, columns};

		if (i < count)
			draw_box(app, detail, canvas, box, order[i]);
		else if (detail->graphed[0] != '\0')
			draw_metric(app, detail, canvas, box, detail->graphed);
		else
			draw_readings(app, detail, canvas, box);
	}
}

/* What shows the course of each cause. NULL: nothing. */
static const char *const cause_metrics[CGW_CAUSE_KIND_COUNT] = {
	[CGW_CAUSE_CPU_THROTTLED] = "cpu.throttled_percent",
	[CGW_CAUSE_CPUSET_FULL] = "cpu",
	[CGW_CAUSE_CPU_PRESSURE] = "cpu.pressure.some.avg10",
	[CGW_CAUSE_MEMORY_HIGH] = "memory.current",
	[CGW_CAUSE_MEMORY_MAX] = "memory.percent",
	[CGW_CAUSE_MEMORY_PRESSURE] = "memory.pressure.some.avg10",
	[CGW_CAUSE_OOM_KILLED] = "memory.percent",
	[CGW_CAUSE_SWAPPING] = "memory.faults",
	[CGW_CAUSE_IO_LIMIT] = "io",
	[CGW_CAUSE_IO_PRESSURE] = "io.pressure.some.avg10",
	[CGW_CAUSE_PIDS_MAX] = "pids.percent",
	[CGW_CAUSE_CPU_WAIT] = "cpu",
	[CGW_CAUSE_IO_WAIT] = "io",
};

void detail_draw_cause(struct app *app, struct detail *detail, struct canvas *canvas,
		       struct rect area)
{
	int rest = area.rows - (int)detail->row_count - 1;
	int rows = rest < CAUSE_ROWS_MAX ? rest : CAUSE_ROWS_MAX;
	uint16_t selected = detail->scroll.selected < detail->row_count
				    ? detail->rows[detail->scroll.selected].cause
				    : 0;
	const struct cgw_cause *cause = selected > 0 && selected <= detail->cause_count
						? &detail->causes[selected - 1]
						: NULL;
	const char *key = cause != NULL && !cause->system_wide ? cause_metrics[cause->kind] : NULL;

	if (rows < BOX_ROWS_MIN + 1 || key == NULL ||
	    metric_history_find(&detail->metrics, key) < 0)
		return;
	draw_metric(app, detail, canvas,
		    (struct rect){area.row + (int)detail->row_count + 1, area.column, rows,
				  area.columns},
		    key);
}
