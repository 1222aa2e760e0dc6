/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* batch.h - the same rows as text, for logs. */
#ifndef CGWARD_TUI_CORE_BATCH_H
#define CGWARD_TUI_CORE_BATCH_H

#include <stdio.h>

#include "tui/core/app.h"

struct batch {
	FILE *out;
	uint64_t count; /* 0: for ever */
	int columns;    /* 0: as wide as it takes */
	bool utf8;
};

/* Each round stands for the interval before it. Negative errno where sampling fails. */
int batch_run(struct app *app, struct cgw_sampler *sampler, const struct batch *batch);

/* The present list once: a line about the machine, heads, rows, an empty line. */
int batch_print(struct app *app, const struct batch *batch);

#endif
