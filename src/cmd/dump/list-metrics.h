/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* list-metrics.h - `cgward dump --list-metrics`. */
#ifndef CGWARD_CMD_DUMP_LIST_METRICS_H
#define CGWARD_CMD_DUMP_LIST_METRICS_H

#include <stdbool.h>
#include <stdio.h>

/* Prints all keys with unit, kind, sources and help, as a table or as JSON. */
int list_fields(FILE *out, bool json, bool headings);

#endif
