/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output-file.h - where a report goes: standard output, or a file that is replaced whole. */
#ifndef CGWARD_CMD_DUMP_OUTPUT_FILE_H
#define CGWARD_CMD_DUMP_OUTPUT_FILE_H

#include <stdio.h>

struct output {
	const char *path; /* NULL: standard output */
	char *temporary;  /* beside the path, until it takes its name */
	FILE *stream;
};

/* Zero, or a negative errno. `stream` is open until output_end(). */
int output_begin(struct output *output);
/*
 * The file takes its name, so that its readers see the old one whole or the new one whole; with
 * `keep` false it goes. -errno where that fails, or where writing failed.
 */
int output_end(struct output *output, int keep);

#endif
