/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-text-parts.h - the parts of the page for people. */
#pragma once

#include <cgward/render.h>

#include "shared/report/inspect-view.h"

/* A formatted value. */
struct text_cell {
	char text[64];
};

/* Both format into the cell and return its text. */
const char *text_number(const struct view *view, struct cgw_number number, enum cgw_unit unit,
			struct text_cell *cell);
const char *text_value(const struct view *view, struct cgw_value value, enum cgw_unit unit,
		       struct text_cell *cell);

int text_processes(const struct view *view, FILE *out);
int text_namespaces(const struct view *view, FILE *out);
void text_confinement(const struct view *view, FILE *out);
int text_network(const struct view *view, FILE *out);
int text_waits(const struct view *view, FILE *out);
