/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-report.h - the result of a probe, as text or JSON. */
#pragma once

#include <cgward/base.h>
#include <stdio.h>

#include "cmd/change/probe.h"
#include "shared/cli/cli.h"

struct probe_report {
	const char *path;
	const char *method; /* "reclaim" or "high" */
	const struct probe_options *options;
	const struct probe_result *result; /* without steps: of a dry run */
	uint64_t use_bytes;
	uint64_t anon_bytes; /* at the end */
	bool no_swap;        /* anonymous memory cannot be reclaimed */
	bool dry_run;
	enum cli_exit status;
};

void probe_print(const struct probe_report *report, FILE *out);
/* -ENOMEM; write errors are in ferror(). */
int probe_print_json(const struct probe_report *report, FILE *out);
