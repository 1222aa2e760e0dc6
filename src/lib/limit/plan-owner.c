/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-owner.c - the manager of a step's group, and what the plan protects. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/plan.h"
#include "lib/limit/setting-properties.h"
#include "lib/limit/systemd-path.h"

int plan_connect(struct cgw_plan *plan, struct cgw_diag *diag)
{
	int r;

	if (plan->options.backend == CGW_BACKEND_DIRECT)
		return 0;
	if (!plan->systemd_tried) {
		plan->systemd_tried = true;
		r = systemd_open(&plan->systemd);
		if (r < 0 && r != -EHOSTDOWN && r != -EOPNOTSUPP)
			return cgw_diag_set(diag, r, "cannot connect to systemd: %s", strerror(-r));
	}
	if (plan->systemd == NULL && plan->options.backend == CGW_BACKEND_SYSTEMD)
		return cgw_diag_set(diag, -EHOSTDOWN,
				    "the systemd backend is selected, but systemd is not running");
	return 0;
}

/*
 * Setting a property of a stopped unit makes systemd create an empty group, which the unit's
 * ControlGroup does not name.
 */
static bool has_processes(const struct cgw_layout *layout, const char *path)
{
	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		char first[VALUE_MAX];
		int r = target_open(layout, h, path, &target);

		r = r < 0 ? r : target_read_word(&target, "cgroup.procs", first, sizeof(first));
		if (r == -ERANGE || (r == 0 && first[0] != '\0'))
			return true;
	}
	return false;
}

/*
 * If the step's path is that of a unit which does not run, sets the owner and `not_running`: its
 * settings can be changed, although it has no group.
 */
static int find_stopped(struct cgw_plan *plan, struct step *step)
{
	struct cgw_owner owner = {.kind = CGW_OWNER_SYSTEMD};
	CLEANUP(cleanup_free) char *group = NULL;
	uid_t uid;
	size_t length =
		systemd_unit_from_path(step->spec.path, owner.unit, sizeof(owner.unit), &uid);
	int r;

	if (length == 0 || step->spec.path[length] != '\0' || step->spec.kind != CGW_STEP_SET ||
	    has_processes(plan->layout, step->spec.path))
		return 0;
	if (uid != (uid_t)-1) {
		owner.kind = CGW_OWNER_SYSTEMD_USER;
		owner.uid = uid;
	}
	group = malloc(PATH_MAX_GROUP);
	if (group == NULL)
		return -ENOMEM;
	r = systemd_unit_group(plan->systemd, &owner, group, PATH_MAX_GROUP, &step->result.diag);
	if (r == -ENOENT || r == -EHOSTUNREACH || (r == 0 && group[0] != '\0')) {
		step->result.diag = (struct cgw_diag){0};
		return 0; /* no such unit, or it runs elsewhere */
	}
	if (r < 0)
		return r;
	step->owner = owner;
	step->not_running = true;
	return 0;
}

int plan_owner(struct cgw_plan *plan, struct step *step)
{
	int r;

	step->owner = (struct cgw_owner){.kind = CGW_OWNER_NONE};
	r = plan_connect(plan, &step->result.diag);
	if (r < 0 || plan->systemd == NULL || plan->options.backend == CGW_BACKEND_DIRECT)
		return r;
	if (plan->owned_path == NULL || strcmp(plan->owned_path, step->spec.path) != 0) {
		r = systemd_owner(plan->systemd, plan->layout, step->spec.path, &plan->owner,
				  &step->result.diag);
		if (r < 0)
			return r;
		free(plan->owned_path);
		plan->owned_path = strdup(step->spec.path);
	}
	step->owner = plan->owner;
	return step->owner.kind == CGW_OWNER_NONE ? find_stopped(plan, step) : 0;
}

bool plan_owned(const struct step *step)
{
	return step->owner.kind == CGW_OWNER_SYSTEMD || step->owner.kind == CGW_OWNER_SYSTEMD_USER;
}

int plan_protection(struct cgw_plan *plan)
{
	return plan->protection != NULL ? 0 : protection_new(plan->layout, &plan->protection);
}

bool plan_through_systemd(const struct cgw_plan *plan, const struct step *step)
{
	return plan_owned(step) &&
	       properties_apply(control_row(step->spec.control),
				plan->layout->hierarchies[step->hierarchy].version);
}
