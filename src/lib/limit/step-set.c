/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step-set.c - step that sets a control: resolves, guards, writes and reads back the value. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/kernel/device.h"
#include "lib/limit/controller-set.h"
#include "lib/limit/exact-quantity.h"
#include "lib/limit/kernel-text.h"
#include "lib/limit/percent-base.h"
#include "lib/limit/plan.h"
#include "lib/limit/setting-properties.h"
#include "lib/limit/step-set-guard.h"
#include "lib/limit/unit-setting.h"

#define APPLY_TIMEOUT_MS 5000
#define APPLY_POLL_MS    20

static const struct control_row *row_of(const struct step *step)
{
	return control_row(step->spec.control);
}

static unsigned version_of(const struct cgw_plan *plan, const struct step *step)
{
	return plan->layout->hierarchies[step->hierarchy].version;
}

/*
 * Resolves the requested device to "MAJ:MIN" of a whole disk. A device that is built from others
 * requires --force: kernels accept the limit, but most enforce only those of the disks.
 */
static int resolve_device(struct cgw_plan *plan, struct step *step)
{
	struct setting *asked = &step->request.setting;
	char disks[256], shown[200];
	unsigned major, minor;
	int r;

	if (!row_of(step)->info.per_device)
		return 0;
	r = device_resolve(plan->layout, asked->instance, &major, &minor, disks, sizeof(disks),
			   &step->result.diag);
	if (r < 0)
		return r;
	cgw_escape(shown, sizeof(shown), asked->instance, strlen(asked->instance));
	snprintf(asked->instance, sizeof(asked->instance), "%u:%u", major, minor);
	if (disks[0] == '\0')
		return 0;
	snprintf(step->note, sizeof(step->note),
		 "%s is built from %s; the limit may be enforced only if it is set on %s", shown,
		 disks, strchr(disks, ',') != NULL ? "these disks" : "this disk");
	if (plan->options.force)
		return 0;
	step->result.outcome = CGW_OUTCOME_REFUSED;
	return cgw_diag_set(&step->result.diag, -ENOTUNIQ, "%s; use --force to set it on %s anyway",
			    step->note, shown);
}

static int read_before(struct step *step, const struct target *target)
{
	int r;

	step->before = (struct setting){0};
	memcpy(step->before.instance, step->request.setting.instance,
	       sizeof(step->before.instance));
	r = target_get(target, row_of(step), step->source, &step->before);
	step->has_before = r == 0;
	/* Actions have no value; some files are write-only. */
	return r == -EOPNOTSUPP || r == -EACCES || r == -EINVAL ? 0 : r;
}

static int resolve(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	const struct control_row *row = row_of(step);
	struct percent_bases bases = {.now = step->has_before ? &step->before : NULL};

	if (step->request.kind == REQUEST_PERCENT)
		percent_bases_find(plan->layout, row, step->source, target, &bases);
	if (row->form == FORM_TOGGLES) {
		step->after = step->before;
		return toggles_apply(step->before.text, step->request.setting.text,
				     step->after.text, sizeof(step->after.text));
	}
	return request_resolve(row, &step->request, &bases, &step->after, &step->result.diag);
}

/* The v1 file of the period that belongs to the quota. */
static const char *period_file(const struct step *step)
{
	const struct cgw_metric_info *period = cgw_metric_info((enum cgw_metric)step->source->per);

	for (size_t i = 0; i < period->source_count; i++)
		if (period->sources[i].version == 1)
			return period->sources[i].file;
	return NULL;
}

/* Is another period set with the quota? */
static bool sets_period(const struct step *step)
{
	return row_of(step)->form == FORM_BANDWIDTH && step->source->version == 1 &&
	       step->before.period_ns != step->after.period_ns && period_file(step) != NULL;
}

/* v1 has separate files for quota and period; the kernel checks each against the other. */
static int write_bandwidth_v1(const struct step *step, const struct target *target,
			      const struct setting *value, const char *quota)
{
	const char *file = period_file(step);
	struct setting now = {0};
	char text[32];
	int r;

	if (file == NULL)
		return -EOPNOTSUPP;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value->period_ns / 1000);
	r = target_get(target, row_of(step), step->source, &now);
	if (r < 0 || now.period_ns == value->period_ns)
		return target_write(target, step->source->file, quota);
	/* If the new period with the old quota exceeds the parent's ratio, the quota is first. */
	r = target_write(target, file, text);
	if (r != -EINVAL)
		return r < 0 ? r : target_write(target, step->source->file, quota);
	r = target_write(target, step->source->file, quota);
	return r < 0 ? r : target_write(target, file, text);
}

static int write_files(struct step *step, const struct target *target, const struct setting *value)
{
	const struct control_row *row = row_of(step);
	char text[VALUE_MAX], file[INSTANCE_MAX + 64];
	int r = kernel_file_name(step->source, value->instance, file, sizeof(file));

	if (r < 0)
		return r;
	if (row->form == FORM_TOGGLES) {
		char now[VALUE_MAX];

		r = target_read_word(target, file, now, sizeof(now));
		r = r < 0 ? r : toggles_between(now, value->text, text, sizeof(text));
		return r < 0 || text[0] == '\0' ? r : target_write(target, file, text);
	}
	r = kernel_text_encode(row, step->source, value, text, sizeof(text));
	if (r < 0)
		return r;
	if (row->form == FORM_BANDWIDTH && step->source->version == 1)
		return write_bandwidth_v1(step, target, value, text);
	return row->nonblock ? target_write_nonblock(target, file, text)
			     : target_write(target, file, text);
}

static int write_setting(struct cgw_plan *plan, struct step *step, const struct target *target,
			 const struct setting *value)
{
	return plan_through_systemd(plan, step) ? unit_setting_write(plan, step, value)
						: write_files(step, target, value);
}

/* Describes the change for a dry run. */
static void describe_change(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	char text[VALUE_MAX], file[INSTANCE_MAX + 64];
	const char *reclaims = set_reclaim_file(plan, step, target, text, sizeof(text));
	struct properties properties;
	size_t used;

	if (reclaims != NULL)
		step_describe_write(step, plan->layout, step->hierarchy, step->spec.path, reclaims,
				    text);
	if (plan_through_systemd(plan, step)) {
		used = text_append(step->result.how, sizeof(step->result.how),
				   strlen(step->result.how), "%s", reclaims != NULL ? "; " : "");
		if (properties_from(plan->layout, row_of(step), &step->after,
				    step->has_before ? &step->before : NULL, &properties) == 0)
			(void)systemd_format_set(&step->owner, properties.items, properties.count,
						 unit_setting_persists(plan, step),
						 step->result.how + used,
						 sizeof(step->result.how) - used);
		step_note_authorization(plan, step);
		return;
	}
	if (kernel_file_name(step->source, step->after.instance, file, sizeof(file)) < 0)
		return;
	if (row_of(step)->form == FORM_TOGGLES) {
		if (toggles_between(step->before.text, step->after.text, text, sizeof(text)) < 0)
			return;
	} else if (kernel_text_encode(row_of(step), step->source, &step->after, text,
				      sizeof(text)) < 0) {
		return;
	}
	if (sets_period(step)) {
		step_describe_write(
			step, plan->layout, step->hierarchy, step->spec.path, period_file(step),
			FORMATTED(32, "%llu", (unsigned long long)step->after.period_ns / 1000));
	}
	step_describe_write(step, plan->layout, step->hierarchy, step->spec.path, file, text);
}

/*
 * v2 has no device files: access is decided by BPF programs, which systemd generates for its
 * units. The property is the only interface, and the source only defines the syntax.
 */
static bool only_through_systemd(struct cgw_plan *plan, struct step *step)
{
	const struct control_row *row = row_of(step);
	int hierarchy = cgw_layout_find_v2(plan->layout);

	if (hierarchy < 0 || !row->info.action || !plan_owned(step) || !properties_apply(row, 2))
		return false;
	step->hierarchy = (size_t)hierarchy;
	step->source = &row->sources[0];
	return true;
}

static int find_place(struct cgw_plan *plan, struct step *step)
{
	int r = control_place(plan->layout, step->spec.control, step->spec.path, &step->hierarchy,
			      &step->source);

	if (r == -EOPNOTSUPP && only_through_systemd(plan, step))
		return 0;
	if (r == -EOPNOTSUPP)
		return cgw_control_available(plan->layout, step->spec.control, &step->result.diag);
	if (r != -ENOENT)
		return r;
	/* systemd enables the controller when the property is set. */
	if (plan_through_systemd(plan, step)) {
		r = step->not_running ? 0 : unit_setting_check_controller(plan, step);
		step->file_missing = r == 0;
		return r == -ENOENT ? advise_set(plan, step, NULL, r) : r;
	}
	if (plan->options.enable && version_of(plan, step) == 2)
		return enable_prepare(plan, step);
	return advise_set(plan, step, NULL, r);
}

/* Refused before anything is changed. A controller that is not yet enabled has no files. */
static int check_rights(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	char file[INSTANCE_MAX + 64];
	int r = kernel_file_name(step->source, step->after.instance, file, sizeof(file));

	if (plan_through_systemd(plan, step) || step->created_count > 0)
		return 0;
	r = r < 0 ? r : target_may_write(target, file);
	if (r == 0 && sets_period(step))
		r = target_may_write(target, period_file(step));
	return r < 0 ? advise_set(plan, step, target, r) : 0;
}

/* "max" is also the default period, which the user has not written. */
static void note_period(struct step *step)
{
	char before[32], after[32];

	if (row_of(step)->form != FORM_BANDWIDTH || step->request.kind != REQUEST_UNLIMITED ||
	    !step->has_before || step->before.period_ns == step->after.period_ns)
		return;
	(void)quantity_format(CGW_UNIT_NS, step->before.period_ns, before, sizeof(before));
	(void)quantity_format(CGW_UNIT_NS, step->after.period_ns, after, sizeof(after));
	snprintf(step->note, sizeof(step->note), "the period is now %s (was %s)", after, before);
}

static int set_prepare(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct cgw_result *result = &step->result;
	int r = find_place(plan, step);

	r = r < 0 ? r : resolve_device(plan, step);
	r = r < 0 ? r : target_open(plan->layout, step->hierarchy, step->spec.path, &target);
	if (r < 0 && !step->file_missing)
		return result->diag.text[0] != '\0' ? r : advise_set(plan, step, NULL, r);
	r = r < 0 ? r : read_before(step, &target);
	/* The file will appear when its controller is enabled. */
	if (r == -ENOENT && (step->created_count > 0 || step->file_missing))
		r = 0;
	if (r < 0)
		return advise_set(plan, step, &target, r);
	if (step->file_missing)
		unit_setting_default(step);
	r = resolve(plan, step, &target);
	if (r < 0) {
		result->outcome = CGW_OUTCOME_REFUSED;
		return r;
	}
	control_format(plan->layout, row_of(step), &step->after, result->new_value,
		       sizeof(result->new_value));
	if (step->has_before)
		control_format(plan->layout, row_of(step), &step->before, result->old_value,
			       sizeof(result->old_value));
	if (step->has_before && !step->not_running &&
	    setting_equal(row_of(step), &step->before, &step->after)) {
		result->outcome = CGW_OUTCOME_UNCHANGED;
		return 0;
	}
	r = check_rights(plan, step, &target);
	if (r < 0)
		return r;
	describe_change(plan, step, &target);
	note_period(step);
	if (plan->options.dry_run && step->note[0] != '\0')
		(void)cgw_diag_set(&result->diag, 0, "%s", step->note);
	/* With --reclaim the guard runs after the reclaim, in set_apply(). */
	if (plan->options.reclaim && row_of(step)->reclaimable && !plan->options.dry_run)
		return 0;
	return set_guard(plan, step, &target);
}

/* systemd replies before it applies a property: waits until it has. */
static int read_applied(struct cgw_plan *plan, struct step *step, const struct target *target,
			struct setting *kept)
{
	for (unsigned waited_ms = 0;; waited_ms += APPLY_POLL_MS) {
		int r = target_get(target, row_of(step), step->source, kept);
		bool same = r == 0 && step->has_before &&
			    setting_equal(row_of(step), kept, &step->before);

		if ((!same && (r != -ENOENT || !step->file_missing)) ||
		    !plan_through_systemd(plan, step) || waited_ms >= APPLY_TIMEOUT_MS)
			return r;
		clock_sleep_ms(APPLY_POLL_MS);
	}
}

/* Compares the kernel's value with the requested one: systemd may report success on failure. */
static int read_back(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	struct cgw_result *result = &step->result;
	struct setting kept = {0};
	char asked[VALUE_MAX];
	int r;

	memcpy(kept.instance, step->after.instance, sizeof(kept.instance));
	r = read_applied(plan, step, target, &kept);
	if (r == -ENOENT && step->file_missing)
		return cgw_diag_set(&result->diag, -EREMOTEIO,
				    "systemd accepted %s, but the group still has no %s; see "
				    "`journalctl -b _PID=1`",
				    result->new_value, step->source->file);
	if (r < 0)
		return 0; /* an action, or a write-only file */
	memcpy(asked, result->new_value, sizeof(asked));
	control_format(plan->layout, row_of(step), &kept, result->new_value,
		       sizeof(result->new_value));
	if (strcmp(step->after.text, "none") == 0)
		step->after.text[0] = '\0';
	if (setting_equal(row_of(step), &kept, &step->after))
		return 0;
	if (plan_through_systemd(plan, step) && step->has_before &&
	    setting_equal(row_of(step), &kept, &step->before))
		return cgw_diag_set(&result->diag, -EREMOTEIO,
				    "systemd accepted %s, but the kernel still reports %s; see "
				    "`journalctl -b _PID=1`",
				    asked, result->new_value);
	step->after = kept;
	result->outcome = CGW_OUTCOME_ADJUSTED;
	(void)cgw_diag_set(&result->diag, 0, "requested %s, the kernel kept %s", asked,
			   result->new_value);
	return 0;
}

/* Sets a property of a unit whose group lacks the file, and perhaps does not exist. */
static int apply_to_unit(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r = unit_setting_write(plan, step, &step->after);

	if (r < 0)
		return advise_set(plan, step, NULL, r);
	if (step->not_running) {
		snprintf(step->note, sizeof(step->note),
			 "the unit is not running; the value applies when it is started");
		return 0;
	}
	r = control_place(plan->layout, step->spec.control, step->spec.path, &step->hierarchy,
			  &step->source);
	r = r < 0 && r != -ENOENT
		    ? r
		    : target_open(plan->layout, step->hierarchy, step->spec.path, &target);
	r = r < 0 ? advise_set(plan, step, NULL, r) : read_back(plan, step, &target);
	if (r < 0 && step->has_before) {
		struct cgw_diag reason = step->result.diag;

		(void)unit_setting_write(plan, step, &step->before);
		unit_setting_remove_drop_ins(plan, step, step->drop_ins);
		step->result.diag = reason;
	}
	return r;
}

static int apply_to_group(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r = target_open(plan->layout, step->hierarchy, step->spec.path, &target);

	if (r < 0)
		return advise_set(plan, step, NULL, r);
	if (!step->has_before)
		(void)read_before(step, &target);
	set_reclaim(plan, step, &target);
	r = set_guard(plan, step, &target);
	if (r < 0)
		return r;
	r = write_setting(plan, step, &target, &step->after);
	if (r == 0)
		r = read_back(plan, step, &target);
	else
		r = advise_set(plan, step, &target, r);
	/* One of two files may have been written: restore the old value in both. */
	if (r < 0 && step->has_before && step->source->per >= 0 && step->source->version == 1)
		(void)write_setting(plan, step, &target, &step->before);
	return r;
}

static int set_apply(struct cgw_plan *plan, struct step *step)
{
	int r = step->file_missing || step->not_running ? apply_to_unit(plan, step)
							: apply_to_group(plan, step);

	if (r == 0 && plan_through_systemd(plan, step))
		unit_setting_remove_drop_ins(plan, step,
					     step->obsolete != NULL ? step->obsolete
					     : step->undoes != NULL ? step->undoes->drop_ins
								    : NULL);
	if (r == 0 && step->note[0] != '\0' && step->result.diag.text[0] == '\0')
		(void)cgw_diag_set(&step->result.diag, 0, "%s", step->note);
	return r;
}

/* A value that another process has set since then is not overwritten. */
static int check_unchanged(struct cgw_plan *plan, struct step *step, const struct target *target)
{
	struct cgw_result *result = &step->result;
	struct setting now = {0};

	memcpy(now.instance, step->after.instance, sizeof(now.instance));
	if (step->not_running || target_get(target, row_of(step), step->source, &now) < 0 ||
	    setting_equal(row_of(step), &now, &step->after))
		return 0;
	control_format(plan->layout, row_of(step), &now, result->new_value,
		       sizeof(result->new_value));
	return cgw_diag_set(&result->diag, -ECANCELED,
			    "not rolled back, because another process has set it to %s meanwhile",
			    result->new_value);
}

static int set_rollback(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	const struct control_row *row = row_of(step);
	int r = target_open(plan->layout, step->hierarchy, step->spec.path, &target);

	if (r < 0 && !plan_through_systemd(plan, step))
		return cgw_error_is_gone(r) ? 0 : r;
	if (step->has_before) {
		r = check_unchanged(plan, step, &target);
		if (r < 0)
			return r;
		r = write_setting(plan, step, &target, &step->before);
		unit_setting_remove_drop_ins(plan, step, step->drop_ins);
		if (r == 0)
			memcpy(step->result.new_value, step->result.old_value,
			       sizeof(step->result.new_value));
	} else if (row->undoable) {
		const struct control_row *by = control_row((enum cgw_control)row->undo_by);

		r = target_write(&target, by->sources[0].file, step->after.text);
	}
	if (r == 0)
		r = enable_rollback(plan, step);
	return r;
}

static void set_release(struct cgw_plan *plan, struct step *step)
{
	(void)enable_rollback(plan, step);
}

const struct step_kind step_set = {
	.prepare = set_prepare,
	.reserve = enable_reserve,
	.release = set_release,
	.apply = set_apply,
	.rollback = set_rollback,
};
