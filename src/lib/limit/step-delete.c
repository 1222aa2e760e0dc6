/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-delete.c - step that deletes a group, with its descendants if requested. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/group-directory.h"
#include "lib/limit/members.h"
#include "lib/limit/subtree.h"

static int count_group(void *context, const struct target *group)
{
	size_t *count = context;

	*count += 1;
	return 0;
}

/* Descendants that earlier steps of the plan delete. */
static size_t count_planned(const struct cgw_plan *plan, const struct step *step)
{
	size_t count = 0;

	for (const struct step *other = plan->steps; other < step; other++)
		count += other->spec.kind == CGW_STEP_DELETE &&
			 path_contains(step->spec.path, other->spec.path);
	return count;
}

static int check_child(void *context, const struct target *parent, const char *name)
{
	struct step *step = context;
	int r = target_may_write(parent, ".");

	return r == -EACCES ? advise_owner(step, parent, "a group to delete from") : r;
}

/* Refused before anything is deleted. */
static int check_removable(struct cgw_plan *plan, struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target parent = TARGET_NONE;
	const struct subtree_visitor visitor = {.leave = check_child, .context = step};
	int r = group_open_parent(plan->layout, hierarchy, step->spec.path, &parent);

	r = r < 0 ? r : target_may_write(&parent, ".");
	if (r == -EACCES)
		return advise_parent(plan, step, hierarchy, step->spec.path);
	if (r == 0 && step->spec.recursive)
		r = subtree_walk(plan->layout, hierarchy, step->spec.path, &visitor);
	if (r == 0 || cgw_error_is_gone(r))
		return 0;
	return step->result.diag.text[0] != '\0' ? r : advise_group(step, r);
}

static int delete_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members members = {0};
	struct cgw_result *result = &step->result;
	char names[256], shown[256];
	uint32_t hierarchies = undo_hierarchies(plan, step);
	size_t groups = 0, used;
	int r = members_add_in(&members, plan->layout, step->spec.path, hierarchies);

	if (r < 0)
		return advise_group(step, r);
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		size_t count = 0;
		const struct subtree_visitor visitor = {.enter = count_group, .context = &count};

		if (hierarchies & UINT32_C(1) << h)
			(void)subtree_walk(plan->layout, h, step->spec.path, &visitor);
		if (count == 0)
			continue;
		groups = count - 1 > groups ? count - 1 : groups;
		used = strlen(result->how);
		snprintf(result->how + used, sizeof(result->how) - used, "%srmdir %s%s",
			 used > 0 ? "; " : "", plan->layout->hierarchies[h].mountpoint, shown);
	}
	snprintf(result->old_value, sizeof(result->old_value), "there");
	snprintf(result->new_value, sizeof(result->new_value), "not there");
	if (members.count > 0) {
		members_format(&members, plan->layout, names, sizeof(names));
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&result->diag, -EBUSY,
				    "the group contains processes; kill or move them first: %s",
				    names);
	}
	if (groups > count_planned(plan, step) && !step->spec.recursive) {
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(
			&result->diag, -ENOTEMPTY,
			step->undoes != NULL
				? "the group has %zu %s"
				: "the group has %zu %s; use --recursive to delete %s too",
			groups, groups == 1 ? "descendant" : "descendants",
			groups == 1 ? "it" : "them");
	}
	for (size_t h = 0; r == 0 && h < plan->layout->hierarchy_count; h++)
		if (hierarchies & UINT32_C(1) << h &&
		    group_exists(plan->layout, h, step->spec.path) == 1)
			r = check_removable(plan, step, h);
	return r;
}

static int remove_child(void *context, const struct target *parent, const char *name)
{
	return group_remove_child(parent, name);
}

static int delete_in(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		     bool recursive)
{
	const struct subtree_visitor visitor = {.leave = remove_child};
	int r = recursive ? subtree_walk(layout, hierarchy, path, &visitor) : 0;

	if (cgw_error_is_gone(r))
		return 0;
	return r < 0 ? r : group_remove(layout, hierarchy, path);
}

/* Deletion cannot be rolled back: if one hierarchy fails, delete from the others and report it. */
static int delete_apply(struct cgw_plan *plan, struct step *step)
{
	char left[256] = "", reason[sizeof(step->result.diag.text)];
	uint32_t hierarchies = undo_hierarchies(plan, step);
	size_t first_failed = 0;
	bool gone = false;
	int first = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		const struct cgw_hierarchy *hierarchy = &plan->layout->hierarchies[h];
		size_t used = strlen(left);
		bool there = group_exists(plan->layout, h, step->spec.path) != 0;
		int r;

		if (!(hierarchies & UINT32_C(1) << h))
			continue;
		r = delete_in(plan->layout, h, step->spec.path, step->spec.recursive);
		gone = gone || (r == 0 && there);
		if (r == 0)
			continue;
		if (first == 0) {
			first = r;
			first_failed = h;
		}
		snprintf(left + used, sizeof(left) - used, "%s%s", used > 0 ? ", " : "",
			 hierarchy->label);
	}
	if (first == 0)
		return 0;
	if (first == -EACCES)
		(void)advise_parent(plan, step, first_failed, step->spec.path);
	else
		(void)advise_group(step, first);
	if (!gone)
		return first;
	snprintf(reason, sizeof(reason), "%s", step->result.diag.text);
	return cgw_diag_set(&step->result.diag, first,
			    "%s; the group still exists in %s, but was deleted from the other "
			    "hierarchies",
			    reason, left);
}

const struct step_kind step_delete = {
	.prepare = delete_prepare,
	.apply = delete_apply,
	.always_refused = true,
};
