/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-create.c - step that creates a group and its missing ancestors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/group-directory.h"
#include "lib/limit/members.h"

/* The hierarchies that have the group, of those that are not only for tracking. */
static int find_hierarchies(const struct cgw_layout *layout, const char *path, uint32_t *ret_mask)
{
	uint32_t mask = 0;

	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		int r = hierarchy_tracks_members(layout, h) ? 0 : group_exists(layout, h, path);

		if (r < 0)
			return r;
		mask |= r > 0 ? UINT32_C(1) << h : 0;
	}
	*ret_mask = mask;
	return 0;
}

static int add_missing(struct step *step, const struct cgw_layout *layout, const char *path,
		       uint32_t hierarchies)
{
	for (size_t h = 0; h < layout->hierarchy_count; h++) {
		int r;

		if (!(hierarchies & UINT32_C(1) << h))
			continue;
		r = step_add_created(step, h, path, "");
		if (r < 0)
			return r;
		if (step->created_count <= 2) {
			char *how = step->result.how;
			size_t used = strlen(how);

			snprintf(how + used, sizeof(step->result.how) - used, "%smkdir %s%s",
				 used > 0 ? "; " : "", layout->hierarchies[h].mountpoint,
				 ESCAPED(256, path));
		}
	}
	return 0;
}

/*
 * Finds what to create, parents first: the group in each hierarchy that has its parent, and missing
 * ancestors where their own parents are. A group that exists is completed in all hierarchies.
 */
static int find_missing(struct step *step, const struct cgw_layout *layout)
{
	CLEANUP(cleanup_free) char *path = strdup(step->spec.path);
	uint32_t parents = 0, there = 0, whole = 0;
	bool complete;
	int r = path == NULL ? -ENOMEM : find_hierarchies(layout, step->spec.path, &there);

	if (r < 0)
		return r;
	complete = there != 0;
	for (size_t h = 0; h < layout->hierarchy_count; h++)
		if (!hierarchy_tracks_members(layout, h))
			whole |= UINT32_C(1) << h;
	parents = whole;
	for (char *end = path + 1; r == 0 && end != NULL;) {
		end = strchr(end, '/');
		if (end != NULL)
			*end = '\0';
		r = find_hierarchies(layout, path, &there);
		/* An ancestor that exists somewhere is not created elsewhere. */
		if (r == 0 && (complete || end == NULL || there == 0)) {
			r = add_missing(step, layout, path, parents & ~there);
			there |= parents;
		}
		parents = there;
		if (end != NULL)
			*end++ = '/';
	}
	return r;
}

/* systemd manages the groups below its units, except where it has delegated them. */
static void note_unit(const struct cgw_plan *plan, struct step *step)
{
	CLEANUP(cleanup_free) char *parent = strdup(step->spec.path);
	struct cgw_owner owner = {.kind = CGW_OWNER_NONE};

	if (parent == NULL || plan->systemd == NULL || step->owner.kind != CGW_OWNER_NONE)
		return;
	while (owner.kind == CGW_OWNER_NONE) {
		*strrchr(parent, '/') = '\0';
		/* The root is that of -.slice, which never stops. */
		if (parent[0] == '\0' ||
		    systemd_owner(plan->systemd, plan->layout, parent, &owner, NULL) < 0)
			return;
	}
	if (owner.kind != CGW_OWNER_SYSTEMD && owner.kind != CGW_OWNER_SYSTEMD_USER)
		return;
	(void)cgw_diag_set(&step->result.diag, 0,
			   "%s is a systemd unit without Delegate=yes; systemd may change and "
			   "remove groups below it",
			   ESCAPED(256, owner.unit));
}

/* A new v1 cpuset has no CPUs and memory nodes. */
static bool needs_cpuset(const struct cgw_hierarchy *hierarchy)
{
	return hierarchy->version == 1 &&
	       (hierarchy->controllers & CGW_CONTROLLER_BIT(CGW_CPUSET)) != 0;
}

/* Why the kernel allows no more groups below the parent. */
static int advise_mkdir(struct cgw_plan *plan, struct step *step,
			const struct created_step *created, int error)
{
	uint32_t controllers = plan->layout->hierarchies[created->hierarchy].controllers;
	const char *label = plan->layout->hierarchies[created->hierarchy].label;

	if (error == -EACCES)
		return advise_parent(plan, step, created->hierarchy, created->path);
	if (error == -EAGAIN)
		return cgw_diag_set(&step->result.diag, error,
				    "cgroup.max.depth or cgroup.max.descendants of an ancestor is "
				    "reached");
	if (error == -ENOSPC && controllers & CGW_CONTROLLER_BIT(CGW_MEMORY))
		return cgw_diag_set(&step->result.diag, error,
				    "the kernel has no ID left for another memory group (%s "
				    "hierarchy)",
				    label);
	if (error == -ENOSPC || error == -ENOMEM || error == -EINVAL)
		return cgw_diag_set(&step->result.diag, error, "%s (%s hierarchy)",
				    strerror(-error), label);
	return advise_group(step, error);
}

/* Refused before anything is created; parents that the step itself creates need no check. */
static int check_parents(struct cgw_plan *plan, struct step *step)
{
	for (size_t i = 0; i < step->created_count; i++) {
		const struct created_step *created = &step->created[i];
		CLEANUP(target_close) struct target parent = TARGET_NONE;
		int r = group_open_parent(plan->layout, created->hierarchy, created->path, &parent);

		if (cgw_error_is_gone(r))
			continue;
		r = r < 0 ? r : target_may_write(&parent, ".");
		if (r < 0)
			return advise_mkdir(plan, step, created, r);
	}
	return 0;
}

static int create_prepare(struct cgw_plan *plan, struct step *step)
{
	struct cgw_result *result = &step->result;
	size_t used;
	int r = find_missing(step, plan->layout);

	if (r < 0)
		return advise_group(step, r);
	r = check_parents(plan, step);
	if (r < 0)
		return r;
	if (step->created_count > 0) {
		step->hierarchy = step->created[0].hierarchy;
		note_unit(plan, step);
	}
	used = strlen(result->how);
	if (step->created_count > 2)
		snprintf(result->how + used, sizeof(result->how) - used, "; ... %zu in total",
			 step->created_count);
	used = strlen(result->how);
	for (size_t i = 0; i < step->created_count; i++)
		if (needs_cpuset(&plan->layout->hierarchies[step->created[i].hierarchy])) {
			snprintf(result->how + used, sizeof(result->how) - used,
				 "; copy cpuset.cpus and cpuset.mems from the parent");
			break;
		}
	snprintf(result->new_value, sizeof(result->new_value), "there");
	snprintf(result->old_value, sizeof(result->old_value),
		 step->created_count == 0 ? "there" : "not there");
	if (step->created_count == 0)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	return 0;
}

static void inherit_cpuset(const struct target *parent, const struct target *created)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};

	if (!needs_cpuset(&created->layout->hierarchies[created->hierarchy]))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char list[VALUE_MAX];

		if (target_read_word(parent, files[i], list, sizeof(list)) == 0 && list[0] != '\0')
			(void)target_write(created, files[i], list);
	}
}

static int create_one(const struct cgw_layout *layout, struct created_step *created)
{
	CLEANUP(target_close) struct target parent = TARGET_NONE, group = TARGET_NONE;
	int r;

	if (layout->recorded && layout->ops == &kernel_ops_real)
		return -EROFS;
	r = group_open_parent(layout, created->hierarchy, created->path, &parent);
	r = r < 0 ? r
		  : layout->ops->make_directory(parent.directory,
						group_last_component(created->path));
	/* Another process created it in the meantime: do not remove it on rollback. */
	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return r;
	created->done = true;
	if (target_open(layout, created->hierarchy, created->path, &group) == 0) {
		created->id = group.id;
		inherit_cpuset(&parent, &group);
	}
	return 0;
}

/* Another process may have removed the directory and created it again. */
static bool is_replaced(const struct cgw_layout *layout, const struct created_step *created)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	return created->id != 0 &&
	       target_open(layout, created->hierarchy, created->path, &target) == 0 &&
	       target.id != created->id;
}

static int create_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t i = step->created_count; i-- > 0;) {
		struct created_step *created = &step->created[i];
		const struct cgw_change change = {.id = created->change_id};
		int r;

		if (!created->done || is_replaced(plan->layout, created))
			continue;
		r = group_remove(plan->layout, created->hierarchy, created->path);
		created->done = r < 0;
		plan_settle(plan, &change,
			    r < 0 ? CGW_OUTCOME_INCONSISTENT : CGW_OUTCOME_ROLLED_BACK);
		first = first < 0 ? first : r;
	}
	return first;
}

static void create_release(struct cgw_plan *plan, struct step *step)
{
	(void)create_rollback(plan, step);
}

/* Creates the step's entries of one path, and returns the index after them. */
static int create_path(struct cgw_plan *plan, struct step *step, size_t *at)
{
	const char *path = step->created[*at].path;

	for (; *at < step->created_count && strcmp(step->created[*at].path, path) == 0; ++*at) {
		int r = create_one(plan->layout, &step->created[*at]);

		if (r < 0)
			return advise_mkdir(plan, step, &step->created[*at], r);
	}
	return 0;
}

/* Creates the missing ancestors, each as a change of its own. */
static int create_reserve(struct cgw_plan *plan, struct step *step)
{
	for (size_t i = 0; i < step->created_count;) {
		struct cgw_change change = {.kind = CGW_STEP_CREATE,
					    .path = step->created[i].path,
					    .new_value = "there"};
		struct cgw_place places[CGW_HIERARCHY_MAX];
		size_t first = i;
		int r;

		if (strcmp(change.path, step->spec.path) == 0)
			return 0;
		/* Steps are prepared together: an earlier one may have created the ancestor. */
		if (group_exists(plan->layout, step->created[i].hierarchy, change.path) == 1) {
			i++;
			continue;
		}
		snprintf(change.old_value, sizeof(change.old_value), "not there");
		snprintf(change.hierarchy, sizeof(change.hierarchy), "%s",
			 plan->layout->hierarchies[step->created[i].hierarchy].label);
		r = plan_journal_other(plan, &change);
		if (r < 0)
			return advise_group(step, r);
		r = create_path(plan, step, &i);
		for (size_t j = first; j < step->created_count && j <= i; j++)
			if (step->created[j].done)
				step->created[j].change_id = change.id;
		change.places = places;
		change.place_count = created_places(plan, step, change.path, places);
		plan_settle(plan, &change, r < 0 ? CGW_OUTCOME_FAILED : CGW_OUTCOME_DONE);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Names the ancestors that were created too. */
static void note_ancestors(struct step *step)
{
	const char *last = step->spec.path;
	CLEANUP(string_builder_free) struct string_builder names = {0};

	for (size_t i = 0; i < step->created_count; i++) {
		const char *path = step->created[i].path;

		if (!step->created[i].done || strcmp(path, step->spec.path) == 0 ||
		    strcmp(path, last) == 0)
			continue;
		last = path;
		string_builder_add(&names, names.length > 0 ? ", " : "");
		string_builder_add_escaped(&names, path);
	}
	if (names.length > 0) {
		CLEANUP(cleanup_free) char *unit = strdup(step->result.diag.text);

		cgw_diag_set(&step->result.diag, 0, "also created %s%s%s", names.text,
			     unit != NULL && unit[0] != '\0' ? "; " : "", unit != NULL ? unit : "");
	}
}

static int create_apply(struct cgw_plan *plan, struct step *step)
{
	size_t at = 0;
	int r;

	while (at < step->created_count && strcmp(step->created[at].path, step->spec.path) != 0)
		at++;
	r = at < step->created_count ? create_path(plan, step, &at) : 0;
	if (r == 0)
		note_ancestors(step);
	return r;
}

const struct step_kind step_create = {
	.prepare = create_prepare,
	.reserve = create_reserve,
	.release = create_release,
	.apply = create_apply,
	.rollback = create_rollback,
};
