/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* column.c - a field as a number, bar or graph, coloured by thresholds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/list/advice-column.h"
#include "tui/list/column.h"
#include "tui/list/time-stack.h"

#define GRAPH_WIDTH   10
#define GRAPH_SECONDS 60
#define BAR_WIDTH     11
#define BAR_NUMBER    7 /* " 100.0%" */
#define LIMIT_WIDTH   15
#define LIMIT_NUMBERS 11 /* " 1.7G/2.0G" */
#define LIMIT_COUNTS  9  /* "1234/4096", without a bar */
#define TEXT_WIDTH    20
#define ADVICE_WIDTH  15 /* "ADVICE PIDS MAX" */
#define STACK_FIELD   "time.running"

static const char *const style_names[COLUMN_STYLE_COUNT] = {
	[COLUMN_VALUE] = "value", [COLUMN_BAR] = "bar",       [COLUMN_GRAPH] = "graph",
	[COLUMN_LIMIT] = "limit", [COLUMN_ADVICE] = "advice", [COLUMN_STACK] = "stack",
};

static const char *const graph_titles[CGW_HISTORY_SERIES_COUNT] = {
	[CGW_HISTORY_CPU] = "CPU 1 MIN",      [CGW_HISTORY_MEMORY] = "MEM 1 MIN",
	[CGW_HISTORY_IO] = "IO 1 MIN",        [CGW_HISTORY_PIDS] = "PIDS 1 MIN",
	[CGW_HISTORY_PRESSURE] = "PSI 1 MIN",
};

/* The limits of derived fields; those of metrics are in their table. */
static const struct {
	const char *key;
	enum cgw_metric limit;
	const char *title;
} limits[] = {
	{"cpu", CGW_M_CPU_MAX, "CPU/MAX"},
	{"memory.working_set", CGW_M_MEMORY_MAX, "MEM/MAX"},
};

static const struct {
	const char *key;
	enum cgw_history_series series;
} graphs[] = {
	{"cpu", CGW_HISTORY_CPU},
	{"memory.working_set", CGW_HISTORY_MEMORY},
	{"memory.current", CGW_HISTORY_MEMORY},
	{"io", CGW_HISTORY_IO},
	{"pids.current", CGW_HISTORY_PIDS},
	{"cpu.pressure.some.avg10", CGW_HISTORY_PRESSURE},
};

/* How a value is converted before it is compared with its thresholds. */
enum scale { SCALE_NONE, SCALE_MACHINE_CPUS, SCALE_MACHINE_MEMORY, SCALE_HUNDREDTHS };

/* Thresholds of warm, hot and bad. Row 0: none; rows without a key apply to their unit. */
static const struct {
	const char *key;
	uint8_t unit;
	uint8_t scale;
	float warm, hot, bad;
} levels[] = {
	{"", CGW_UNIT_TEXT, SCALE_NONE, INFINITY, INFINITY, INFINITY},
	{"cpu", 0, SCALE_MACHINE_CPUS, 25, 50, 90},
	{"cpu.throttled_percent", 0, SCALE_NONE, 5, 25, 50},
	{"memory.working_set", 0, SCALE_MACHINE_MEMORY, 25, 50, 90},
	{"memory.current", 0, SCALE_MACHINE_MEMORY, 40, 70, 95},
	{"memory.events.oom_kill.rate", 0, SCALE_NONE, 1e-9F, 1e-9F, 1e-9F},
	{"pids.events.max.rate", 0, SCALE_NONE, 1e-9F, 1e-9F, 1e-9F},
	{"", CGW_UNIT_PERCENT, SCALE_NONE, 70, 85, 95},
	{"", CGW_UNIT_PERCENT_E2, SCALE_HUNDREDTHS, 10, 25, 50},
};

static uint8_t find_levels(struct cgw_field field)
{
	char key[96];

	cgw_field_key(field, key, sizeof(key));
	for (size_t i = 1; i < ARRAY_SIZE(levels); i++)
		if (levels[i].key[0] != '\0' ? strcmp(levels[i].key, key) == 0
					     : levels[i].unit == field.unit)
			return (uint8_t)i;
	return 0;
}

static int8_t find_series(struct cgw_field field)
{
	char key[96];

	cgw_field_key(field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(graphs); i++)
		if (strcmp(graphs[i].key, key) == 0)
			return (int8_t)graphs[i].series;
	return -1;
}

struct column column_of_field(struct cgw_field field)
{
	struct column column = {
		.field = field, .levels = find_levels(field), .series = find_series(field)};

	return column;
}

/* The limit on a field: enum cgw_metric, or -1. */
static int find_limit(struct cgw_field field, const char **ret_title)
{
	char key[96];
	int limit;

	cgw_field_key(field, key, sizeof(key));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (strcmp(limits[i].key, key) == 0) {
			*ret_title = limits[i].title;
			return (int)limits[i].limit;
		}
	*ret_title = NULL;
	if (field.view != CGW_VIEW_VALUE || field.shape != CGW_SCALAR)
		return -1;
	limit = cgw_metric_info((enum cgw_metric)field.index)->limited_by;
	return limit >= 0 && cgw_metric_info((enum cgw_metric)limit)->shape == CGW_SCALAR ? limit
											  : -1;
}

bool column_supports(const struct column *column, enum column_style style)
{
	struct cgw_field stacked;
	const char *title;

	switch (style) {
	case COLUMN_BAR:
		return column->field.unit == CGW_UNIT_PERCENT ||
		       column->field.unit == CGW_UNIT_PERCENT_E2;
	case COLUMN_GRAPH:
		return column->series >= 0;
	case COLUMN_LIMIT:
		return find_limit(column->field, &title) >= 0;
	case COLUMN_ADVICE:
		return advice_column_supports(column->field);
	case COLUMN_STACK:
		return cgw_field_parse(STACK_FIELD, &stacked, NULL) == 0 &&
		       cgw_field_equal(column->field, stacked);
	case COLUMN_VALUE:
	case COLUMN_STYLE_COUNT:
		break;
	}
	return style == COLUMN_VALUE;
}

int column_parse(const char *text, struct column *ret_column, struct cgw_diag *diag)
{
	const char *colon = strrchr(text, ':');
	struct cgw_field field;
	size_t length;
	char key[96];
	int r;

	if (colon != NULL && cgw_field_parse(text, &field, NULL) == 0)
		colon = NULL; /* FILE:KEY without a style */
	length = colon != NULL ? (size_t)(colon - text) : strlen(text);
	if (length >= sizeof(key))
		length = sizeof(key) - 1; /* longer than any key: cgw_field_parse() fails */
	memcpy(key, text, length);
	key[length] = '\0';
	r = cgw_field_parse(key, &field, diag);
	if (r < 0)
		return r;
	*ret_column = column_of_field(field);
	if (colon == NULL)
		return 0;
	for (int style = 0; style < COLUMN_STYLE_COUNT; style++) {
		if (strcmp(style_names[style], colon + 1) != 0)
			continue;
		if (!column_supports(ret_column, (enum column_style)style))
			return cgw_diag_set(diag, -EINVAL, "'%s' does not support the style '%s'",
					    key, style_names[style]);
		ret_column->style = (uint8_t)style;
		return 0;
	}
	cgw_escape(key, sizeof(key), colon + 1, strlen(colon + 1));
	return cgw_diag_set(
		diag, -EINVAL,
		"invalid column style '%s' (expected value, bar, graph, limit, advice or stack)",
		key);
}

size_t column_print(const struct column *column, char *buffer, size_t size)
{
	size_t length = cgw_field_key(column->field, buffer, size);

	if (column->style == COLUMN_VALUE || length >= size)
		return length;
	return length +
	       (size_t)snprintf(buffer + length, size - length, ":%s", style_names[column->style]);
}

bool column_is_drawing(const struct column *column)
{
	return column->style == COLUMN_GRAPH || column->style == COLUMN_STACK;
}

bool column_is_group(const struct column *column)
{
	/* The path and the name of the group are the first two identity fields. */
	return column->field.view == CGW_VIEW_IDENTITY && column->field.shape == CGW_STRING &&
	       column->field.index <= 1;
}

bool column_includes_descendants(const struct column *column, bool own)
{
	if (!own)
		return false;
	if (column->style == COLUMN_GRAPH)
		return column->series == CGW_HISTORY_PRESSURE;
	return cgw_field_includes_descendants(cgw_field_own(column->field));
}

void column_title(const struct column *column, bool own, char *buffer, size_t size)
{
	const char *title, *joined = NULL;
	char of_field[64];

	cgw_field_title(column->field, of_field, sizeof(of_field));
	title = of_field;
	if (column->style == COLUMN_GRAPH)
		title = graph_titles[column->series];
	if (column->style == COLUMN_STACK)
		title = "TIME OF THREADS";
	if (column->style == COLUMN_LIMIT)
		(void)find_limit(column->field, &joined);
	if (column->style == COLUMN_ADVICE) {
		snprintf(buffer, size, "ADVICE %s", title);
		return;
	}
	snprintf(buffer, size, "%s%s%s", joined != NULL ? joined : title,
		 column->style == COLUMN_LIMIT && joined == NULL ? "/MAX" : "",
		 column_includes_descendants(column, own) ? "+" : "");
}

int column_width(const struct column *column)
{
	if (column->style == COLUMN_GRAPH)
		return GRAPH_WIDTH;
	if (column->style == COLUMN_BAR)
		return BAR_WIDTH;
	if (column->style == COLUMN_STACK)
		return TIME_STACK_WIDTH;
	if (column->style == COLUMN_LIMIT)
		return column->field.unit == CGW_UNIT_COUNT ? LIMIT_COUNTS : LIMIT_WIDTH;
	if (column->field.shape == CGW_STRING)
		return TEXT_WIDTH;
	if (column->style == COLUMN_ADVICE)
		return ADVICE_WIDTH;
	return cgw_column_for(column->field).width_min;
}

void column_metrics(const struct column *column, struct cgw_metric_set *set)
{
	const char *title;

	if (column->style == COLUMN_GRAPH)
		cgw_history_metrics((enum cgw_history_series)column->series, set);
	else
		cgw_field_metrics(column->field, set);
	if (column->style == COLUMN_LIMIT)
		cgw_metric_set_add(set, (enum cgw_metric)find_limit(column->field, &title));
	if (column->style == COLUMN_STACK)
		time_stack_metrics(set);
}

bool column_has_value(const struct cgw_frame *frame, const struct column *column, uint32_t group)
{
	struct cgw_value value;

	if (column->style == COLUMN_GRAPH || column->style == COLUMN_ADVICE ||
	    column->field.shape == CGW_STRING)
		return true;
	if (column->style == COLUMN_STACK)
		return time_stack_has_value(frame, group);
	value = cgw_frame_value(frame, column->field, group);
	switch (value.state) {
	case CGW_OK:
		return value.real != 0;
	case CGW_MAX:
	case CGW_ABSENT:
	case CGW_UNSUPPORTED:
		return false;
	default:
		return true;
	}
}

static struct cgw_field shown_field(const struct column_source *source, const struct column *column)
{
	return source->own ? cgw_field_own(column->field) : column->field;
}

/* Converts a value to the scale of its thresholds; NAN if the machine total is unknown. */
static double scale_value(const struct column_source *source, uint8_t scale, double value)
{
	const struct cgw_system_stat *machine = cgw_snapshot_system(cgw_frame_now(source->frame));

	switch ((enum scale)scale) {
	case SCALE_MACHINE_CPUS:
		return machine->cpu_count > 0 ? value / machine->cpu_count : NAN;
	case SCALE_MACHINE_MEMORY:
		return machine->memory_total_bytes.state == CGW_OK
			       ? value * 100 / (double)machine->memory_total_bytes.value
			       : NAN;
	case SCALE_HUNDREDTHS:
		return value / 100;
	case SCALE_NONE:
		break;
	}
	return value;
}

enum role column_role(const struct column_source *source, const struct column *column,
		      struct cgw_value value)
{
	double share;

	if (value.state != CGW_OK || value.real == 0)
		return ROLE_DIM;
	share = scale_value(source, levels[column->levels].scale, value.real);
	if (share >= (double)levels[column->levels].bad)
		return ROLE_BAD;
	if (share >= (double)levels[column->levels].hot)
		return ROLE_HOT;
	if (share >= (double)levels[column->levels].warm)
		return ROLE_WARM;
	return ROLE_TEXT;
}

/* Subtracts the children's values, which add up to a part of the group's. */
static void subtract_children(const struct column_source *source, const struct column *column,
			      uint32_t group, unsigned step_s, double *values, size_t count)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(source->frame));
	uint32_t end = group + topology->below[group] + 1;
	double part[2 * GRAPH_WIDTH];

	for (uint32_t child = group + 1; child < end; child += topology->below[child] + 1) {
		cgw_history_read(source->history, child, (enum cgw_history_series)column->series,
				 step_s, part, count);
		for (size_t i = 0; i < count; i++)
			if (!isnan(part[i]) && !isnan(values[i]))
				values[i] = part[i] < values[i] ? values[i] - part[i] : 0;
	}
}

/* Reads the last minute of a group. Returns the number of values. */
static size_t read_graph(const struct column_source *source, const struct column *column,
			 uint32_t group, int width, double values[2 * GRAPH_WIDTH])
{
	size_t count = graph_samples(source->graph, width < GRAPH_WIDTH ? width : GRAPH_WIDTH);
	unsigned step_s = (unsigned)(GRAPH_SECONDS / graph_samples(source->graph, GRAPH_WIDTH));

	if (source->history == NULL || count == 0)
		return 0;
	cgw_history_read(source->history, group, (enum cgw_history_series)column->series, step_s,
			 values, count);
	if (source->own && !column_includes_descendants(column, true))
		subtract_children(source, column, group, step_s, values, count);
	return count;
}

static double maximum_of(const double *values, size_t count)
{
	double maximum = 0;

	for (size_t i = 0; i < count; i++)
		if (values[i] > maximum)
			maximum = values[i];
	return maximum;
}

double column_graph_maximum(const struct column_source *source, const struct column *column,
			    uint32_t group)
{
	double values[2 * GRAPH_WIDTH];

	return maximum_of(values, read_graph(source, column, group, GRAPH_WIDTH, values));
}

static void draw_graph(const struct column_source *source, const struct column *column,
		       uint32_t group, struct canvas *canvas, struct rect area)
{
	static const enum role roles[CGW_HISTORY_SERIES_COUNT] = {
		[CGW_HISTORY_CPU] = ROLE_CPU,
		[CGW_HISTORY_MEMORY] = ROLE_MEMORY,
		[CGW_HISTORY_IO] = ROLE_IO,
		[CGW_HISTORY_PIDS] = ROLE_PIDS,
		[CGW_HISTORY_PRESSURE] = ROLE_PRESSURE,
	};
	/* Minimum height of the scale, so that idle groups do not fill the graph. */
	static const double minimum[CGW_HISTORY_SERIES_COUNT] = {
		[CGW_HISTORY_CPU] = 4,  [CGW_HISTORY_MEMORY] = 1 << 20, [CGW_HISTORY_IO] = 64 << 10,
		[CGW_HISTORY_PIDS] = 4, [CGW_HISTORY_PRESSURE] = 4,
	};
	double values[2 * GRAPH_WIDTH], maximum = source->maximum;
	size_t count = read_graph(source, column, group, area.columns, values);

	if (!(maximum > 0))
		maximum = maximum_of(values, count);
	if (maximum < minimum[column->series])
		maximum = minimum[column->series];
	graph_draw(canvas, area, source->graph, roles[column->series], values, count, maximum);
}

enum cgw_state field_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
			  char *buffer, size_t size)
{
	enum cgw_state state;
	char raw[512];

	if (field.shape != CGW_STRING) {
		struct cgw_value value = cgw_frame_value(frame, field, group);

		cgw_format_value(value, field.unit, CGW_STYLE_HUMAN, buffer, size);
		return value.state;
	}
	cgw_frame_text(frame, field, group, raw, sizeof(raw), &state);
	/* Lists of devices have several lines; a cell has one. */
	for (char *at = raw; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	if (state == CGW_OK)
		cgw_escape(buffer, size, raw, strlen(raw));
	else
		snprintf(buffer, size, "%s", cgw_state_sign(state));
	return state;
}

/* The effective limit in the unit of the column; CGW_MAX: unlimited. */
static struct cgw_value limit_of(const struct cgw_frame *frame, const struct column *column,
				 uint32_t group)
{
	const char *title;
	enum cgw_metric metric = (enum cgw_metric)find_limit(column->field, &title);
	uint32_t by;
	struct cgw_number number = cgw_frame_effective(frame, metric, group, &by);
	struct cgw_value limit = {.state = number.state, .exact = true, .number = number.value};

	limit.real = (double)number.value;
	/* A limit on CPU time is stored in nanoseconds per second. */
	if (cgw_metric_info(metric)->unit == CGW_UNIT_CPU &&
	    column->field.unit == CGW_UNIT_PERCENT) {
		limit.real /= 1e7;
		limit.exact = false;
	}
	return limit;
}

static enum role share_role(double share)
{
	return share >= 0.95   ? ROLE_BAD
	       : share >= 0.85 ? ROLE_HOT
	       : share >= 0.7  ? ROLE_WARM
			       : ROLE_TEXT;
}

/* "63M/256M" with a bar on the left if there is space; without a limit, the value only. */
static void draw_limit(const struct column_source *source, const struct column *column,
		       uint32_t group, struct canvas *canvas, struct rect area)
{
	struct cgw_value value = cgw_frame_value(source->frame, column->field, group);
	struct cgw_value limit = limit_of(source->frame, column, group);
	enum cgw_unit unit = (enum cgw_unit)column->field.unit;
	int bar = area.columns - LIMIT_NUMBERS;
	enum role role = column_role(source, column, value);
	char text[64], maximum[32];

	cgw_format_value(value, unit, CGW_STYLE_HUMAN, text, sizeof(text));
	if (value.state == CGW_OK && limit.state == CGW_OK && limit.real > 0) {
		int most = bar >= 4 ? LIMIT_NUMBERS : area.columns;

		role = share_role(value.real / limit.real);
		if (value.real == 0)
			role = ROLE_DIM;
		if (bar >= 4)
			graph_bar(canvas, area.row, area.column, bar,
				  role == ROLE_TEXT ? ROLE_GOOD : role, value.real / limit.real);
		cgw_format_value(limit, unit, CGW_STYLE_HUMAN, maximum, sizeof(maximum));
		/* Numbers are never cut: without space for both, the colour shows the share. */
		if ((int)(strlen(text) + strlen(maximum)) + 1 <= most)
			text_append(text, sizeof(text), strlen(text), "/%s", maximum);
	}
	canvas_text_right(canvas, area.row, area.column, area.columns, role, text);
}

void column_draw(const struct column_source *source, const struct column *column, uint32_t group,
		 struct canvas *canvas, int row, int at, int width)
{
	struct cgw_field field = shown_field(source, column);
	struct cgw_value value;
	char text[512];
	enum role role;

	if (column->style == COLUMN_GRAPH) {
		draw_graph(source, column, group, canvas, (struct rect){row, at, 1, width});
		return;
	}
	if (column->style == COLUMN_ADVICE) {
		advice_column_draw(source->advice, column->field, source->frame, group, canvas,
				   (struct rect){row, at, 1, width});
		return;
	}
	if (column->style == COLUMN_STACK) {
		time_stack_draw(source->frame, group, canvas, (struct rect){row, at, 1, width});
		return;
	}
	if (field.shape == CGW_STRING) {
		field_text(source->frame, field, group, text, sizeof(text));
		canvas_text_cut(canvas, row, at, width, ROLE_TEXT, text);
		return;
	}
	/* The limit applies to the group with its descendants. */
	if (column->style == COLUMN_LIMIT && cgw_field_equal(field, column->field)) {
		draw_limit(source, column, group, canvas, (struct rect){row, at, 1, width});
		return;
	}
	value = cgw_frame_value(source->frame, field, group);
	role = column_role(source, column, value);
	cgw_format_value(value, field.unit, CGW_STYLE_HUMAN, text, sizeof(text));
	if (column->style == COLUMN_BAR && width > BAR_NUMBER && value.state == CGW_OK) {
		double percent = field.unit == CGW_UNIT_PERCENT_E2 ? value.real / 100 : value.real;

		graph_bar(canvas, row, at, width - BAR_NUMBER, role == ROLE_TEXT ? ROLE_GOOD : role,
			  percent / 100);
		at += width - BAR_NUMBER;
		width = BAR_NUMBER;
	}
	canvas_text_right(canvas, row, at, width, role, text);
}
