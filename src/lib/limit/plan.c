/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan.c - the steps of a plan: what is to be done, and the results. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
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
	if (spec->kind == CGW_STEP_SET && (unsigned)spec->control >= cgw_control_count())
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
