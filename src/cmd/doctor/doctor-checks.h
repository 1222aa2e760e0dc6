/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-checks.h - checks of `cgward doctor`, each with one finding. */
#pragma once

#include <cgward/limit.h>

enum verdict { VERDICT_WORKS, VERDICT_LIMITED, VERDICT_FAILS };

/* Strings are escaped. */
struct finding {
	enum verdict verdict;
	char state[1024]; /* with the reason, if limited */
	char hint[256];   /* suggested fix, or "" */
};

struct check {
	const char *name; /* one word; part of the JSON output, do not change */
	void (*run)(const struct cgw_layout *layout, struct finding *finding);
	bool without_hierarchy; /* it can be checked where no hierarchy is mounted */
};

extern const struct check checks[];
