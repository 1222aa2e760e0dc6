/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output-file.h - output to standard output, or to a file that is replaced atomically. */
#pragma once

#include "lib/base/file-replacement.h"

struct output {
	const char *path; /* NULL: standard output */
	struct file_replacement replacement;
	FILE *stream;
};

/* Returns 0 or a negative errno. `stream` is open until output_end(). */
int output_begin(struct output *output);
/*
 * Replaces the file, so that readers see either the old or the new one, or leaves the old one if
 * `keep` is false. Returns -errno if this, or writing, failed.
 */
int output_end(struct output *output, int keep);
