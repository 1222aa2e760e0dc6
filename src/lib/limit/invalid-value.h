/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* invalid-value.h - finds the value that forbids another one. */
#pragma once

#include "lib/limit/plan.h"

/* Explains EINVAL of a value in the result's diag. Returns -EINVAL. */
int invalid_value_explain(struct cgw_plan *plan, struct step *step, const struct target *target);

/*
 * Names the ancestor or child whose list of CPUs or memory nodes forbids that of a v1 cpuset. False
 * if there is none: nothing is explained.
 */
bool invalid_list_explain(struct step *step, const struct target *target, int error);
