/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * column.h - the columns of the list: a field, and how it is shown. Pure.
 */
#ifndef CGWARD_TUI_LIST_COLUMN_H
#define CGWARD_TUI_LIST_COLUMN_H

#include <cgward/history.h>
#include <cgward/render.h>

#include "tui/core/graph.h"

enum column_style {
	COLUMN_VALUE,
	COLUMN_BAR,   /* a percentage with a bar of its share */
	COLUMN_GRAPH, /* the last minutes, where the field has a history */
	COLUMN_STYLE_COUNT,
};

struct column {
	struct cgw_field field;
	uint8_t style;  /* enum column_style */
	int8_t series;  /* enum cgw_history_series of its graph, or -1 */
	uint8_t levels; /* what is warm, hot and bad: row of a table, 0: nothing is */
};

/* "memory.percent", "memory.percent:bar", "cpu:graph". As cgw_field_parse(), -EINVAL for the style. */
int column_parse(const char *text, struct column *ret_column, struct cgw_diag *diag);
/* What column_parse() understands. Returns the length as snprintf does. */
size_t column_print(const struct column *column, char *buffer, size_t size);
/* The column of a field as a user would first want it. */
struct column column_of_field(struct cgw_field field);
/* Can the column be shown so? */
bool column_can(const struct column *column, enum column_style style);

/* The path or the name of the group: the column that holds the tree. */
bool column_is_group(const struct column *column) CGW_PURE;
const char *column_title(const struct column *column) CGW_PURE;
int column_width(const struct column *column);

/* All that columns are drawn from. */
struct column_source {
	const struct cgw_frame *frame;
	const struct cgw_history *history; /* NULL: no graphs */
	enum graph_style graph;
	bool own; /* without the children, where that means something */
};

/* How much a value wants to be looked at. */
enum role column_role(const struct column_source *source, const struct column *column,
		      struct cgw_value value);

/* One cell of the list: `width` cells at that place. The group's own column is not for it. */
void column_draw(const struct column_source *source, const struct column *column, uint32_t group,
		 struct canvas *canvas, int row, int at, int width);

/* The text of a value as a column shows it, escaped. Returns its length as snprintf does. */
size_t column_text(const struct column_source *source, const struct column *column, uint32_t group,
		   char *buffer, size_t size);

#endif
