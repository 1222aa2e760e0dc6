/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ledger.c - the values claimed for each control, and the original values.
 *
 * A value that is already set is not written again. Releasing the last claim restores the original
 * value, unless another process has changed it since: then it is left alone.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/debug-message.h"
#include "lib/limit/systemd-path.h"
#include "lib/policy/engine.h"

/* Values may start with a device, page size or resource; each has its own slot. */
static size_t device_length(enum cgw_control control, const char *value)
{
	return cgw_control_info(control)->instances ? strcspn(value, " ") : 0;
}

static struct slot *slot_find(struct cgw_engine *engine, uint32_t group, enum cgw_control control,
			      const char *value, bool dry_run)
{
	size_t length = device_length(control, value);

	for (uint32_t i = engine->first_slot[group]; i != NONE; i = engine->slots[i].next) {
		struct slot *slot = &engine->slots[i];

		if (slot->control == control && slot->dry_run == dry_run &&
		    strlen(slot->device) == length && strncmp(slot->device, value, length) == 0)
			return slot;
	}
	return NULL;
}

static struct slot *alloc_slot(struct cgw_engine *engine)
{
	uint32_t i = engine->slot_free;

	if (i != NONE) {
		engine->slot_free = engine->slots[i].next;
		return &engine->slots[i];
	}
	if (ARRAY_RESERVE(engine->slots, engine->slot_capacity, engine->slot_count + 1) < 0)
		return NULL;
	return &engine->slots[engine->slot_count++];
}

bool engine_lacks_file(const struct cgw_engine *engine, enum cgw_metric metric, uint32_t group)
{
	const struct cgw_snapshot *now = cgw_frame_now(engine->frame);
	uint8_t shape = cgw_metric_info(metric)->shape;

	/* An empty text or list looks like a missing file. */
	return shape != CGW_STRING && shape != CGW_INSTANCES &&
	       cgw_metric_set_has(cgw_snapshot_metrics(now), metric) &&
	       cgw_snapshot_number(now, metric, group).state == CGW_ABSENT;
}

static uint32_t first_hierarchy(const struct cgw_topology *topology, uint32_t group)
{
	for (uint32_t h = 0; h < topology->hierarchy_count; h++)
		if (topology->id[h][group] != 0)
			return h;
	return 0;
}

/*
 * Finds the hierarchy of the slot's control: the group is identified by its inode there. Returns
 * false if the group is not in that hierarchy yet, or does not have the file yet.
 */
static bool locate(const struct cgw_engine *engine, struct slot *slot)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(engine->frame));
	int metric = cgw_control_info(slot->control)->metric;
	uint32_t providing = topology->layout != NULL
				     ? cgw_control_hierarchies(topology->layout, slot->control)
				     : 0;
	uint32_t present = providing & topology->present[slot->group];

	if (present != 0)
		slot->hierarchy = (uint32_t)__builtin_ctz(present);
	slot->group_id = topology->id[slot->hierarchy][slot->group];
	return (providing == 0 || present != 0) &&
	       (metric < 0 || !engine_lacks_file(engine, (enum cgw_metric)metric, slot->group));
}

struct slot *slot_get(struct cgw_engine *engine, uint32_t group, enum cgw_control control,
		      const char *value, bool dry_run)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(engine->frame));
	struct slot *slot = slot_find(engine, group, control, value, dry_run);

	if (slot != NULL)
		return slot;
	slot = alloc_slot(engine);
	if (slot == NULL) {
		engine->out_of_memory = true;
		return NULL;
	}
	*slot = (struct slot){
		.used = true,
		.next = engine->first_slot[group],
		.group = group,
		.path = engine_path(engine, group),
		.hierarchy = first_hierarchy(topology, group),
		.control = control,
		.device = strndup(value, device_length(control, value)),
		.dry_run = dry_run,
		.seen = {0, CGW_WARMUP},
		.action = NO_ACTION,
	};
	(void)locate(engine, slot);
	engine->first_slot[group] = (uint32_t)(slot - engine->slots);
	if (slot->path == NULL || slot->device == NULL) {
		engine->out_of_memory = true;
		slot_free(engine, slot);
		return NULL;
	}
	return slot;
}

static void unlink_slot(struct cgw_engine *engine, const struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - engine->slots), *link;

	if (slot->group == NONE)
		return; /* the list is gone with its group */
	for (link = &engine->first_slot[slot->group]; *link != NONE;
	     link = &engine->slots[*link].next)
		if (*link == index) {
			*link = slot->next;
			return;
		}
}

void slot_free(struct cgw_engine *engine, struct slot *slot)
{
	engine_cancel(engine, slot->action);
	unlink_slot(engine, slot);
	for (size_t i = 0; i < slot->count; i++)
		free(slot->claims[i].value);
	free(slot->claims);
	free(slot->path);
	free(slot->device);
	free(slot->original);
	free(slot->rule);
	free(slot->written);
	free(slot->kept);
	*slot = (struct slot){.next = engine->slot_free, .action = NO_ACTION};
	engine->slot_free = (uint32_t)(slot - engine->slots);
}

static void replace(char **text, const char *with)
{
	char *copy = with != NULL ? strdup(with) : NULL;

	free(*text);
	*text = copy;
}

static void debug_claim(const struct cgw_engine *engine, const struct slot *slot,
			const struct claim *claim, const char *change)
{
	DEBUG(CGW_DEBUG_POLICY, "%s: claim of %s on %s%s%s, value %s: %s", slot->path,
	      claim->section != NONE ? engine->policy->sections[claim->section]->name
				     : "a removed section",
	      cgw_control_info(slot->control)->key, slot->device[0] != '\0' ? " " : "",
	      slot->device, claim->value != NULL ? claim->value : "", change);
}

bool slot_claim(struct cgw_engine *engine, struct slot *slot, uint32_t section, uint32_t instance,
		const char *value)
{
	struct claim *claims;

	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].section == section && slot->claims[i].instance == instance) {
			replace(&slot->claims[i].value, value);
			slot->claims[i].stale = false;
			return slot->claims[i].value != NULL;
		}
	/* Without spare items: there are many slots, and most have one claim. */
	claims = reallocarray(slot->claims, slot->count + 1, sizeof(*claims));
	if (claims == NULL) {
		engine->out_of_memory = true;
		return false;
	}
	slot->claims = claims;
	claims[slot->count] = (struct claim){.section = section,
					     .instance = instance,
					     .value = strdup(value),
					     .order = engine->order++};
	if (slot->claims[slot->count].value == NULL) {
		engine->out_of_memory = true;
		return false;
	}
	slot->count++;
	debug_claim(engine, slot, &slot->claims[slot->count - 1], "taken");
	return true;
}

void slot_drop_claim(const struct cgw_engine *engine, struct slot *slot, size_t i, const char *why)
{
	assert(i < slot->count);
	debug_claim(engine, slot, &slot->claims[i], why);
	free(slot->claims[i].value);
	slot->claims[i] = slot->claims[--slot->count];
}

static unsigned priority_of(const struct cgw_engine *engine, const struct claim *claim)
{
	return claim->section != NONE
		       ? (unsigned)engine->policy->sections[claim->section]->rule.priority
		       : 0;
}

/* Whether `a` wins over `b`: the stricter value or, if not comparable, the higher priority. */
static bool beats(const struct cgw_engine *engine, const struct slot *slot, const struct claim *a,
		  const struct claim *b)
{
	const struct cgw_system_stat *system = cgw_snapshot_system(cgw_frame_now(engine->frame));
	double a_rank, b_rank;

	if (value_rank(slot->control, a->value, system, &a_rank) &&
	    value_rank(slot->control, b->value, system, &b_rank) && a_rank != b_rank)
		return a_rank < b_rank;
	if (priority_of(engine, a) != priority_of(engine, b))
		return priority_of(engine, a) > priority_of(engine, b);
	return a->order > b->order;
}

static const struct claim *winner(const struct cgw_engine *engine, const struct slot *slot)
{
	const struct claim *best = NULL;

	for (size_t i = 0; i < slot->count; i++)
		if (best == NULL || beats(engine, slot, &slot->claims[i], best))
			best = &slot->claims[i];
	return best;
}

static bool has_limit_claim(const struct slot *slot)
{
	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].instance == NONE)
			return true;
	return false;
}

/* Rank of the current value in the frame, comparable with value_rank(). */
static bool current_rank(const struct cgw_engine *engine, const struct slot *slot, double *ret_rank)
{
	const struct cgw_control_info *info = cgw_control_info(slot->control);
	struct cgw_number number;

	if (info->metric < 0 || info->instances)
		return false;
	number = cgw_snapshot_number(cgw_frame_now(engine->frame), (enum cgw_metric)info->metric,
				     slot->group);
	if (number.state == CGW_MAX)
		*ret_rank = __builtin_inf();
	else
		*ret_rank = (double)number.value;
	return number.state == CGW_OK || number.state == CGW_MAX;
}

/* A rule never loosens: a stricter value that the group already has is kept. */
static bool would_loosen(const struct cgw_engine *engine, const struct slot *slot,
			 const struct claim *claim)
{
	const struct cgw_system_stat *system = cgw_snapshot_system(cgw_frame_now(engine->frame));
	double requested, current;

	if (has_limit_claim(slot) || !value_rank(slot->control, claim->value, system, &requested))
		return false;
	if (slot->original != NULL)
		return value_rank(slot->control, slot->original, system, &current) &&
		       current <= requested;
	return current_rank(engine, slot, &current) && current <= requested;
}

bool slot_is_reasserted(const struct cgw_engine *engine, const struct slot *slot)
{
	if (engine->policy->settings.reassert)
		return true;
	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].section != NONE &&
		    engine->policy->sections[slot->claims[i].section]->always)
			return true;
	return false;
}

static void emit_slot(struct cgw_engine *engine, struct slot *slot, enum cgw_action_kind kind,
		      const struct claim *claim, const char *reason)
{
	const struct section *section = claim != NULL && claim->section != NONE
						? engine->policy->sections[claim->section]
						: NULL;
	struct cgw_action action = {
		.kind = kind,
		.section = claim != NULL ? claim->section : NONE,
		.rule = engine_copy_text(engine, section != NULL      ? section->name
						 : slot->rule != NULL ? slot->rule
								      : "cgward"),
		.path = engine_copy_text(engine, slot->path),
		.group_id = slot->group_id,
		.hierarchy = slot->hierarchy,
		.control = slot->control,
		.instance = engine_copy_text(engine, slot->device),
		.value = engine_copy_text(engine, claim != NULL ? claim->value : slot->original),
		.dry_run = slot->dry_run,
		.force = section != NULL && section->rule.force,
		.again = slot_is_reasserted(engine, slot),
		.quiet = slot->failures > 0 ||
			 (section != NULL && section->kind == CGW_SECTION_LIMIT &&
			  section->on_missing == ON_MISSING_IGNORE),
		.reason = engine_copy_text(engine, reason),
	};

	if (kind == CGW_ACTION_RESTORE && slot->kept != NULL)
		action.expected = engine_copy_text(engine, slot->kept);
	if (claim != NULL && claim->instance != NONE)
		action.step = engine->instances[claim->instance].step;
	slot->action = engine->action_count;
	engine_emit(engine, action, (uint32_t)(slot - engine->slots),
		    claim != NULL ? claim->instance : NONE);
	if (slot->action == engine->action_count)
		slot->action = NO_ACTION; /* out of memory */
}

/* The value is set as soon as the file exists: this is no failure. */
void slot_wait(struct cgw_engine *engine, struct slot *slot)
{
	if (slot->waiting_ns == 0)
		slot->waiting_ns = engine->now_ns;
	for (size_t i = 0; i < slot->count; i++)
		if (slot->claims[i].instance != NONE)
			instance_wait(&engine->instances[slot->claims[i].instance],
				      cgw_control_info(slot->control)->key);
}

static bool is_unit(const char *path)
{
	char unit[256];
	uid_t uid;
	size_t length = systemd_unit_from_path(path, unit, sizeof(unit), &uid);

	return length > 0 && path[length] == '\0';
}

static void request_limit(struct cgw_engine *engine, struct slot *slot, const struct claim *claim,
			  const char *reason)
{
	/* The manager of a unit enables the controller for it: let the caller try, once. */
	if (slot->written == NULL && !locate(engine, slot) &&
	    (slot->tries > 0 || !is_unit(slot->path)))
		slot_wait(engine, slot);
	else
		emit_slot(engine, slot, CGW_ACTION_LIMIT, claim, reason);
}

void slot_settle(struct cgw_engine *engine, struct slot *slot, const char *reason)
{
	const struct claim *claim = winner(engine, slot);

	if (engine->now_ns < slot->retry_ns)
		return;
	engine_cancel(engine, slot->action);
	if (claim != NULL && would_loosen(engine, slot, claim)) {
		/* The original value is the strictest: restore it if another one is written. */
		if (slot->written != NULL)
			emit_slot(engine, slot, CGW_ACTION_RESTORE, NULL, reason);
		return;
	}
	if (claim == NULL) {
		if (slot->written != NULL && slot->original != NULL)
			emit_slot(engine, slot, CGW_ACTION_RESTORE, NULL, reason);
		else
			slot_free(engine, slot);
		return;
	}
	if (slot->written == NULL || strcmp(slot->written, claim->value) != 0)
		request_limit(engine, slot, claim, reason);
}

/* Finds the instance's last claim and its slot; SIZE_MAX if none. */
static size_t last_claim(struct cgw_engine *engine, uint32_t instance, struct slot **ret_slot)
{
	uint64_t latest = 0;
	size_t found = SIZE_MAX;

	for (uint32_t i = engine->first_slot[engine->instances[instance].group]; i != NONE;
	     i = engine->slots[i].next)
		for (size_t j = 0; j < engine->slots[i].count; j++) {
			const struct claim *claim = &engine->slots[i].claims[j];

			if (claim->instance != instance ||
			    (found != SIZE_MAX && claim->order < latest))
				continue;
			latest = claim->order;
			found = j;
			*ret_slot = &engine->slots[i];
		}
	return found;
}

bool ledger_has_claim(const struct cgw_engine *engine, uint32_t instance)
{
	for (uint32_t i = engine->first_slot[engine->instances[instance].group]; i != NONE;
	     i = engine->slots[i].next)
		for (size_t j = 0; j < engine->slots[i].count; j++)
			if (engine->slots[i].claims[j].instance == instance)
				return true;
	return false;
}

void ledger_drop_instance(struct cgw_engine *engine, uint32_t instance)
{
	struct slot *slot = NULL;
	size_t i;

	/* In reverse order. */
	while ((i = last_claim(engine, instance, &slot)) != SIZE_MAX) {
		slot_drop_claim(engine, slot, i, "released");
		slot->retry_ns = 0;
		slot_settle(engine, slot, "released");
	}
}

void ledger_sweep_stale(struct cgw_engine *engine)
{
	for (uint32_t i = 0; i < engine->slot_count; i++) {
		struct slot *slot = &engine->slots[i];
		bool changed = false;

		for (size_t j = slot->used ? slot->count : 0; j-- > 0;)
			if (slot->claims[j].stale) {
				slot_drop_claim(engine, slot, j, "no longer in the policy");
				changed = true;
			}
		if (changed)
			slot_settle(engine, slot, "no longer in the policy");
	}
}
