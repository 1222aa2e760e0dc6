/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise-output.h - formats of `cgward advise`. */
#pragma once

#include <stdio.h>

#include <cgward/advise.h>
#include <cgward/recording.h>

struct advise_report {
	struct cgw_recording_info info;
	uint64_t interval_ns;
	const char *objective;
	const struct cgw_advice *advice;
	size_t count;
	/* Results on the recording itself and on that of --verify, by advice; NULL without it. */
	const struct cgw_trial *first, *second;
	const char *verify_path;
	bool headings;
};

/* Names of --format, by index; ends with NULL. */
extern const char *const advise_formats[];

/* Prints the report in a format. Returns 0 or a negative errno. */
/* `width`: maximum of the table; 0: none. */
int advise_print(const struct advise_report *report, unsigned format, unsigned width, FILE *out);
int advise_print_json(const struct advise_report *report, FILE *out);
