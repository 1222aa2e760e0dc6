/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unit-setting.c - settings of systemd units, which belong to the unit and not to its group.
 *
 * A unit keeps its settings when it is restarted with another group, and systemd writes them into
 * drop-ins. A group lacks the files of a controller until a setting of its unit requires them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/setting-properties.h"
#include "lib/limit/systemd-path.h"
#include "lib/limit/unit-setting.h"

static void set_owner(const struct cgw_change *change, struct cgw_owner *owner)
{
	*owner = (struct cgw_owner){.kind = change->user_unit ? CGW_OWNER_SYSTEMD_USER
							      : CGW_OWNER_SYSTEMD,
				    .uid = change->user_unit ? change->manager_uid : 0};
	snprintf(owner->unit, sizeof(owner->unit), "%s", change->unit);
}

int unit_setting_locate(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(cleanup_free) char *group = malloc(PATH_MAX_GROUP);
	int r = group == NULL ? -ENOMEM : plan_connect(plan, &step->result.diag);

	if (r < 0)
		return r;
	if (plan->systemd == NULL)
		return -EHOSTDOWN;
	set_owner(step->undoes, &step->owner);
	r = systemd_unit_group(plan->systemd, &step->owner, group, PATH_MAX_GROUP,
			       &step->result.diag);
	if (r < 0)
		return r;
	step->not_running = group[0] == '\0';
	if (step->not_running || step->spec.path == NULL || strcmp(step->spec.path, group) == 0)
		return 0;
	free((void *)(uintptr_t)step->spec.path);
	step->spec.path = steal_pointer(&group);
	return 0;
}

bool unit_setting_applies(struct cgw_plan *plan, const char *path, enum cgw_control control)
{
	struct step step = {.spec = {.kind = CGW_STEP_SET, .path = path, .control = control}};
	int hierarchy = cgw_layout_find_v2(plan->layout);
	char unit[256];
	uid_t uid;
	size_t length = systemd_unit_from_path(path, unit, sizeof(unit), &uid);

	if (length == 0 || path[length] != '\0' ||
	    !properties_apply(control_row(control), hierarchy < 0 ? 1 : 2))
		return false;
	(void)control_place(plan->layout, control, path, &step.hierarchy, &step.source);
	return plan_owner(plan, &step) < 0 || plan_through_systemd(plan, &step);
}

const char *unit_setting_drop_ins(const struct cgw_plan *plan)
{
	return plan->count > 0 ? plan->steps[0].drop_ins : NULL;
}

int unit_setting_drop(struct cgw_plan *plan, const char *drop_ins)
{
	struct step *step = &plan->steps[plan->count - 1];

	step->obsolete = strdup(drop_ins);
	return step->obsolete == NULL ? -ENOMEM : 0;
}

bool unit_setting_persists(const struct cgw_plan *plan, const struct step *step)
{
	return step->undoes != NULL && step->undoes->unit[0] != '\0' ? step->undoes->persistent
								     : plan->options.persist;
}

int unit_setting_write(struct cgw_plan *plan, struct step *step, const struct setting *value)
{
	CLEANUP(cleanup_free) char *before = NULL, *after = NULL;
	const struct control_row *row = control_row(step->spec.control);
	const struct setting *now = step->has_before ? &step->before : NULL;
	struct properties properties;
	int r = properties_from(plan->layout, row, value, now, &properties);

	if (r < 0)
		return r;
	/* Without the list, an undo would restore the value, but leave the file. */
	if (step->drop_ins == NULL && step->undoes == NULL)
		r = systemd_drop_ins(plan->systemd, &step->owner, &before, &step->result.diag);
	if (r < 0)
		return r;
	r = systemd_set(plan->systemd, &step->owner, properties.items, properties.count,
			unit_setting_persists(plan, step), &step->result.diag);
	if (r < 0 || before == NULL)
		return r;
	/* The value is set: a failure now is only reported. */
	if (systemd_drop_ins(plan->systemd, &step->owner, &after, NULL) < 0) {
		snprintf(step->note, sizeof(step->note),
			 "systemd does not list the new drop-ins of the unit, so that undo "
			 "will leave them");
		return 0;
	}
	systemd_drop_ins_subtract(after, before);
	if (after[0] != '\0')
		step->drop_ins = steal_pointer(&after);
	return 0;
}

void unit_setting_remove_drop_ins(struct cgw_plan *plan, struct step *step, const char *list)
{
	int r = list != NULL ? systemd_remove_drop_ins(plan->systemd, &step->owner, list) : 0;

	if (r < 0 && step->note[0] == '\0')
		snprintf(step->note, sizeof(step->note),
			 "the old value remains as a drop-in of the unit, which cannot be "
			 "removed: %s",
			 strerror(-r));
}

void unit_setting_default(struct step *step)
{
	const struct control_row *row = control_row(step->spec.control);
	const char *instance = step->request.setting.instance, *text = row->info.default_value;
	char value[VALUE_MAX + INSTANCE_MAX];
	struct percent_bases none = {0};
	struct request request;

	if (text == NULL && row->form == FORM_LIST)
		text = "none"; /* what systemd passes on for an empty list */
	if (step->not_running && step->undoes != NULL) /* it has what the change has set */
		snprintf(value, sizeof(value), "%s", step->undoes->new_value);
	else if (text != NULL)
		snprintf(value, sizeof(value), "%s%s%s", instance, instance[0] != '\0' ? " " : "",
			 text);
	else
		return;
	step->has_before = request_parse(row, value, &request, NULL) == 0 &&
			   request_resolve(row, &request, &none, &step->before, NULL) == 0;
}

/* The group at the top of the owner's manager, which decides about the controllers below. */
static void manager_group(const struct step *step, char *buffer, size_t size)
{
	const char *at = step->spec.path, *end = NULL;
	char service[64];

	snprintf(service, sizeof(service), "/user@%u.service/", (unsigned)step->owner.uid);
	if (step->owner.kind == CGW_OWNER_SYSTEMD_USER)
		end = strstr(at, service);
	if (end == NULL)
		snprintf(buffer, size, "/");
	else
		snprintf(buffer, size, "%.*s%.*s", (int)(end - at), at, (int)strlen(service) - 1,
			 service);
}

int unit_setting_check_controller(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	const char *name;
	char group[1024], controllers[VALUE_MAX];
	int r;

	if (step->source->controller < 0)
		return 0;
	name = cgw_controller_name((enum cgw_controller)step->source->controller, 2);
	/* The group has the controller: the file is not missing for the lack of it. */
	if (plan_has_controller(plan, step->hierarchy, step->spec.path, name))
		return -ENOENT;
	manager_group(step, group, sizeof(group));
	if (plan_has_controller(plan, step->hierarchy, group, name))
		return 0;
	if (step->owner.kind != CGW_OWNER_SYSTEMD_USER)
		return -ENOENT;
	r = target_open(plan->layout, step->hierarchy, group, &target);
	r = r < 0 ? r
		  : target_read_word(&target, "cgroup.controllers", controllers,
				     sizeof(controllers));
	if (r == 0 && controllers[0] == '\0')
		r = -ENOENT;
	return cgw_diag_set(&step->result.diag, -ENOENT,
			    "the manager of user %u does not have the %s controller%s%s; an "
			    "administrator can delegate it with Delegate= in a drop-in of "
			    "user@.service",
			    (unsigned)step->owner.uid, name, r == 0 ? ", only " : "",
			    r == 0 ? controllers : "");
}
