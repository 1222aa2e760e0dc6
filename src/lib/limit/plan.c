/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan.c - steps, all done or none.
 *
 * First every step is prepared, so that what can be refused is refused before anything is changed.
 * Then they are applied in an order in which no control exceeds another on the way; when one fails,
 * those before it are taken back, newest first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/plan.h"

static const struct step_kind *const step_kinds[] = {
	[CGW_STEP_SET] = &step_set,       [CGW_STEP_FREEZE] = &step_freeze,
	[CGW_STEP_THAW] = &step_thaw,     [CGW_STEP_KILL] = &step_kill,
	[CGW_STEP_CREATE] = &step_create, [CGW_STEP_DELETE] = &step_delete,
	[CGW_STEP_MOVE] = &step_move,
};

static char *copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

int cgw_plan_new(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		 struct cgw_plan **ret_plan)
{
	struct cgw_plan *plan = calloc(1, sizeof(*plan));

	if (plan == NULL)
		return -ENOMEM;
	plan->layout = layout;
	if (options != NULL)
		plan->options = *options;
	plan->options.journal = copy(plan->options.journal);
	plan->options.who = copy(plan->options.who != NULL ? plan->options.who : "cgward");
	plan->options.why = copy(plan->options.why != NULL ? plan->options.why : "");
	if (plan->options.who == NULL || plan->options.why == NULL) {
		cgw_plan_free(plan);
		return -ENOMEM;
	}
	*ret_plan = plan;
	return 0;
}

static void free_string(const char *text)
{
	free((void *)(uintptr_t)text);
}

static void step_done(struct step *step)
{
	free_string(step->ask.path);
	free_string(step->ask.value);
	cgw_membership_done(&step->was_in);
	for (size_t i = 0; i < step->made_count; i++)
		free(step->made[i].path);
	free(step->made);
}

struct cgw_plan *cgw_plan_free(struct cgw_plan *plan)
{
	if (plan == NULL)
		return NULL;
	for (size_t i = 0; i < plan->count; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	systemd_close(plan->systemd);
	journal_close(plan->journal);
	protection_free(plan->protection);
	free_string(plan->options.journal);
	free_string(plan->options.who);
	free_string(plan->options.why);
	free(plan);
	return NULL;
}

static int add_step(struct cgw_plan *plan, const struct cgw_step *ask, const struct request *wish)
{
	struct step *step;

	if (plan->count == plan->size) {
		size_t size = plan->size == 0 ? 8 : 2 * plan->size;
		struct step *larger = reallocarray(plan->steps, size, sizeof(*larger));

		if (larger == NULL)
			return -ENOMEM;
		plan->steps = larger;
		plan->size = size;
	}
	step = &plan->steps[plan->count];
	*step = (struct step){.ask = *ask, .kind = step_kinds[ask->kind]};
	if (wish != NULL)
		step->wish = *wish;
	step->ask.path = strdup(ask->path);
	step->ask.value = copy(ask->value);
	if (step->ask.path == NULL || (ask->value != NULL && step->ask.value == NULL)) {
		step_done(step);
		return -ENOMEM;
	}
	plan->count++;
	return 0;
}

static int add_set(struct cgw_plan *plan, const struct cgw_step *ask, struct cgw_diag *diag)
{
	struct request wish;
	int r;

	r = request_parse(control_row(ask->control), ask->value, &wish, diag);
	return r < 0 ? r : add_step(plan, ask, &wish);
}

/* "DEVICE key=value key=value": each is the control KEY.key of that device. */
static int add_family(struct cgw_plan *plan, const struct cgw_step *ask, struct cgw_diag *diag)
{
	const struct control_row *row = control_row(ask->control);
	CLEANUP(cleanup_free) char *words = strdup(ask->value);
	char *rest = NULL, *instance, *word;
	size_t before = plan->count;

	if (words == NULL)
		return -ENOMEM;
	instance = strtok_r(words, " \t", &rest);
	while (instance != NULL && (word = strtok_r(NULL, " \t", &rest)) != NULL) {
		CLEANUP(cleanup_free) char *assignment = NULL, *value = NULL;
		struct cgw_step part = *ask;
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
	return cgw_diag_set(diag, -EINVAL, "%s wants %s", row->info.key, row->info.syntax);
}

int cgw_plan_add(struct cgw_plan *plan, const struct cgw_step *ask, struct cgw_diag *diag)
{
	size_t before = plan->count;
	int r;

	if (ask->path == NULL || ask->path[0] != '/')
		return cgw_diag_set(diag, -EINVAL, "the path of a group starts with \"/\"");
	if (ask->kind == CGW_STEP_MOVE && ask->pid < 1)
		return cgw_diag_set(diag, -EINVAL, "there is no process %d", (int)ask->pid);
	if (ask->kind == CGW_STEP_KILL && (ask->signal < 0 || ask->signal > 64))
		return cgw_diag_set(diag, -EINVAL, "there is no signal %d", ask->signal);
	if (ask->kind != CGW_STEP_SET)
		return add_step(plan, ask, NULL);
	if (ask->value == NULL)
		return cgw_diag_set(diag, -EINVAL, "%s wants a value",
				    cgw_control_info(ask->control)->key);
	if (control_row(ask->control)->form != FORM_FAMILY)
		return add_set(plan, ask, diag);
	r = add_family(plan, ask, diag);
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
	return i < plan->count ? &plan->steps[i].ask : NULL;
}

const struct cgw_result *cgw_plan_result(const struct cgw_plan *plan, size_t i)
{
	return i < plan->count ? &plan->steps[i].result : NULL;
}

const struct cgw_result *cgw_plan_failure(const struct cgw_plan *plan)
{
	return plan->failed > 0 ? &plan->steps[plan->failed - 1].result : NULL;
}

bool plan_makes(const struct cgw_plan *plan, const struct step *step)
{
	for (const struct step *other = plan->steps; other < step; other++)
		if (other->ask.kind == CGW_STEP_CREATE &&
		    strcmp(other->ask.path, step->ask.path) == 0)
			return true;
	return false;
}

int plan_owner(struct cgw_plan *plan, struct step *step)
{
	int r;

	step->owner = (struct cgw_owner){.kind = CGW_OWNER_NONE};
	if (plan->options.backend == CGW_BACKEND_DIRECT)
		return 0;
	if (!plan->systemd_tried) {
		plan->systemd_tried = true;
		r = systemd_open(&plan->systemd);
		if (r < 0 && r != -EHOSTDOWN && r != -EOPNOTSUPP)
			return cgw_diag_set(&step->result.diag, r, "cannot reach systemd: %s",
					    strerror(-r));
	}
	if (plan->systemd == NULL && plan->options.backend == CGW_BACKEND_SYSTEMD)
		return cgw_diag_set(&step->result.diag, -EHOSTDOWN,
				    "systemd does not run here; leave the backend to cgward");
	if (plan->systemd == NULL)
		return 0;
	return systemd_owner(plan->systemd, plan->layout, step->ask.path, &step->owner,
			     &step->result.diag);
}

bool plan_owned(const struct step *step)
{
	return step->owner.kind == CGW_OWNER_SYSTEMD || step->owner.kind == CGW_OWNER_SYSTEMD_USER;
}

/* May this step harm what must live? Settings may when they slow, fail or kill. */
static bool harms(const struct step *step)
{
	return step->kind->harms_all ||
	       (step->ask.kind == CGW_STEP_SET &&
		cgw_control_info(step->ask.control)->risk != CGW_RISK_NONE);
}

static int check_protection(struct cgw_plan *plan, struct step *step)
{
	struct cgw_diag *diag = &step->result.diag;
	enum protect_reason reason;
	int r;

	if (plan->options.protect != NULL) {
		r = plan->options.protect(plan->options.protect_context, step->ask.path,
					  step->ask.kind, diag);
		if (r < 0)
			return r;
	}
	if (!harms(step))
		return 0;
	if (plan->protection == NULL) {
		r = protection_new(plan->layout, &plan->protection);
		if (r < 0)
			return r;
	}
	reason = protection_check(plan->protection, step->ask.path, diag);
	if (reason == PROTECT_NOTHING)
		return 0;
	/* A limit on our own group slows or stops us, and can be taken back; being frozen cannot. */
	if (plan->options.yes_really && (reason == PROTECT_SERVICE || !step->kind->harms_all)) {
		*diag = (struct cgw_diag){0};
		return 0;
	}
	return -EPERM;
}

/* The group is still the one that was meant. */
static int check_identity(struct cgw_plan *plan, struct step *step)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r;

	if (step->ask.expected_id == 0)
		return 0;
	r = target_open(plan->layout, step->ask.expected_hierarchy, step->ask.path, &target);
	if (r < 0)
		return advise_group(plan, step, r, "look at");
	if (target.id == step->ask.expected_id)
		return 0;
	return cgw_diag_set(&step->result.diag, -ESTALE,
			    "another group stands under that name now (the one that was meant is "
			    "gone)");
}

static int prepare(struct cgw_plan *plan, struct step *step)
{
	int r = check_protection(plan, step);

	if (r < 0) {
		step->result.outcome = CGW_OUTCOME_REFUSED;
		return r;
	}
	/* What an earlier step makes is looked at when it is there. */
	if (plan_makes(plan, step))
		return 0;
	r = check_identity(plan, step);
	r = r < 0 ? r : plan_owner(plan, step);
	r = r < 0 ? r : step->kind->prepare(plan, step);
	if (r < 0 && step->result.outcome == CGW_OUTCOME_PENDING)
		step->result.outcome = CGW_OUTCOME_FAILED;
	return r;
}

int plan_journal_other(struct cgw_plan *plan, const struct cgw_change *change, uint64_t *ret_id)
{
	struct cgw_change stamped = *change;
	int r;

	stamped.realtime_ns = clock_ns(CLOCK_REALTIME);
	stamped.pid = getpid();
	stamped.uid = getuid();
	stamped.undoes = plan->undoes;
	(void)snprintf(stamped.who, sizeof(stamped.who), "%s", plan->options.who);
	(void)snprintf(stamped.why, sizeof(stamped.why), "%s", plan->options.why);
	if (plan->journal == NULL) {
		r = journal_open(plan->options.journal, &plan->journal, NULL);
		if (r < 0)
			return plan->options.no_undo ? 0 : r;
	}
	r = journal_intend(plan->journal, &stamped, ret_id);
	return r < 0 && plan->options.no_undo ? 0 : r;
}

int plan_journal(struct cgw_plan *plan, struct step *step)
{
	struct cgw_change change = {
		.kind = step->ask.kind,
		.path = step->ask.path,
	};
	CLEANUP(target_close) struct target target = TARGET_NONE;
	struct journal *journal;
	int r;

	if (step->ask.kind == CGW_STEP_SET)
		(void)snprintf(change.key, sizeof(change.key), "%s",
			       cgw_control_info(step->ask.control)->key);
	memcpy(change.old_value, step->result.old_value, sizeof(change.old_value));
	memcpy(change.new_value, step->result.new_value, sizeof(change.new_value));
	if (target_open(plan->layout, step->hierarchy, step->ask.path, &target) == 0)
		change.group_id = target.id;
	(void)snprintf(change.hierarchy, sizeof(change.hierarchy), "%s",
		       plan->layout->hierarchies[step->hierarchy].label);
	r = plan_journal_other(plan, &change, &step->result.change_id);
	if (r == 0)
		return 0;
	/* Opened once more for the reason alone. */
	if (plan->journal == NULL &&
	    journal_open(plan->options.journal, &journal, &step->result.diag) == 0)
		journal_close(journal);
	else if (plan->journal != NULL)
		(void)cgw_diag_set(&step->result.diag, r, "cannot write the journal of changes: %s",
				   strerror(-r));
	return r;
}

static void settle(struct cgw_plan *plan, const struct step *step)
{
	/* The change is done, or not, whatever becomes of this line: an open intent says so. */
	if (plan->journal != NULL && step->result.change_id != 0)
		(void)journal_settle(plan->journal, step->result.change_id, step->result.outcome,
				     step->result.new_value);
}

/* What an engine manages it may set again: it was not asked. */
static void note_engine(struct step *step)
{
	if (step->owner.engine[0] != '\0' && !plan_owned(step) && step->result.diag.text[0] == '\0')
		(void)cgw_diag_set(&step->result.diag, 0,
				   "%s manages this group and does not know of the change",
				   step->owner.engine);
}

static int apply(struct cgw_plan *plan, struct step *step)
{
	int r = 0;

	if (plan_makes(plan, step)) {
		r = plan_owner(plan, step);
		r = r < 0 ? r : step->kind->prepare(plan, step);
	}
	if (r == 0 && step->result.outcome == CGW_OUTCOME_UNCHANGED)
		return 0;
	r = r < 0 ? r : plan_journal(plan, step);
	r = r < 0 ? r : step->kind->apply(plan, step);
	if (r < 0) {
		if (step->result.outcome != CGW_OUTCOME_REFUSED &&
		    step->result.outcome != CGW_OUTCOME_INCONSISTENT)
			step->result.outcome = CGW_OUTCOME_FAILED;
	} else if (step->result.outcome == CGW_OUTCOME_PENDING) {
		step->result.outcome = CGW_OUTCOME_DONE;
	}
	if (r == 0)
		note_engine(step);
	settle(plan, step);
	return r;
}

static void take_back(struct cgw_plan *plan, struct step *step)
{
	int r;

	if (step->result.outcome != CGW_OUTCOME_DONE &&
	    step->result.outcome != CGW_OUTCOME_ADJUSTED)
		return;
	if (step->kind->take_back == NULL) {
		(void)cgw_diag_set(&step->result.diag, 0, "done, and there is no way back from it");
		return;
	}
	r = step->kind->take_back(plan, step);
	step->result.outcome = r < 0 ? CGW_OUTCOME_INCONSISTENT : CGW_OUTCOME_ROLLED_BACK;
	if (r < 0) {
		step->result.error = r;
		(void)cgw_diag_set(&step->result.diag, r,
				   "done, and it could not be taken back: %s", strerror(-r));
	}
	settle(plan, step);
}

/* Must `later` be written before `earlier`, so that what is bounded never exceeds its bound? */
static bool out_of_order(const struct step *earlier, const struct step *later)
{
	const struct control_row *low, *high;
	const struct step *bound;

	if (earlier->ask.kind != CGW_STEP_SET || later->ask.kind != CGW_STEP_SET ||
	    strcmp(earlier->ask.path, later->ask.path) != 0)
		return false;
	low = control_row(earlier->ask.control);
	high = control_row(later->ask.control);
	/* The bounded one stands first: right when the bound comes down, wrong when it goes up. */
	if (low->bounded && low->at_most == (int16_t)later->ask.control) {
		bound = later;
		return bound->has_before && setting_compare(&bound->wanted, &bound->before) > 0;
	}
	if (high->bounded && high->at_most == (int16_t)earlier->ask.control) {
		bound = earlier;
		return bound->has_before && setting_compare(&bound->wanted, &bound->before) < 0;
	}
	return false;
}

/* Few steps: each is moved before the first one that must come after it, the others keep their order. */
static void put_in_order(struct cgw_plan *plan)
{
	for (size_t i = 1; i < plan->count; i++)
		for (size_t j = 0; j < i; j++) {
			struct step moved = plan->steps[i];

			if (!out_of_order(&plan->steps[j], &moved))
				continue;
			memmove(&plan->steps[j + 1], &plan->steps[j],
				(i - j) * sizeof(plan->steps[0]));
			plan->steps[j] = moved;
			break;
		}
}

static int fail(struct cgw_plan *plan, size_t failed, int error)
{
	struct cgw_result *result = &plan->steps[failed].result;

	plan->failed = failed + 1;
	result->error = error;
	if (result->diag.text[0] == '\0')
		(void)cgw_diag_set(&result->diag, error, "%s", strerror(-error));
	for (size_t i = failed; i-- > 0;)
		take_back(plan, &plan->steps[i]);
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
	put_in_order(plan);
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
	struct created_step *larger =
		reallocarray(step->made, step->made_count + 1, sizeof(*step->made));
	struct created_step *made;

	if (larger == NULL)
		return -ENOMEM;
	step->made = larger;
	made = &larger[step->made_count];
	*made = (struct created_step){.hierarchy = hierarchy, .path = strdup(path)};
	if (made->path == NULL)
		return -ENOMEM;
	(void)snprintf(made->text, sizeof(made->text), "%s", text);
	step->made_count++;
	return 0;
}

void step_describe_write(struct step *step, const struct cgw_layout *layout, size_t hierarchy,
			 const char *file, const char *text)
{
	const struct cgw_hierarchy *where = &layout->hierarchies[hierarchy];
	char *how = step->result.how, path[256], shown[VALUE_MAX];
	size_t used = strlen(how);

	cgw_escape(path, sizeof(path), step->ask.path, strlen(step->ask.path));
	cgw_escape(shown, sizeof(shown), text, strlen(text));
	(void)snprintf(how + used, sizeof(step->result.how) - used, "%swrite \"%s\" to %s%s%s%s",
		       used > 0 ? "; " : "", shown, where->mountpoint,
		       strcmp(path, "/") == 0 ? "" : path, file[0] != '\0' ? "/" : "", file);
}
