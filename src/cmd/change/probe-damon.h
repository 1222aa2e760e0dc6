/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-damon.h - `cgward probe --damon`: how much memory a group accesses in an interval. */
#pragma once

#include "cmd/change/change.h"

struct probe_damon {
	struct change_command *command;
	const char *path;
	uint64_t interval_ns, duration_ns;
	bool dry_run;
};

/* Signals are blocked: they end the wait between two intervals. */
enum cli_exit probe_damon(const struct probe_damon *probe);
