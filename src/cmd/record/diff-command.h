/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diff-command.h - the rows of `cgward diff`, and how they are written. */
#ifndef CGWARD_CMD_RECORD_DIFF_COMMAND_H
#define CGWARD_CMD_RECORD_DIFF_COMMAND_H

#include <stdio.h>

#include <cgward/recording.h>
#include <cgward/render.h>

#define DIFF_FIELD_MAX 64

/* A figure at both times; `change` counts only where `state` is ok. */
struct diff_cell {
	struct cgw_value from, to;
	double change;
	enum cgw_state state;
};

struct diff_row {
	char *path;       /* raw bytes */
	const char *what; /* "", "new", "recreated", "gone" */
	struct diff_cell *cells;
};

struct diff {
	uint64_t from_ns, to_ns; /* of the samples that are compared, wall clock */
	const struct cgw_field *fields;
	size_t field_count;
	struct diff_row *rows;
	size_t row_count;
	bool rebooted; /* in between: counters began anew */
	bool exact, headings;
};

/* What became of all groups between two samples. Rows without any change are left out. */
int diff_make(struct diff *diff, struct cgw_snapshot *from, struct cgw_snapshot *to);
void diff_done(struct diff *diff);
/* By the change of one field, largest first; ties by path. */
void diff_sort(struct diff *diff, size_t field);

int diff_table(const struct diff *diff, FILE *out);
int diff_json(const struct diff *diff, FILE *out);
/* "2026-11-24T03:12:09Z  oom-kill  /a  2", one line an event. */
void diff_event(const struct cgw_event *event, FILE *out);

#endif
