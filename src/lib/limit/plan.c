/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.c - all-or-nothing execution of steps.
 *
 * All steps are prepared first, so that refusals precede any change. They are then applied in an
 * order in which no control ever exceeds its bound. If one fails, the steps before it are rolled
 * back in reverse order.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/debug-message.h"
#include "lib/limit/plan.h"

static const struct step_kind *const step_kinds[] = {
	[CGW_STEP_SET] = &step_set,       [CGW_STEP_FREEZE] = &step_freeze,
	[CGW_STEP_THAW] = &step_thaw,     [CGW_STEP_KILL] = &step_kill,
	[CGW_STEP_CREATE] = &step_create, [CGW_STEP_DELETE] = &step_delete,
	[CGW_STEP_MOVE] = &step_move,
};

/* A signal to one process of a group, or to all of them? */
static const struct step_kind *find_kind(const struct cgw_step *spec)
{
	return spec->kind == CGW_STEP_KILL && spec->pid != 0 ? &step_signal
							     : step_kinds[spec->kind];
}

static char *copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static void free_string(const char *text)
{
	free((void *)(uintptr_t)text);
}

int cgw_plan_new(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		 struct cgw_plan **ret_plan)
{
	struct cgw_plan *plan = calloc(1, sizeof(*plan));
	int r = plan != NULL ? plan_options_copy(options, &plan->options) : -ENOMEM;

	if (r < 0) {
		free(plan);
		return r;
	}
	group_cursor_init(&plan->cursor, layout);
	plan->layout = &plan->cursor.layout;
	*ret_plan = plan;
	return 0;
}

static void step_done(struct step *step)
{
	free_string(step->spec.path);
	free_string(step->spec.value);
	free((void *)(uintptr_t)step->spec.expected_ids);
	cgw_membership_done(&step->old_membership);
	for (size_t i = 0; i < step->created_count; i++)
		free(step->created[i].path);
	free(step->created);
	free(step->drop_ins);
	free(step->obsolete);
}

struct cgw_plan *cgw_plan_free(struct cgw_plan *plan)
{
	if (plan == NULL)
		return NULL;
	for (size_t i = 0; i < plan->count; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	if (plan->systemd != NULL)
		(void)systemd_reload(plan->systemd, NULL);
	systemd_close(plan->systemd);
	journal_close(plan->journal);
	journal_free_changes(plan->changes, plan->change_count);
	protection_free(plan->protection);
	free(plan->owned_path);
	plan_options_done(&plan->options);
	group_cursor_done(&plan->cursor);
	free(plan);
	return NULL;
}

int cgw_plan_reset(struct cgw_plan *plan, const struct cgw_limit_options *options)
{
	struct cgw_limit_options copied;
	int r = plan_options_copy(options, &copied);

	if (r < 0)
		return r;
	if (!plan_options_same_journal(&copied, &plan->options))
		plan->journal = journal_close(plan->journal);
	plan_options_done(&plan->options);
	plan->options = copied;
	while (plan->count > 0)
		step_done(&plan->steps[--plan->count]);
	plan->failed = 0;
	return 0;
}

static int add_step(struct cgw_plan *plan, const struct cgw_step *spec,
		    const struct request *request)
{
	struct step *step;

	if (ARRAY_RESERVE(plan->steps, plan->size, plan->count + 1) < 0)
		return -ENOMEM;
	step = &plan->steps[plan->count];
	*step = (struct step){
		.spec = *spec, .path_length = strlen(spec->path), .kind = find_kind(spec)};
	if (request != NULL)
		step->request = *request;
	step->spec.path = strdup(spec->path);
	step->spec.value = copy(spec->value);
	step->spec.expected_ids = plan_copy_ids(plan, spec);
	if (step->spec.path == NULL || (spec->value != NULL && step->spec.value == NULL) ||
	    (spec->expected_ids != NULL && step->spec.expected_ids == NULL)) {
		step_done(step);
		return -ENOMEM;
	}
	plan->count++;
	return 0;
}

static int add_set(struct cgw_plan *plan, const struct cgw_step *spec, struct cgw_diag *diag)
{
	struct request request;
	int r;

	r = request_parse(control_row(spec->control), spec->value, &request, diag);
	return r < 0 ? r : add_step(plan, spec, &request);
}

/* "DEVICE key=value key=value": each assignment is the control KEY.key of the device. */
static int add_family(struct cgw_plan *plan, const struct cgw_step *spec, struct cgw_diag *diag)
{
	const struct control_row *row = control_row(spec->control);
	CLEANUP(cleanup_free) char *words = strdup(spec->value);
	char *rest = NULL, *instance, *word, shown[96];
	size_t before = plan->count;

	if (words == NULL)
		return -ENOMEM;
	instance = strtok_r(words, " \t", &rest);
	while (instance != NULL && (word = strtok_r(NULL, " \t", &rest)) != NULL) {
		CLEANUP(cleanup_free) char *assignment = NULL, *value = NULL;
		struct cgw_step part = *spec;
		const char *equals = strchr(word, '=');
		int r;

		if (equals == NULL)
			break;
		if (asprintf(&assignment, "%s.%.*s=%s %s", row->info.key, (int)(equals - word),
			     word, instance, equals + 1) < 0)
			return -ENOMEM;
		r = cgw_assignment_parse(assignment, &part.control, &value, diag);
		part.value = value;
		r = r < 0 ? r : add_set(plan, &part, diag);
		if (r < 0)
			return r;
	}
	if (plan->count > before && word == NULL)
		return 0;
	cgw_escape(shown, sizeof(shown), spec->value, strlen(spec->value));
	return cgw_diag_set(diag, -EINVAL, "invalid %s '%s' (expected %s)", row->info.key, shown,
			    row->info.syntax);
}

int cgw_plan_add(struct cgw_plan *plan, const struct cgw_step *spec, struct cgw_diag *diag)
{
	size_t before = plan->count;
	int r;

	if ((size_t)spec->kind >= ARRAY_SIZE(step_kinds))
		return cgw_diag_set(diag, -EINVAL, "invalid kind of step %d", (int)spec->kind);
	if (spec->kind == CGW_STEP_SET && (unsigned)spec->control >= CGW_CONTROL_COUNT)
		return cgw_diag_set(diag, -EINVAL, "invalid control %d", (int)spec->control);
	if (spec->path == NULL || spec->path[0] != '/')
		return cgw_diag_set(diag, -EINVAL, "invalid group path (expected a leading '/')");
	if ((spec->kind == CGW_STEP_MOVE && spec->pid < 1) ||
	    (spec->kind == CGW_STEP_KILL && spec->pid < 0))
		return cgw_diag_set(diag, -EINVAL, "invalid PID %d (expected 1 or more)",
				    (int)spec->pid);
	if (spec->kind == CGW_STEP_KILL && (spec->signal < 0 || spec->signal > 64))
		return cgw_diag_set(diag, -EINVAL, "invalid signal %d (expected 1 to 64)",
				    spec->signal);
	if (spec->kind != CGW_STEP_SET)
		return add_step(plan, spec, NULL);
	if (spec->value == NULL)
		return cgw_diag_set(diag, -EINVAL, "%s requires a value",
				    cgw_control_info(spec->control)->key);
	if (control_row(spec->control)->form != FORM_FAMILY)
		return add_set(plan, spec, diag);
	r = add_family(plan, spec, diag);
	while (r < 0 && plan->count > before)
		step_done(&plan->steps[--plan->count]);
	return r;
}

int cgw_plan_assign(struct cgw_plan *plan, const char *path, const char *assignment,
		    struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *value = NULL;
	struct cgw_step step = {.kind = CGW_STEP_SET, .path = path};
	int r = cgw_assignment_parse(assignment, &step.control, &value, diag);

	step.value = value;
	return r < 0 ? r : cgw_plan_add(plan, &step, diag);
}

size_t cgw_plan_count(const struct cgw_plan *plan)
{
	return plan->count;
}

const struct cgw_step *cgw_plan_step(const struct cgw_plan *plan, size_t i)
{
	return i < plan->count ? &plan->steps[i].spec : NULL;
}

const struct cgw_result *cgw_plan_result(const struct cgw_plan *plan, size_t i)
{
	return i < plan->count ? &plan->steps[i].result : NULL;
}

uint64_t cgw_plan_transaction(const struct cgw_plan *plan)
{
	return plan->options.transaction;
}

const struct cgw_result *cgw_plan_failure(const struct cgw_plan *plan)
{
	return plan->failed > 0 ? &plan->steps[plan->failed - 1].result : NULL;
}

bool plan_creates_group(const struct cgw_plan *plan, const struct step *step)
{
	for (const struct step *other = plan->steps; other < step; other++)
		if (other->spec.kind == CGW_STEP_CREATE &&
		    strcmp(other->spec.path, step->spec.path) == 0)
			return true;
	return false;
}

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
	return step->owner.kind == CGW_OWNER_NONE ? unit_setting_find_stopped(plan, step) : 0;
}

bool plan_owned(const struct step *step)
{
	return step->owner.kind == CGW_OWNER_SYSTEMD || step->owner.kind == CGW_OWNER_SYSTEMD_USER;
}

/* May this step harm an essential group? A setting may if it slows, fails or kills. */
static bool is_risky(const struct step *step)
{
	return step->kind->always_refused ||
	       (step->spec.kind == CGW_STEP_SET &&
		cgw_control_info(step->spec.control)->risk != CGW_RISK_NONE);
}

int plan_protection(struct cgw_plan *plan)
{
	return plan->protection != NULL ? 0 : protection_new(plan->layout, &plan->protection);
}

static int check_protection(struct cgw_plan *plan, struct step *step)
{
	struct cgw_diag *diag = &step->result.diag;
	enum protect_reason reason;
	int r;

	if (plan->options.protect != NULL) {
		r = plan->options.protect(plan->options.protect_context, step->spec.path,
					  step->spec.kind, diag);
		if (r < 0)
			return r;
	}
	if (!is_risky(step))
		return 0;
	r = plan_protection(plan);
	if (r < 0)
		return cgw_diag_set(diag, r,
				    "cannot determine the groups of this process and its parents: "
				    "%s",
				    strerror(-r));
	reason = protection_check(plan->protection, step->spec.path, diag);
	if (reason == PROTECT_NOTHING)
		return 0;
	/* A limit on our own group can be undone, unlike freezing or killing it. */
	if (plan->options.yes_really &&
	    (reason == PROTECT_SERVICE || !step->kind->always_refused)) {
		*diag = (struct cgw_diag){0};
		return 0;
	}
	return -EPERM;
}

static int prepare(struct cgw_plan *plan, struct step *step)
{
	int r = check_protection(plan, step);

	if (r < 0) {
		step->result.outcome = CGW_OUTCOME_REFUSED;
		return r;
	}
	/* A group that an earlier step creates is prepared once it exists. */
	if (plan_creates_group(plan, step))
		return 0;
	if (step->undoes != NULL) {
		r = undo_check(plan, step);
		if (r < 0) {
			step->result.outcome = CGW_OUTCOME_REFUSED;
			return r;
		}
	}
	r = plan_check_identity(plan, step);
	if (!step->not_running) /* undo_check() has found the owner */
		r = r < 0 ? r : plan_owner(plan, step);
	r = r < 0 ? r : step->kind->prepare(plan, step);
	step->group_id = plan_group_id(plan, step);
	if (r < 0 && step->result.outcome == CGW_OUTCOME_PENDING)
		step->result.outcome = CGW_OUTCOME_FAILED;
	return r;
}

/* A container engine is not aware of the change and may overwrite it. */
static void note_engine(struct step *step)
{
	if (step->owner.engine[0] != '\0' && !plan_owned(step) && step->result.diag.text[0] == '\0')
		(void)cgw_diag_set(&step->result.diag, 0,
				   "%s manages this group and is not aware of the change",
				   step->owner.engine);
}

static int apply(struct cgw_plan *plan, struct step *step)
{
	bool is_new = plan_creates_group(plan, step);
	int r = 0;

	if (is_new) {
		r = plan_owner(plan, step);
		r = r < 0 ? r : step->kind->prepare(plan, step);
	}
	if (r == 0 && step->result.outcome == CGW_OUTCOME_UNCHANGED)
		return 0;
	if (r == 0 && step->kind->reserve != NULL)
		r = step->kind->reserve(plan, step);
	r = r < 0 ? r : plan_journal(plan, step);
	/* Earlier steps may have taken seconds. */
	if (r == 0 && !is_new)
		r = plan_check_identity(plan, step);
	if (r == 0 && (is_new || !plan_expects_written(step)) && plan_is_replaced(plan, step))
		r = advise_group(step, -ESTALE);
	r = r < 0 ? r : step->kind->apply(plan, step);
	if (r < 0 && step->kind->release != NULL)
		step->kind->release(plan, step);
	if (r < 0) {
		if (step->result.outcome != CGW_OUTCOME_REFUSED &&
		    step->result.outcome != CGW_OUTCOME_INCONSISTENT)
			step->result.outcome = CGW_OUTCOME_FAILED;
	} else if (step->result.outcome == CGW_OUTCOME_PENDING) {
		step->result.outcome = CGW_OUTCOME_DONE;
	}
	if (r == 0)
		note_engine(step);
	plan_settle_step(plan, step, r);
	DEBUG(CGW_DEBUG_LIMIT, "%s: %s%s%s: %s%s%s", step->spec.path,
	      cgw_step_kind_name(step->spec.kind), step->spec.value != NULL ? " " : "",
	      step->spec.value != NULL ? step->spec.value : "",
	      cgw_outcome_name(step->result.outcome), r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	return r;
}

static void rollback_step(struct cgw_plan *plan, struct step *step)
{
	int r;

	if (step->result.outcome != CGW_OUTCOME_DONE &&
	    step->result.outcome != CGW_OUTCOME_ADJUSTED)
		return;
	if (step->kind->rollback == NULL) {
		(void)cgw_diag_set(&step->result.diag, 0, "done; this step cannot be rolled back");
		return;
	}
	/* The old state is not that of a group which has replaced the changed one. */
	r = plan_is_replaced(plan, step) ? 0 : step->kind->rollback(plan, step);
	step->result.outcome = r < 0 ? CGW_OUTCOME_INCONSISTENT : CGW_OUTCOME_ROLLED_BACK;
	step->result.reversible = step->result.reversible && r < 0;
	if (r < 0) {
		step->result.error = r;
		if (r != -ECANCELED) /* the step gives the reason */
			(void)cgw_diag_set(&step->result.diag, r,
					   "done, but cannot be rolled back: %s", strerror(-r));
	}
	plan_settle_step(plan, step, r);
}

/* Must `later` be written before `earlier`, so that no value ever exceeds its bound? */
static bool out_of_order(const struct step *earlier, const struct step *later)
{
	const struct control_row *low, *high;
	const struct step *bound;

	if (earlier->spec.kind != CGW_STEP_SET || later->spec.kind != CGW_STEP_SET)
		return false;
	low = control_row(earlier->spec.control);
	high = control_row(later->spec.control);
	/* Paths are compared last: those of a deep tree are long and many. */
	if (!(low->bounded && low->at_most == (int16_t)later->spec.control) &&
	    !(high->bounded && high->at_most == (int16_t)earlier->spec.control))
		return false;
	if (earlier->path_length != later->path_length ||
	    strcmp(earlier->spec.path, later->spec.path) != 0)
		return false;
	/* The bounded value comes first: correct only if the bound is lowered. */
	if (low->bounded && low->at_most == (int16_t)later->spec.control) {
		bound = later;
		return bound->has_before && setting_compare(&bound->after, &bound->before) > 0;
	}
	bound = earlier;
	return bound->has_before && setting_compare(&bound->after, &bound->before) < 0;
}

/* Moves each step before the first one that must follow it; the others keep their order. */
static void sort_steps(struct cgw_plan *plan)
{
	for (size_t i = 1; i < plan->count; i++)
		for (size_t j = 0; j < i; j++) {
			struct step moved;

			if (!out_of_order(&plan->steps[j], &plan->steps[i]))
				continue;
			moved = plan->steps[i];
			memmove(&plan->steps[j + 1], &plan->steps[j],
				(i - j) * sizeof(plan->steps[0]));
			plan->steps[j] = moved;
			break;
		}
}

/* "cannot set memory.max=2G on /a: REASON": the reason alone does not name what failed. */
static void name_failure(struct step *step, int error)
{
	static const char *const actions[] = {
		[CGW_STEP_FREEZE] = "freeze", [CGW_STEP_THAW] = "thaw",
		[CGW_STEP_KILL] = "kill",     [CGW_STEP_CREATE] = "create",
		[CGW_STEP_DELETE] = "delete",
	};
	struct cgw_diag *diag = &step->result.diag;
	char reason[sizeof(diag->text)], path[256], value[96];

	snprintf(reason, sizeof(reason), "%s",
		 diag->text[0] != '\0' ? diag->text : strerror(-error));
	cgw_escape(path, sizeof(path), step->spec.path, strlen(step->spec.path));
	if (step->undoes != NULL) {
		(void)cgw_diag_set(diag, error, "cannot undo change %llu: %s",
				   (unsigned long long)step->undoes->id, reason);
	} else if (step->spec.kind == CGW_STEP_SET) {
		cgw_escape(value, sizeof(value), step->spec.value, strlen(step->spec.value));
		(void)cgw_diag_set(diag, error, "cannot set %s=%s on %s: %s",
				   cgw_control_info(step->spec.control)->key, value, path, reason);
	} else if (step->spec.kind == CGW_STEP_MOVE) {
		(void)cgw_diag_set(diag, error, "cannot move process %d into %s: %s",
				   (int)step->spec.pid, path, reason);
	} else if (step->kind == &step_signal) {
		(void)cgw_diag_set(diag, error, "cannot signal process %d: %s", (int)step->spec.pid,
				   reason);
	} else {
		(void)cgw_diag_set(diag, error, "cannot %s %s: %s", actions[step->spec.kind], path,
				   reason);
	}
}

static int fail(struct cgw_plan *plan, size_t failed, int error)
{
	plan->failed = failed + 1;
	plan->steps[failed].result.error = error;
	name_failure(&plan->steps[failed], error);
	for (size_t i = failed; i-- > 0;)
		rollback_step(plan, &plan->steps[i]);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].result.outcome == CGW_OUTCOME_PENDING)
			plan->steps[i].result.outcome = CGW_OUTCOME_NOT_TRIED;
	return error;
}

int cgw_plan_apply(struct cgw_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		int r = prepare(plan, &plan->steps[i]);

		if (r < 0)
			return fail(plan, i, r);
	}
	sort_steps(plan);
	if (plan->options.dry_run)
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		int r = apply(plan, &plan->steps[i]);

		if (r < 0)
			return fail(plan, i, r);
	}
	return 0;
}

int step_add_created(struct step *step, size_t hierarchy, const char *path, const char *text)
{
	struct created_step *created;

	if (ARRAY_RESERVE(step->created, step->created_capacity, step->created_count + 1) < 0)
		return -ENOMEM;
	created = &step->created[step->created_count];
	*created = (struct created_step){.hierarchy = hierarchy, .path = strdup(path)};
	if (created->path == NULL)
		return -ENOMEM;
	snprintf(created->text, sizeof(created->text), "%s", text);
	step->created_count++;
	return 0;
}

void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *path, const char *file, const char *text)
{
	const struct cgw_hierarchy *where = &layout->hierarchies[hierarchy];
	static const char more[] = "; ...";
	char *how = step->result.how, escaped[256], shown[VALUE_MAX];
	size_t used = strlen(how), room = sizeof(step->result.how) - sizeof(more);
	int length;

	if (used >= room || (used > 3 && strcmp(how + used - 3, "...") == 0))
		return;
	cgw_escape(escaped, sizeof(escaped), path, strlen(path));
	cgw_escape(shown, sizeof(shown), text, strlen(text));
	length = snprintf(how + used, room - used, "%swrite '%s' to %s%s/%s", used > 0 ? "; " : "",
			  shown, where->mountpoint, strcmp(path, "/") == 0 ? "" : escaped, file);
	/* Half of a path would be another file. */
	if (length < 0 || (size_t)length >= room - used)
		memcpy(how + used, more, sizeof(more));
}
