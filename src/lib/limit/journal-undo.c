/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-undo.c - undo of a change in the journal, unless the value has been changed since. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/limit/members.h"
#include "lib/limit/unit-setting.h"

/* The kind of step that undoes a step which cannot be undone, for reports. */
static int add_step(struct cgw_plan *plan, const struct cgw_change *change, struct cgw_diag *diag)
{
	struct cgw_step step = {0};
	int r;

	if (!undo_inverse(change, &step) && step.kind == CGW_STEP_SET && step.value == NULL)
		return cgw_diag_set(diag, -EOPNOTSUPP,
				    "cannot undo change %llu: this version has no control %s",
				    (unsigned long long)change->id, change->key);
	if (step.kind == CGW_STEP_SET && step.value[0] == '\0')
		step.value = change->new_value;
	if (step.kind == CGW_STEP_MOVE && step.pid < 1)
		step.kind = CGW_STEP_DELETE; /* of an older version: refused, see undo_check() */
	r = cgw_plan_add(plan, &step, diag);
	if (r == 0)
		plan->steps[plan->count - 1].undoes = change;
	return r;
}

/* Was the group created by the same action, so that undoing that deletes the value as well? */
static bool is_deleted_too(const struct cgw_plan *plan, const struct cgw_change *change)
{
	for (const struct cgw_change *other = plan->changes; other < change; other++) {
		if (other->transaction != change->transaction || other->undone ||
		    other->kind != CGW_STEP_CREATE || change->kind != CGW_STEP_SET ||
		    strcmp(other->path, change->path) != 0)
			continue;
		for (size_t i = 0; i < other->place_count; i++)
			if (strcmp(other->places[i].hierarchy, change->hierarchy) == 0)
				return true;
	}
	return false;
}

/* What was skipped in the search for something to undo. */
struct skipped {
	void (*call)(void *context, const struct cgw_change *change, const char *reason);
	void *context;
	uint64_t id; /* the newest change that could be undone, were its group or process there */
	int error;
	struct cgw_diag diag;
};

static int skip(struct skipped *skipped, const struct cgw_change *change, int error,
		const struct cgw_diag *reason)
{
	if (skipped->call != NULL)
		skipped->call(skipped->context, change, reason->text);
	if (skipped->id == 0 && error != -EOPNOTSUPP) {
		skipped->id = change->id;
		skipped->error = error;
		skipped->diag = *reason;
	}
	return 0;
}

/* Adds what can be undone of an action, last change first; returns whether there was any. */
static int add_transaction(struct cgw_plan *plan, uint64_t transaction, struct skipped *skipped,
			   struct cgw_diag *diag)
{
	int r = 0;

	for (size_t i = plan->change_count; i-- > 0 && r == 0;) {
		const struct cgw_change *change = &plan->changes[i];
		struct step step = {.undoes = change};

		if (change->transaction != transaction || change->undone || change->undoes != 0 ||
		    is_deleted_too(plan, change))
			continue;
		plan->undo_forced = true; /* a conflict is reported when the plan is applied */
		r = undo_check(plan, &step);
		if (r == 0)
			r = add_step(plan, change, diag);
		else if (r == -ENOENT || r == -ESTALE || r == -ESRCH || r == -EOPNOTSUPP)
			r = skip(skipped, change, r, &step.result.diag);
		else
			*diag = step.result.diag;
	}
	return r;
}

static int compare_newest(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first < second) - (first > second);
}

/* The changes of an action may be interleaved with those of others. */
static int add_last(struct cgw_plan *plan, struct skipped *skipped, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free)
	uint64_t *transactions = calloc(plan->change_count + 1, sizeof(*transactions));
	int r = transactions == NULL ? -ENOMEM : 0;

	for (size_t i = 0; r == 0 && i < plan->change_count; i++)
		transactions[i] = plan->changes[i].transaction;
	if (r == 0)
		qsort(transactions, plan->change_count, sizeof(*transactions), compare_newest);
	for (size_t i = 0; r == 0 && i < plan->change_count; i++) {
		if (i > 0 && transactions[i] == transactions[i - 1])
			continue;
		r = add_transaction(plan, transactions[i], skipped, diag);
		if (plan->count > 0)
			return r;
	}
	/* The caller has not got the reasons one by one. */
	if (r == 0 && skipped->call == NULL && skipped->id != 0)
		return cgw_diag_set(diag, skipped->error, "cannot undo change %llu: %s",
				    (unsigned long long)skipped->id, skipped->diag.text);
	return r < 0 ? r
		     : cgw_diag_set(diag, -ENOENT,
				    "cannot undo: the journal contains no change that can be "
				    "undone");
}

static const struct cgw_change *find_change(const struct cgw_plan *plan, uint64_t id)
{
	for (size_t i = plan->change_count; i-- > 0;)
		if (plan->changes[i].id == id)
			return &plan->changes[i];
	return NULL;
}

int cgw_plan_add_undo(struct cgw_plan *plan, uint64_t change_id, enum cgw_undo_scope scope,
		      void (*skipped)(void *context, const struct cgw_change *change,
				      const char *reason),
		      void *context, struct cgw_diag *diag)
{
	struct skipped callback = {.call = skipped, .context = context};
	const struct cgw_change *change;
	bool forced = plan->options.force;
	int r = plan->count > 0 ? -EINVAL : journal_check_directory(plan->options.journal, diag);

	r = r < 0 ? r
		  : journal_load(plan->options.journal, &plan->changes, &plan->change_count, diag);
	if (r < 0)
		return r;
	change = change_id != 0 ? find_change(plan, change_id) : NULL;
	if (change_id == 0)
		r = add_last(plan, &callback, diag);
	else if (change == NULL)
		r = cgw_diag_set(diag, -ENOENT, "cannot undo change %llu: no such change",
				 (unsigned long long)change_id);
	else if (scope == CGW_UNDO_TRANSACTION)
		r = add_transaction(plan, change->transaction, &callback, diag);
	/* Nothing else of the action can be undone: the reason is that of the change itself. */
	if (r == 0 && plan->count == 0 && change != NULL)
		r = add_step(plan, change, diag);
	plan->undo_forced = forced;
	/* The old value was valid before: do not guard it. */
	plan->options.force = true;
	return r;
}

int cgw_journal_undo(const struct cgw_layout *layout, const struct cgw_limit_options *options,
		     uint64_t change_id, struct cgw_result *ret_result)
{
	struct cgw_plan *plan = NULL;
	int r;

	*ret_result = (struct cgw_result){0};
	r = cgw_plan_new(layout, options, &plan);
	if (r == 0)
		r = cgw_plan_add_undo(plan, change_id, CGW_UNDO_CHANGE, NULL, NULL,
				      &ret_result->diag);
	if (r == 0) {
		r = cgw_plan_apply(plan);
		*ret_result =
			plan->failed > 0 ? *cgw_plan_failure(plan) : *cgw_plan_result(plan, 0);
	} else {
		ret_result->outcome = CGW_OUTCOME_REFUSED;
		ret_result->error = r;
	}
	cgw_plan_free(plan);
	return r;
}
