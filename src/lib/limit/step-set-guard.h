/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-set-guard.h - values below the use of a group: refused, or set after a reclaim. */
#pragma once

#include "lib/limit/plan.h"

/* Refuses values below current use, for which the kernel would kill processes or refuse forks. */
int set_guard(const struct cgw_plan *plan, struct step *step, const struct target *target);
/* The file and the text by which the kernel reclaims memory above the new value, or NULL. */
const char *set_reclaim_file(const struct cgw_plan *plan, const struct step *step,
			     const struct target *target, char *text, size_t size);
/* Lets the kernel reclaim memory above the new value before it is set. */
void set_reclaim(const struct cgw_plan *plan, const struct step *step, const struct target *target);
