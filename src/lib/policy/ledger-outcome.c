/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ledger-outcome.c - results of writes, changes by other processes, and [limit] values. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/policy/engine.h"

#define RETRY_MAX_NS (600 * NS_PER_S)
#define WARN_NS      (10 * NS_PER_S) /* a group that is being created has its files sooner */
#define TRIES_MAX    10              /* tries in a row of a file that no frame shows */

static void replace(char **text, const char *with)
{
	char *copy = with != NULL ? strdup(with) : NULL;

	free(*text);
	*text = copy;
}

/* Exponential backoff from 5 seconds to 10 minutes. */
static uint64_t doubled_ns(unsigned times)
{
	uint64_t wait_ns = 5 * NS_PER_S << (times < 7 ? times : 7);

	return wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS;
}

static void back_off(const struct cgw_engine *engine, struct slot *slot)
{
	slot->retry_ns = engine->now_ns + doubled_ns(slot->failures++);
}

static void drop_claims_of(const struct cgw_engine *engine, struct slot *slot, const char *value,
			   bool limits_too)
{
	for (size_t i = slot->count; i-- > 0;)
		if (strcmp(slot->claims[i].value, value) == 0 &&
		    (limits_too || slot->claims[i].instance != NONE))
			slot_drop_claim(engine, slot, i, "the kernel does not accept the value");
}

static void on_written(struct slot *slot, const struct cgw_action *action,
		       const struct cgw_action_result *result)
{
	if (slot->original == NULL)
		replace(&slot->original, result->old_value);
	replace(&slot->rule, action->rule);
	replace(&slot->written, action->value);
	replace(&slot->kept, result->accepted_value);
	if (result->group_id != 0) {
		slot->group_id = result->group_id;
		slot->hierarchy = (uint32_t)result->hierarchy;
	}
	slot->seen = (struct cgw_number){0, CGW_WARMUP};
	slot->failures = slot->tries = 0;
	slot->retry_ns = slot->waiting_ns = 0;
}

static void on_absent(struct cgw_engine *engine, struct slot *slot)
{
	slot_wait(engine, slot);
	if (++slot->tries >= TRIES_MAX)
		slot->retry_ns = engine->now_ns + WARN_NS;
}

static void on_write_failed(struct cgw_engine *engine, struct slot *slot,
			    const struct cgw_action *action, int error)
{
	slot->waiting_ns = 0;
	/* Another process decides about the value: left to it. */
	if (error == -ESTALE && slot->written == NULL) {
		slot_free(engine, slot);
		return;
	}
	/* An unsupported control is not retried; rules continue without it. */
	drop_claims_of(engine, slot, action->value, error == -EOPNOTSUPP || error == -EINVAL);
	back_off(engine, slot);
	if (slot->count == 0 && slot->written == NULL)
		slot_free(engine, slot);
}

static void on_restored(struct cgw_engine *engine, struct slot *slot)
{
	if (slot->count == 0) {
		slot_free(engine, slot);
		return;
	}
	replace(&slot->original, NULL);
	replace(&slot->written, NULL);
	replace(&slot->kept, NULL);
}

void ledger_on_result(struct cgw_engine *engine, struct slot *slot, const struct cgw_action *action,
		      const struct cgw_action_result *result)
{
	if (!slot->used)
		return;
	if (action->kind == CGW_ACTION_LIMIT) {
		if (result->error == 0)
			on_written(slot, action, result);
		else if (result->outcome == CGW_OUTCOME_NOT_TRIED)
			on_absent(engine, slot);
		else
			on_write_failed(engine, slot, action, result->error);
		return;
	}
	/* -ESTALE: the value was changed or the group recreated: nothing to restore. */
	if (result->error == 0 || result->error == -ESTALE || cgw_error_is_gone(result->error))
		on_restored(engine, slot);
	else
		back_off(engine, slot);
}

static void yield_slot(struct cgw_engine *engine, struct slot *slot)
{
	struct cgw_action action = {
		.kind = CGW_ACTION_YIELD,
		.section = NONE,
		.rule = engine_copy_text(engine, "cgward"),
		.path = engine_copy_text(engine, slot->path),
		.group_id = slot->group_id,
		.hierarchy = slot->hierarchy,
		.control = slot->control,
		.instance = engine_copy_text(engine, slot->device),
		.dry_run = slot->dry_run,
	};
	struct claim *claims = slot->claims;
	size_t count = slot->count;
	char reason[256];

	snprintf(reason, sizeof(reason),
		 "conflict: another process changed %s (set to %s here); leaving it alone",
		 cgw_control_info(slot->control)->key, slot->written);
	action.reason = engine_copy_text(engine, reason);
	engine_emit(engine, action, NONE, NONE);
	/* Free the slot first, so that rules release only their other values. */
	slot->claims = NULL;
	slot->count = 0;
	slot_free(engine, slot);
	for (size_t i = 0; i < count; i++) {
		if (claims[i].instance != NONE)
			instance_yield(engine, &engine->instances[claims[i].instance], reason);
		free(claims[i].value);
	}
	free(claims);
}

/* Whether the first sample after the write shows the kernel's value, apart from rounding. */
static bool matches_kept(const struct slot *slot, struct cgw_number now)
{
	const struct cgw_control_info *info = cgw_control_info(slot->control);
	double rank;

	if (cgw_metric_info((enum cgw_metric)info->metric)->kind != CGW_LIMIT ||
	    slot->kept == NULL || !value_rank(slot->control, slot->kept, NULL, &rank))
		return true; /* nothing to compare with */
	if (isinf(rank) || now.state == CGW_MAX)
		return isinf(rank) && now.state == CGW_MAX;
	return fabs(rank - (double)now.value) <= rank / 100 + 1;
}

static void watch_slot(struct cgw_engine *engine, struct slot *slot)
{
	const struct cgw_control_info *info = cgw_control_info(slot->control);
	struct cgw_number now;

	if (slot->dry_run || slot->written == NULL || info->metric < 0 || info->instances ||
	    info->unit == CGW_UNIT_TEXT)
		return;
	now = cgw_snapshot_number(cgw_frame_now(engine->frame), (enum cgw_metric)info->metric,
				  slot->group);
	if (now.state != CGW_OK && now.state != CGW_MAX)
		return;
	if (slot->seen.state == CGW_WARMUP && matches_kept(slot, now))
		slot->seen = now;
	if (slot->seen.state == now.state &&
	    (now.state == CGW_MAX || slot->seen.value == now.value))
		return;
	if (!slot_is_reasserted(engine, slot)) {
		yield_slot(engine, slot);
		return;
	}
	if (engine->now_ns < slot->reassert_ns)
		return;
	slot->reassert_ns = engine->now_ns + doubled_ns(slot->conflicts++);
	/* The value of the other process is the new original. */
	replace(&slot->original, NULL);
	replace(&slot->written, NULL);
	replace(&slot->kept, NULL);
	slot_settle(engine, slot, "changed by another process");
}

/* Once per value: the group may be meant to have it, or the policy to select other groups. */
static void warn_waiting(struct cgw_engine *engine, struct slot *slot)
{
	struct cgw_action action = {.kind = CGW_ACTION_LOG,
				    .section = NONE,
				    .group_id = slot->group_id,
				    .hierarchy = slot->hierarchy,
				    .control = slot->control};
	const struct section *section = NULL;
	char reason[160];

	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].section != NONE)
			section = engine->policy->sections[slot->claims[i].section];
	slot->warned = true;
	if (section == NULL ||
	    (section->kind == CGW_SECTION_LIMIT && section->on_missing == ON_MISSING_IGNORE))
		return;
	snprintf(reason, sizeof(reason),
		 "waiting: the group does not have %s; set as soon as it does",
		 cgw_control_info(slot->control)->key);
	action.rule = engine_copy_text(engine, section->name);
	action.path = engine_copy_text(engine, slot->path);
	action.reason = engine_copy_text(engine, reason);
	engine_emit(engine, action, NONE, NONE);
}

/* Retries failed writes and restores, and values whose file did not exist. */
static void retry_slot(struct cgw_engine *engine, struct slot *slot)
{
	if (slot->action != NO_ACTION || engine->now_ns < slot->retry_ns)
		return;
	if (slot->waiting_ns != 0 && !slot->warned && engine->now_ns - slot->waiting_ns >= WARN_NS)
		warn_waiting(engine, slot);
	if (slot->waiting_ns != 0 || slot->failures > 0)
		slot_settle(engine, slot,
			    slot->waiting_ns != 0 ? "the file exists now" : "retried");
}

void ledger_check_slots(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->slot_count; i++) {
		struct slot *slot = &engine->slots[i];

		if (slot->used)
			watch_slot(engine, slot);
		if (slot->used)
			retry_slot(engine, slot);
	}
}

static void log_protected(struct cgw_engine *engine, uint32_t section, uint32_t group,
			  const char *why)
{
	struct section_state *state = &engine->sections[section];
	struct cgw_action action = {
		.kind = CGW_ACTION_LOG, .section = section, .control = CGW_CONTROL_NONE};
	CLEANUP(cleanup_free) char *path = NULL;
	char reason[700];

	if (state->logged_ns != 0 && engine->now_ns - state->logged_ns < 3600 * NS_PER_S)
		return; /* at most one message per hour */
	state->logged_ns = engine->now_ns;
	path = engine_path(engine, group);
	if (path == NULL)
		return;
	snprintf(reason, sizeof(reason), "refused: %s", why);
	action.rule = engine_copy_text(engine, engine->policy->sections[section]->name);
	action.path = engine_copy_text(engine, path);
	action.reason = engine_copy_text(engine, reason);
	engine_emit(engine, action, NONE, NONE);
}

static void apply_section(struct cgw_engine *engine, uint32_t index, uint32_t group)
{
	const struct section *section = engine->policy->sections[index];
	struct cgw_diag diag = {0};
	char reason[128];

	snprintf(reason, sizeof(reason), "set by [limit %s]", section->name);
	for (size_t i = 0; i < section->set_count; i++) {
		const struct assignment *set = &section->sets[i];
		struct slot *slot;

		if (cgw_policy_check_protected(engine->policy, engine->frame, engine->facts, group,
					       set->control, &diag) < 0) {
			log_protected(engine, index, group, diag.text);
			continue;
		}
		slot = slot_get(engine, group, set->control, set->value,
				engine->policy->settings.mode == CGW_MODE_DRY_RUN);
		if (slot != NULL && slot_claim(engine, slot, index, NONE, set->value))
			slot_settle(engine, slot, reason);
	}
}

void engine_apply_limits(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->policy->count; i++) {
		if (engine->policy->sections[i]->kind != CGW_SECTION_LIMIT)
			continue;
		for (uint32_t group = 0; group < engine->group_count; group++)
			if (engine->sections[i].rows[group] == ROW_SELECTED) {
				apply_section(engine, i, group);
				engine->sections[i].rows[group] = ROW_FIRST;
			}
	}
}
