/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-group.c - steps that create and delete groups. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

/* rmdir() fails with EBUSY for a short time after the last process exited. */
#define REMOVE_TRIES 50

static const char *last_component(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int open_parent(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		       struct target *ret_target)
{
	CLEANUP(cleanup_free) char *parent = strdup(path);
	char *slash;
	int r;

	if (parent == NULL)
		return -ENOMEM;
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	r = target_open(layout, hierarchy, parent, ret_target);
	if (r == 0)
		ret_target->path = NULL; /* freed on return; callers use the descriptor only */
	return r;
}

static bool exists(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	return target_open(layout, hierarchy, path, &target) == 0;
}

/* Records the missing directories of the path in one hierarchy, parents first. */
static int add_missing(struct step *step, const struct cgw_layout *layout, size_t hierarchy)
{
	CLEANUP(cleanup_free) char *path = strdup(step->spec.path);
	int r = path == NULL ? -ENOMEM : 0;

	for (char *end = path + 1; r == 0 && end != NULL;) {
		end = strchr(end, '/');
		if (end != NULL)
			*end = '\0';
		if (!exists(layout, hierarchy, path)) {
			r = step_add_created(step, hierarchy, path, "");
			if (r == 0 && step->created_count <= 2) {
				char *how = step->result.how;
				size_t used = strlen(how);
				char shown[256];

				cgw_escape(shown, sizeof(shown), path, strlen(path));
				(void)snprintf(how + used, sizeof(step->result.how) - used,
					       "%smkdir %s%s", used > 0 ? "; " : "",
					       layout->hierarchies[hierarchy].mountpoint, shown);
			}
		}
		if (end != NULL)
			*end++ = '/';
	}
	return r;
}

static int create_prepare(struct cgw_plan *plan, struct step *step)
{
	struct cgw_result *result = &step->result;
	size_t used;
	int r = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count && r == 0; h++)
		if (!hierarchy_tracks_members(plan->layout, h))
			r = add_missing(step, plan->layout, h);
	if (r < 0)
		return advise_group(step, r);
	used = strlen(result->how);
	if (step->created_count > 2)
		(void)snprintf(result->how + used, sizeof(result->how) - used, "; ... %zu in total",
			       step->created_count);
	(void)snprintf(result->new_value, sizeof(result->new_value), "there");
	(void)snprintf(result->old_value, sizeof(result->old_value),
		       step->created_count == 0 ? "there" : "not there");
	if (step->created_count == 0)
		result->outcome = CGW_OUTCOME_UNCHANGED;
	return 0;
}

/* A new v1 cpuset has no CPUs and memory nodes: copy those of the parent. */
static void inherit_cpuset(const struct target *parent, const struct target *created)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	const struct cgw_hierarchy *hierarchy = &created->layout->hierarchies[created->hierarchy];

	if (hierarchy->version != 1 || !(hierarchy->controllers & CGW_CONTROLLER_BIT(CGW_CPUSET)))
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
	r = open_parent(layout, created->hierarchy, created->path, &parent);
	r = r < 0 ? r
		  : layout->ops->make_directory(parent.directory, last_component(created->path));
	/* Another process created it in the meantime: do not remove it on rollback. */
	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return r;
	created->done = true;
	if (target_open(layout, created->hierarchy, created->path, &group) == 0)
		inherit_cpuset(&parent, &group);
	return 0;
}

static int remove_directory(const struct target *parent, const char *name)
{
	const struct timespec wait = {0, 10000000};
	int r = 0;

	for (int i = 0; r == 0 && i < REMOVE_TRIES; i++) {
		r = parent->layout->ops->remove_directory(parent->directory, name);
		if (r != -EBUSY)
			break;
		r = i + 1 < REMOVE_TRIES ? 0 : -EBUSY;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	}
	return cgw_error_is_gone(r) ? 0 : r;
}

static int remove_one(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	CLEANUP(target_close) struct target parent = TARGET_NONE;
	int r = open_parent(layout, hierarchy, path, &parent);

	if (r < 0)
		return cgw_error_is_gone(r) ? 0 : r;
	return remove_directory(&parent, last_component(path));
}

static int create_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t i = step->created_count; i-- > 0;) {
		struct created_step *created = &step->created[i];
		int r;

		if (!created->done)
			continue;
		r = remove_one(plan->layout, created->hierarchy, created->path);
		created->done = r < 0;
		first = first < 0 ? first : r;
	}
	return first;
}

static int create_apply(struct cgw_plan *plan, struct step *step)
{
	for (size_t i = 0; i < step->created_count; i++) {
		int r = create_one(plan->layout, &step->created[i]);

		if (r == 0)
			continue;
		(void)create_rollback(plan, step);
		if (r == -EAGAIN)
			return cgw_diag_set(&step->result.diag, r,
					    "cgroup.max.depth or cgroup.max.descendants of an "
					    "ancestor is reached");
		return advise_group(step, r);
	}
	return 0;
}

const struct step_kind step_create = {
	.prepare = create_prepare,
	.apply = create_apply,
	.rollback = create_rollback,
};

static int count_group(void *context, const struct target *group)
{
	size_t *count = context;

	(void)group;
	*count += 1;
	return 0;
}

static int delete_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(members_done) struct members members = {0};
	struct cgw_result *result = &step->result;
	char names[256], shown[256];
	size_t groups = 0, used;
	int r = members_add_all(&members, plan->layout, step->spec.path);

	if (r < 0)
		return advise_group(step, r);
	cgw_escape(shown, sizeof(shown), step->spec.path, strlen(step->spec.path));
	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		size_t count = 0;
		const struct subtree_visitor visitor = {.enter = count_group, .context = &count};

		(void)subtree_walk(plan->layout, h, step->spec.path, &visitor);
		if (count == 0)
			continue;
		groups = count - 1 > groups ? count - 1 : groups;
		used = strlen(result->how);
		(void)snprintf(result->how + used, sizeof(result->how) - used, "%srmdir %s%s",
			       used > 0 ? "; " : "", plan->layout->hierarchies[h].mountpoint,
			       shown);
	}
	(void)snprintf(result->old_value, sizeof(result->old_value), "there");
	(void)snprintf(result->new_value, sizeof(result->new_value), "not there");
	if (members.count > 0) {
		members_format(&members, plan->layout, names, sizeof(names));
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&result->diag, -EBUSY,
				    "the group contains processes; kill or move them first: %s",
				    names);
	}
	if (groups > 0 && !step->spec.recursive) {
		result->outcome = CGW_OUTCOME_REFUSED;
		return cgw_diag_set(&result->diag, -ENOTEMPTY,
				    "the group has %zu %s; use --recursive to delete %s too",
				    groups, groups == 1 ? "descendant" : "descendants",
				    groups == 1 ? "it" : "them");
	}
	return 0;
}

static int remove_child(void *context, const struct target *parent, const char *name)
{
	(void)context;
	return remove_directory(parent, name);
}

static int delete_in(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	const struct subtree_visitor visitor = {.leave = remove_child};
	int r = subtree_walk(layout, hierarchy, path, &visitor);

	if (cgw_error_is_gone(r))
		return 0;
	return r < 0 ? r : remove_one(layout, hierarchy, path);
}

/* Deletion cannot be rolled back: if one hierarchy fails, delete from the others and report it. */
static int delete_apply(struct cgw_plan *plan, struct step *step)
{
	char left[256] = "", reason[sizeof(step->result.diag.text)];
	bool gone = false;
	int first = 0;

	for (size_t h = 0; h < plan->layout->hierarchy_count; h++) {
		const struct cgw_hierarchy *hierarchy = &plan->layout->hierarchies[h];
		size_t used = strlen(left);
		bool there = exists(plan->layout, h, step->spec.path);
		int r = delete_in(plan->layout, h, step->spec.path);

		gone = gone || (r == 0 && there);
		if (r == 0)
			continue;
		first = first < 0 ? first : r;
		(void)snprintf(left + used, sizeof(left) - used, "%s%s", used > 0 ? ", " : "",
			       hierarchy->label);
	}
	if (first == 0)
		return 0;
	(void)advise_group(step, first);
	if (!gone)
		return first;
	(void)snprintf(reason, sizeof(reason), "%s", step->result.diag.text);
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
