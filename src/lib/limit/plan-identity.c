/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-identity.c - whether the groups of a plan are still the same. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"

uint64_t *plan_copy_ids(const struct cgw_plan *plan, const struct cgw_step *spec)
{
	size_t count = plan->layout->hierarchy_count;
	uint64_t *ids = spec->expected_ids != NULL ? calloc(count + 1, sizeof(*ids)) : NULL;

	for (size_t h = 0; ids != NULL && h < count && h < spec->expected_id_count; h++)
		ids[h] = spec->expected_ids[h];
	return ids;
}

static int check_id(struct cgw_plan *plan, struct step *step, size_t hierarchy, uint64_t id)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r = id != 0 ? target_open(plan->layout, hierarchy, step->spec.path, &target) : 0;

	if (id == 0 || r < 0)
		return r;
	return target.id == id ? 0 : -ESTALE;
}

int plan_check_identity(struct cgw_plan *plan, struct step *step)
{
	const uint64_t *ids = step->spec.expected_ids;
	int r = check_id(plan, step, step->spec.expected_hierarchy, step->spec.expected_id);

	for (size_t h = 0; ids != NULL && h < plan->layout->hierarchy_count && r == 0; h++) {
		r = check_id(plan, step, h, ids[h]);
		/* What is gone from one hierarchy is not changed there. */
		if (r == -ENOENT)
			r = 0;
	}
	return r < 0 ? advise_group(step, r) : 0;
}

uint64_t plan_group_id(const struct cgw_plan *plan, const struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	if (target_open(plan->layout, step->hierarchy, step->spec.path, &target) < 0)
		return 0;
	return target.id;
}

bool plan_is_replaced(const struct cgw_plan *plan, const struct step *step)
{
	uint64_t id = step->group_id != 0 ? plan_group_id(plan, step) : 0;

	return id != 0 && id != step->group_id;
}

bool plan_expects_written(const struct step *step)
{
	return step->spec.expected_id != 0 && step->spec.expected_id == step->group_id &&
	       step->spec.expected_hierarchy == step->hierarchy;
}

bool plan_creates_group(const struct cgw_plan *plan, const struct step *step)
{
	for (const struct step *other = plan->steps; other < step; other++)
		if (other->spec.kind == CGW_STEP_CREATE &&
		    strcmp(other->spec.path, step->spec.path) == 0)
			return true;
	return false;
}
