/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* diff-command.h - rows of `cgward diff`, and their output. */
#pragma once

#include <stdio.h>

#include <cgward/recording.h>
#include <cgward/render.h>

#include "shared/cli/cli.h"

#define DIFF_FIELD_MAX 64

/* A metric at both times; `change` is only valid if `state` is CGW_OK. */
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
	uint64_t from_ns, to_ns; /* wall-clock times of both samples */
	const struct cgw_field *fields;
	size_t field_count;
	struct diff_row *rows;
	size_t row_count;
	bool rebooted;  /* the machine rebooted in between, so counters restarted */
	unsigned width; /* of a table; 0: not limited */
	bool exact, headings;
};

/* Compares all groups of two samples. Omits rows without any change. */
int diff_compare(struct diff *diff, struct cgw_snapshot *from, struct cgw_snapshot *to);
void diff_done(struct diff *diff);
/* Sorts by the change of one field, largest first, then by path. */
void diff_sort(struct diff *diff, size_t field);

int diff_table(const struct diff *diff, FILE *out);
int diff_json(const struct diff *diff, FILE *out);
/* Prints an event, such as "2026-11-24T03:12:09Z  oom-kill  /a  2". */
void diff_event(const struct cgw_event *event, FILE *out);

int diff_run(struct cli_context *context, int argc, char **argv);
