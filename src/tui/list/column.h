/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * column.h - list columns: a field and its style. Pure.
 */
#pragma once

#include <cgward/history.h>
#include <cgward/render.h>

#include "tui/core/graph.h"

enum column_style {
	COLUMN_VALUE,
	COLUMN_BAR,    /* a percentage with a bar */
	COLUMN_GRAPH,  /* the last minute of a field with a history */
	COLUMN_LIMIT,  /* the value and its effective limit: 63M/256M */
	COLUMN_ADVICE, /* of a limit: the one that the samples so far suggest */
	COLUMN_STACK,  /* of time.running: where the time of the threads goes */
	COLUMN_STYLE_COUNT,
};

struct column {
	struct cgw_field field;
	uint8_t style;  /* enum column_style */
	int8_t series;  /* enum cgw_history_series of its graph, or -1 */
	uint8_t levels; /* row in the table of colour thresholds; 0: no thresholds */
};

/* Parses "memory.percent:bar", "cpu:graph", "time.running:stack". -EINVAL: the style is invalid. */
int column_parse(const char *text, struct column *ret_column, struct cgw_diag *diag);
/* Formats for column_parse(). Returns the length as snprintf() does. */
size_t column_print(const struct column *column, char *buffer, size_t size);
/* A column of the field in the default style. */
struct column column_of_field(struct cgw_field field);
/* Whether the column can be shown in that style. */
bool column_supports(const struct column *column, enum column_style style);

/* Whether it is drawn from more than its field, so that no value sorts it. */
bool column_is_drawing(const struct column *column) CGW_PURE;
/* Whether the column shows the path or name of the group, and therefore the tree. */
bool column_is_group(const struct column *column) CGW_PURE;
/* Whether it includes descendants even with `own` values: pressure and peaks cannot be split. */
bool column_includes_descendants(const struct column *column, bool own) CGW_PURE;
/* The heading, with a '+' for such a column. */
void column_title(const struct column *column, bool own, char *buffer, size_t size);
/* Adds the metrics that the column is drawn from. */
void column_metrics(const struct column *column, struct cgw_metric_set *set);
/* False for zero, unlimited, and values that do not exist: such a column may give way to others. */
bool column_has_value(const struct cgw_frame *frame, const struct column *column, uint32_t group);
int column_width(const struct column *column);

struct advice;

/* The data that columns are drawn from. */
struct column_source {
	const struct cgw_frame *frame;
	const struct cgw_history *history; /* NULL: no graphs */
	const struct advice *advice;       /* NULL: none */
	enum graph_style graph;
	bool own;       /* exclude the children, for fields where that is defined */
	double maximum; /* upper edge of graphs; 0: the maximum of each graph */
};

/* The highest value in the graph of the group; 0 if nothing is known. */
double column_graph_maximum(const struct column_source *source, const struct column *column,
			    uint32_t group);

/* The colour of a value, by the thresholds of its column. */
enum role column_role(const struct column_source *source, const struct column *column,
		      struct cgw_value value);

/* Draws one cell of the list, `width` screen cells wide. Not for the group column. */
void column_draw(const struct column_source *source, const struct column *column, uint32_t group,
		 struct canvas *canvas, int row, int at, int width);

/* Formats a value for one cell, escaped; a sign if there is none. Returns its state. */
enum cgw_state field_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
			  char *buffer, size_t size);
