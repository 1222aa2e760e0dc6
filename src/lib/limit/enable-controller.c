/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enable-controller.c - enabling a v2 controller from the root down to the parent of a group.
 *
 * A group has the files of a controller only if every ancestor enables it in subtree_control.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/controller-set.h"
#include "lib/limit/plan.h"

static const char subtree_control[] = "cgroup.subtree_control";

/* systemd manages subtree_control of its units and reverts changes by others. */
static int refuse_units(struct cgw_plan *plan, struct step *step, const char *path)
{
	struct cgw_owner owner = {.kind = CGW_OWNER_NONE};
	const char *user, *suffix;
	char shown[256];
	int r = plan->systemd == NULL ? 0
				      : systemd_owner(plan->systemd, plan->layout, path, &owner,
						      &step->result.diag);

	if (r < 0 || (owner.kind != CGW_OWNER_SYSTEMD && owner.kind != CGW_OWNER_SYSTEMD_USER) ||
	    strcmp(path, "/") == 0)
		return r;
	cgw_escape(shown, sizeof(shown), path, strlen(path));
	suffix = strrchr(owner.unit, '.');
	user = owner.kind == CGW_OWNER_SYSTEMD_USER ? "--user " : "";
	/* systemd accepts Delegate= only when it loads or creates a unit, and not for slices. */
	if (suffix != NULL && strcmp(suffix, ".service") == 0)
		return cgw_diag_set(&step->result.diag, -EPERM,
				    "%s is a systemd unit; to enable controllers below it, add "
				    "Delegate=yes to its section [Service] with `systemctl %sedit "
				    "'%s'` and restart it",
				    shown, user, owner.unit);
	return cgw_diag_set(&step->result.diag, -EPERM,
			    "%s is a systemd unit without Delegate=yes; only systemd enables "
			    "controllers below it, for units whose settings require them",
			    shown);
}

/* Records the ancestor at `path` if it does not enable the controller. */
static int check_ancestor(struct cgw_plan *plan, struct step *step, const char *path,
			  const char *name)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	char now[VALUE_MAX], text[40], missing[VALUE_MAX];
	int r = target_open(plan->layout, step->hierarchy, path, &target);

	r = r < 0 ? r : target_read_word(&target, subtree_control, now, sizeof(now));
	if (r < 0)
		return advise_group(step, r);
	snprintf(text, sizeof(text), "+%s", name);
	r = toggles_apply(now, text, missing, sizeof(missing));
	r = r < 0 ? r : toggles_between(now, missing, missing, sizeof(missing));
	if (r < 0 || missing[0] == '\0')
		return r;
	r = refuse_units(plan, step, path);
	if (r < 0)
		return r;
	r = target_may_write(&target, subtree_control);
	if (r < 0)
		return advise_write(step, &target, subtree_control, r);
	step_describe_write(step, plan->layout, step->hierarchy, path, subtree_control, text);
	snprintf(text, sizeof(text), "-%s", name);
	return step_add_created(step, step->hierarchy, path, text);
}

int enable_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(cleanup_free) char *path = strdup(step->spec.path);
	const char *name;
	int r;

	if (path == NULL)
		return -ENOMEM;
	if (step->source->controller < 0 || strcmp(path, "/") == 0)
		return advise_set(plan, step, NULL, -ENOENT);
	name = cgw_controller_name((enum cgw_controller)step->source->controller, 2);
	r = advise_threaded(plan, step, name);
	r = r < 0 ? r : check_ancestor(plan, step, "/", name);
	for (char *slash = strchr(path + 1, '/'); r == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = check_ancestor(plan, step, path, name);
		*slash = '/';
	}
	if (r == 0 && step->created_count == 0) /* enabled everywhere: the kernel lacks the file */
		return advise_set(plan, step, NULL, -ENOENT);
	return r;
}

static int enable_in(struct cgw_plan *plan, struct created_step *created)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct cgw_change change = {.kind = CGW_STEP_SET, .path = created->path};
	char text[40];
	int r = target_open(plan->layout, created->hierarchy, created->path, &target);

	snprintf(text, sizeof(text), "+%s", created->text + 1);
	snprintf(change.key, sizeof(change.key), "%s", subtree_control);
	snprintf(change.old_value, sizeof(change.old_value), "%s", created->text);
	snprintf(change.new_value, sizeof(change.new_value), "%s", text);
	snprintf(change.hierarchy, sizeof(change.hierarchy), "%s",
		 plan->layout->hierarchies[created->hierarchy].label);
	change.group_id = target.id;
	r = r < 0 ? r : plan_journal_other(plan, &change);
	r = r < 0 ? r : target_write(&target, subtree_control, text);
	created->done = r == 0;
	created->change_id = change.id;
	plan_settle(plan, &change, r < 0 ? CGW_OUTCOME_FAILED : CGW_OUTCOME_DONE);
	return r;
}

int enable_reserve(struct cgw_plan *plan, struct step *step)
{
	for (size_t i = 0; i < step->created_count; i++) {
		int r = enable_in(plan, &step->created[i]);
		const char *shown = ESCAPED(256, step->created[i].path);

		if (r == 0)
			continue;
		if (r == -EBUSY)
			return cgw_diag_set(
				&step->result.diag, r,
				"%s contains processes and so cannot enable controllers "
				"for its children on cgroup v2; move the processes into "
				"a child group first",
				shown);
		return cgw_diag_set(&step->result.diag, r, "cannot enable controller %s in %s: %s",
				    step->created[i].text + 1, shown, strerror(-r));
	}
	return 0;
}

int enable_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t i = step->created_count; i-- > 0;) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		struct created_step *created = &step->created[i];
		struct cgw_change change = {.id = created->change_id};
		int r;

		if (!created->done)
			continue;
		r = target_open(plan->layout, created->hierarchy, created->path, &target);
		r = r < 0 ? r : target_write(&target, subtree_control, created->text);
		created->done = r < 0;
		plan_settle(plan, &change,
			    r < 0 ? CGW_OUTCOME_INCONSISTENT : CGW_OUTCOME_ROLLED_BACK);
		if (r < 0 && first == 0 && !cgw_error_is_gone(r))
			first = r;
	}
	return first;
}
