/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errno-hints.c - reasons and remedies for changes that the kernel refused.
 *
 * A cause is stated only if it is found on the machine: otherwise the text is that of the error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/controller-set.h"
#include "lib/limit/exact-quantity.h"
#include "lib/limit/invalid-value.h"
#include "lib/limit/members.h"
#include "lib/limit/plan.h"

/* Errors that have one meaning here. */
static const struct {
	int error;
	const char *text;
} general[] = {
	{-ENOENT, "no such group"},
	{-EROFS, "the cgroup file system is mounted read-only"},
	{-ESTALE, "another group now has this name"},
	{-EOPNOTSUPP, "the kernel does not support the file for this group"},
	{-E2BIG, "the value is too long for the kernel"},
	{-EINTR, "interrupted by a signal during reclaim; nothing was changed"},
	{-ENFILE, "the machine has reached its limit of open files (/proc/sys/fs/file-max)"},
	{-ESRCH, "no such process"},
};

static int report(struct step *step, int error)
{
	struct rlimit limit;

	for (size_t i = 0; i < ARRAY_SIZE(general); i++)
		if (general[i].error == error)
			return cgw_diag_set(&step->result.diag, error, "%s", general[i].text);
	if (error == -EMFILE && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		char remedy[64] = "";

		if (limit.rlim_cur < limit.rlim_max)
			snprintf(remedy, sizeof(remedy), "; raise it with `ulimit -n %llu`",
				 (unsigned long long)limit.rlim_max);
		return cgw_diag_set(&step->result.diag, error,
				    "this process has reached its limit of %llu open files%s",
				    (unsigned long long)limit.rlim_cur, remedy);
	}
	return cgw_diag_set(&step->result.diag, error, "%s", strerror(-error));
}

int advise_write(struct step *step, const struct target *target, const char *file, int error)
{
	struct stat status;

	if (error != -EACCES || geteuid() == 0 ||
	    target->layout->ops->stat_at(target->directory, file, &status) < 0 ||
	    status.st_uid == geteuid())
		return report(step, error);
	return cgw_diag_set(&step->result.diag, error,
			    "permission denied: %s of the group belongs to user %u", file,
			    (unsigned)status.st_uid);
}

static bool group_exists(const struct cgw_plan *plan, const struct step *step, size_t hierarchy)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;

	return target_open(plan->layout, hierarchy, step->spec.path, &target) == 0;
}

bool plan_has_controller(const struct cgw_plan *plan, size_t hierarchy, const char *path,
			 const char *controller)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	char controllers[VALUE_MAX], with[VALUE_MAX], add[40];

	snprintf(add, sizeof(add), "+%s", controller);
	return target_open(plan->layout, hierarchy, path, &target) == 0 &&
	       target_read_word(&target, "cgroup.controllers", controllers, sizeof(controllers)) ==
		       0 &&
	       toggles_apply(controllers, add, with, sizeof(with)) == 0 &&
	       toggles_between(controllers, with, add, sizeof(add)) == 0 && add[0] == '\0';
}

/* Adds the group as an argument that can be pasted into a shell. */
static void add_argument(struct string_builder *command, const char *path)
{
	CLEANUP(string_builder_free) struct string_builder escaped = {0};

	string_builder_add_escaped(&escaped, path);
	string_builder_add_quoted(command, string_builder_text(&escaped));
}

/* v2: the file is missing because the controller is not enabled, not there, or has no such file. */
static int advise_controller(struct cgw_plan *plan, struct step *step, const char *controller)
{
	struct cgw_diag *diag = &step->result.diag;
	const char *slash = strrchr(step->spec.path, '/');
	CLEANUP(cleanup_free)
	char *parent = strndup(step->spec.path,
			       slash > step->spec.path ? (size_t)(slash - step->spec.path) : 1);
	CLEANUP(string_builder_free) struct string_builder shown = {0};
	int r;

	if (plan_has_controller(plan, step->hierarchy, step->spec.path, controller))
		return cgw_diag_set(diag, -ENOENT, "this kernel has no %s", step->source->file);
	if (!plan_has_controller(plan, step->hierarchy, "/", controller))
		return cgw_diag_set(diag, -ENOENT,
				    "cgroup v2 does not have the %s controller on this machine",
				    controller);
	r = advise_threaded(plan, step, controller);
	if (r < 0)
		return r;
	if (parent == NULL || !plan_has_controller(plan, step->hierarchy, parent, controller))
		return cgw_diag_set(diag, -ENOENT,
				    "the %s controller is not enabled for the group or its parent; "
				    "enable it on all levels with --enable",
				    controller);
	add_argument(&shown, parent);
	return cgw_diag_set(diag, -ENOENT,
			    "the %s controller is not enabled for the group; enable it with "
			    "--enable, or with `cgward set %s cgroup.subtree_control=+%s`",
			    controller, string_builder_text(&shown), controller);
}

int advise_create(struct step *step, const char *hierarchy, const char *then)
{
	CLEANUP(string_builder_free) struct string_builder group = {0};

	add_argument(&group, step->spec.path);
	return cgw_diag_set(
		&step->result.diag, -ENOENT,
		"no such group in the %s hierarchy; create it there with `cgward create %s`%s",
		hierarchy, string_builder_text(&group), then);
}

static int advise_missing(struct cgw_plan *plan, struct step *step)
{
	const struct cgw_hierarchy *hierarchy = &plan->layout->hierarchies[step->hierarchy];

	if (!group_exists(plan, step, step->hierarchy))
		return advise_create(step, hierarchy->label, "");
	if (strcmp(step->spec.path, "/") == 0)
		return cgw_diag_set(&step->result.diag, -ENOENT,
				    "the root group cannot be limited; limit its children instead");
	if (hierarchy->version == 2 && step->source->controller >= 0)
		return advise_controller(
			plan, step,
			cgw_controller_name((enum cgw_controller)step->source->controller, 2));
	return cgw_diag_set(&step->result.diag, -ENOENT, "this kernel has no %s",
			    step->source->file);
}

/* EBUSY of cgroup.subtree_control. */
static int advise_toggles(struct step *step, const struct target *target)
{
	CLEANUP(members_done) struct members members = {0};
	char names[256];

	if (target == NULL || members_add(&members, target) < 0 || members.count == 0)
		return cgw_diag_set(&step->result.diag, -EBUSY,
				    "a child of the group still uses the controller");
	members_format(&members, target->layout, names, sizeof(names));
	return cgw_diag_set(&step->result.diag, -EBUSY,
			    "the group contains processes, which on cgroup v2 excludes enabling "
			    "controllers for its children: %s",
			    names);
}

static int advise_busy(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	const struct control_row *row = control_row(step->spec.control);
	uint64_t used = 0;
	char text[32];

	if (row->form == FORM_TOGGLES)
		return advise_toggles(step, target);
	if (row->reclaimable && target != NULL &&
	    target_number(target, (enum cgw_metric)row->guard, &used) == 0) {
		quantity_format_rounded((enum cgw_unit)row->info.unit, used, false, text,
					sizeof(text));
		return cgw_diag_set(
			&step->result.diag, -EBUSY,
			"%s in use, and the kernel could not reclaim down to the new value; %s",
			text,
			plan->options.reclaim ? "stop a process in the group"
					      : "reclaim more with --reclaim, or stop a process in "
						"the group");
	}
	return invalid_list_explain(step, target, -EBUSY) ? -EBUSY : report(step, -EBUSY);
}

/* The errors of cpuset files, which have meanings of their own. */
static int advise_list(struct step *step, const struct target *target, int error)
{
	if (invalid_list_explain(step, target, error))
		return error;
	if (error == -ENOSPC)
		return cgw_diag_set(&step->result.diag, error,
				    "the group contains processes, which would be left without a "
				    "CPU or memory node");
	if (error == -ERANGE)
		return cgw_diag_set(&step->result.diag, error,
				    "the kernel has no CPU or memory node with such a number");
	return advise_write(step, target, step->source->file, error);
}

int advise_set(struct cgw_plan *plan, struct step *step, const struct target *target, int error)
{
	const struct control_row *row = control_row(step->spec.control);
	struct cgw_diag *diag = &step->result.diag;

	if (diag->text[0] != '\0') /* systemd's message is more precise */
		return error;
	if (error == -EROFS && plan->layout->recorded && plan->layout->ops == &kernel_ops_real)
		return cgw_diag_set(diag, error, "a recorded machine cannot be changed");
	if (error == -ENOENT)
		return advise_missing(plan, step);
	if (error == -EINVAL && target != NULL)
		return invalid_value_explain(plan, step, target);
	if (error == -EBUSY)
		return advise_busy(plan, step, target);
	if (row->form == FORM_LIST && target != NULL)
		return advise_list(step, target, error);
	if (error == -EACCES && target != NULL)
		return advise_write(step, target, step->source->file, error);
	if (error == -ENODEV && group_exists(plan, step, step->hierarchy))
		return cgw_diag_set(diag, error, "the kernel has no %s%s for the limit",
				    row->info.per_device ? "disk " : "device ",
				    step->request.setting.instance);
	if (error == -ENODEV)
		return cgw_diag_set(diag, error, "the group was removed in the meantime");
	if (error == -ERANGE)
		return cgw_diag_set(diag, error, "the kernel accepts no such value");
	return report(step, error);
}

int advise_group(struct step *step, int error)
{
	if (error == -ENODEV)
		return cgw_diag_set(&step->result.diag, error,
				    "the group was removed in the meantime");
	return report(step, error);
}

/* The kernel has these controllers for single threads. */
static bool is_threaded_controller(const char *name)
{
	static const char *const names[] = {"cpu", "cpuset", "perf_event", "pids"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_threaded(const struct cgw_plan *plan, const struct step *step, const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	char type[VALUE_MAX];

	return target_open(plan->layout, step->hierarchy, path, &target) == 0 &&
	       target_read_word(&target, "cgroup.type", type, sizeof(type)) == 0 &&
	       (strcmp(type, "threaded") == 0 || strcmp(type, "domain invalid") == 0);
}

int advise_threaded(struct cgw_plan *plan, struct step *step, const char *controller)
{
	CLEANUP(cleanup_free) char *path = strdup(step->spec.path);

	if (path == NULL)
		return -ENOMEM;
	if (is_threaded_controller(controller) || !is_threaded(plan, step, path))
		return 0;
	while (strcmp(path, "/") != 0 && is_threaded(plan, step, path)) {
		char *slash = strrchr(path, '/');

		slash[slash == path] = '\0';
	}
	step->result.outcome = CGW_OUTCOME_REFUSED;
	return cgw_diag_set(&step->result.diag, -EOPNOTSUPP,
			    "the group is threaded, and the %s controller is for whole processes; "
			    "%s is the group of these processes",
			    controller, ESCAPED(256, path));
}
