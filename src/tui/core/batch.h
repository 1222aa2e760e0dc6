/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* batch.h - the rows of the dashboard as text, for logs. */
#pragma once

#include <stdio.h>

#include "tui/core/app.h"

struct batch {
	FILE *out;
	uint64_t count; /* 0: unlimited */
	int columns;    /* 0: as wide as needed */
	bool utf8;
};

/* Each round covers the interval before it. Returns a negative errno if sampling fails. */
int batch_run(struct app *app, struct cgw_sampler *sampler, const struct batch *batch);

/* Prints the current list once: a line about the machine, column heads, rows, an empty line. */
int batch_print(struct app *app, const struct batch *batch);
