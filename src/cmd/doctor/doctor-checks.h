/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-checks.h - one finding a check; the table of checks is what the doctor does. */
#ifndef CGWARD_CMD_DOCTOR_DOCTOR_CHECKS_H
#define CGWARD_CMD_DOCTOR_DOCTOR_CHECKS_H

#include <cgward/limit.h>

enum verdict { VERDICT_WORKS, VERDICT_LIMITED, VERDICT_FAILS };

/* Texts are safe to print. */
struct finding {
	enum verdict verdict;
	char what[512]; /* how it is, and why */
	char todo[256]; /* what to do; "" where nothing is to be done */
};

struct check {
	const char *name; /* one word, public API of --json */
	void (*run)(const struct cgw_layout *layout, struct finding *finding);
};

extern const struct check checks[];

#endif
