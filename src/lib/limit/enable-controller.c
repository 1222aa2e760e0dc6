/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enable-controller.c - switches a controller of v2 on, from the top down to the parent of a group.
 *
 * A group has the files of a controller only when every group above it passes the controller on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/controller-set.h"
#include "lib/limit/plan.h"

static const char switches[] = "cgroup.subtree_control";

/* systemd turns the switches of its own units by itself, and turns ours back. */
static int refuse_units(struct cgw_plan *plan, struct step *step, const char *path)
{
	struct cgw_owner owner = {.kind = CGW_OWNER_NONE};
	char shown[256];
	int r = plan->systemd == NULL ? 0
				      : systemd_owner(plan->systemd, plan->layout, path, &owner,
						      &step->result.diag);

	if (r < 0 || (owner.kind != CGW_OWNER_SYSTEMD && owner.kind != CGW_OWNER_SYSTEMD_USER) ||
	    strcmp(path, "/") == 0)
		return r;
	cgw_escape(shown, sizeof(shown), path, strlen(path));
	return cgw_diag_set(
		&step->result.diag, -EPERM,
		"%s is a unit of systemd's: `systemctl set-property %s Delegate=yes` lets "
		"others switch controllers on beneath it",
		shown, owner.unit);
}

/* One ancestor: noted when its switch is off. */
static int look_at(struct cgw_plan *plan, struct step *step, const char *path, const char *name)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	char now[VALUE_MAX], text[40], missing[VALUE_MAX];
	int r = target_open(plan->layout, step->hierarchy, path, &target);

	r = r < 0 ? r : target_read_word(&target, switches, now, sizeof(now));
	if (r < 0)
		return advise_group(plan, step, r, "look at");
	(void)snprintf(text, sizeof(text), "+%s", name);
	r = toggles_apply(now, text, missing, sizeof(missing));
	r = r < 0 ? r : toggles_between(now, missing, missing, sizeof(missing));
	if (r < 0 || missing[0] == '\0')
		return r;
	r = refuse_units(plan, step, path);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "-%s", name);
	return step_add_created(step, step->hierarchy, path, text);
}

static int look(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(cleanup_free) char *path = strdup(step->ask.path);
	const char *name;
	int r;

	if (path == NULL)
		return -ENOMEM;
	if (step->source->controller < 0 || strcmp(path, "/") == 0)
		return advise_set(plan, step, NULL, -ENOENT);
	name = cgw_controller_name((enum cgw_controller)step->source->controller, 2);
	r = look_at(plan, step, "/", name);
	for (char *slash = strchr(path + 1, '/'); r == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = look_at(plan, step, path, name);
		*slash = '/';
	}
	if (r == 0 && step->made_count == 0) /* on everywhere, and still not there */
		return advise_set(plan, step, NULL, -ENOENT);
	return r;
}

static int turn(struct cgw_plan *plan, struct created_step *made)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct cgw_change change = {.kind = CGW_STEP_SET, .path = made->path};
	char text[40];
	int r = target_open(plan->layout, made->hierarchy, made->path, &target);

	(void)snprintf(text, sizeof(text), "+%s", made->text + 1);
	(void)snprintf(change.key, sizeof(change.key), "%s", switches);
	(void)snprintf(change.old_value, sizeof(change.old_value), "%s", made->text);
	(void)snprintf(change.new_value, sizeof(change.new_value), "%s", text);
	(void)snprintf(change.hierarchy, sizeof(change.hierarchy), "%s",
		       plan->layout->hierarchies[made->hierarchy].label);
	change.group_id = target.id;
	if (r == 0) {
		uint64_t id = 0;

		r = plan_journal_other(plan, &change, &id);
	}
	r = r < 0 ? r : target_write(&target, switches, text);
	made->done = r == 0;
	return r;
}

int enable_controller(struct cgw_plan *plan, struct step *step, bool only_say)
{
	if (only_say)
		return look(plan, step);
	for (size_t i = 0; i < step->made_count; i++) {
		int r = turn(plan, &step->made[i]);
		char shown[256];

		if (r == 0)
			continue;
		cgw_escape(shown, sizeof(shown), step->made[i].path, strlen(step->made[i].path));
		(void)enable_rollback(plan, step);
		if (r == -EBUSY)
			return cgw_diag_set(
				&step->result.diag, r,
				"%s has processes of its own: on v2 a group has either "
				"processes or controllers for the groups beneath it; move "
				"them into a group beneath it first",
				shown);
		return cgw_diag_set(&step->result.diag, r, "cannot switch %s on in %s: %s",
				    step->made[i].text + 1, shown, strerror(-r));
	}
	return 0;
}

int enable_rollback(struct cgw_plan *plan, struct step *step)
{
	int first = 0;

	for (size_t i = step->made_count; i-- > 0;) {
		CLEANUP(target_close) struct target target = TARGET_NONE;
		struct created_step *made = &step->made[i];
		int r;

		if (!made->done)
			continue;
		r = target_open(plan->layout, made->hierarchy, made->path, &target);
		r = r < 0 ? r : target_write(&target, switches, made->text);
		made->done = r < 0;
		if (r < 0 && first == 0 && !cgw_error_is_gone(r))
			first = r;
	}
	return first;
}
