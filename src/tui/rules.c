/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules.c - runs the engine dry, sample by sample. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/rules.h"

int rules_new(struct cgw_policy *policy, struct rules **ret_rules)
{
	struct rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL) {
		cgw_policy_free(policy);
		return -ENOMEM;
	}
	rules->policy = policy;
	rules->selected = calloc(cgw_policy_section_count(policy) + 1, sizeof(*rules->selected));
	if (rules->selected == NULL || cgw_engine_new(policy, &rules->engine) < 0) {
		rules_free(rules);
		return -ENOMEM;
	}
	*ret_rules = rules;
	return 0;
}

struct rules *rules_free(struct rules *rules)
{
	if (rules == NULL)
		return NULL;
	for (size_t i = 0; i < RULES_KEPT; i++)
		free(rules->actions[i].path);
	cgw_engine_free(rules->engine);
	cgw_policy_free(rules->policy);
	free(rules->selected);
	free(rules);
	return NULL;
}

int rules_restart(struct rules *rules)
{
	struct cgw_engine *engine;
	int r = cgw_engine_new(rules->policy, &engine);

	if (r < 0)
		return r;
	cgw_engine_free(rules->engine);
	rules->engine = engine;
	rules->count = 0;
	return 0;
}

const struct rules_action *rules_nth(const struct rules *rules, size_t i)
{
	if (i >= rules->count)
		return NULL;
	return &rules->actions[(rules->next + RULES_KEPT - 1 - i) % RULES_KEPT];
}

static void keep(struct rules *rules, const struct cgw_action *action, uint64_t realtime_ns)
{
	struct rules_action *kept = &rules->actions[rules->next];
	const char *control = action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_RESTORE
				      ? cgw_control_info(action->control)->key
				      : "";
	char reason[192] = "", value[64] = "";

	free(kept->path);
	*kept = (struct rules_action){.realtime_ns = realtime_ns, .path = strdup(action->path)};
	if (kept->path == NULL)
		return;
	if (action->reason != NULL)
		(void)cgw_escape(reason, sizeof(reason), action->reason, strlen(action->reason));
	if (action->value != NULL)
		(void)cgw_escape(value, sizeof(value), action->value, strlen(action->value));
	(void)snprintf(kept->rule, sizeof(kept->rule), "%.60s", action->rule);
	(void)snprintf(kept->text, sizeof(kept->text), "%s%s%s%s%s  %.150s",
		       cgw_action_kind_name(action->kind), control[0] != '\0' ? " " : "", control,
		       value[0] != '\0' ? " " : "", value, reason);
	rules->next = (rules->next + 1) % RULES_KEPT;
	rules->count += rules->count < RULES_KEPT;
}

static void count_selected(struct rules *rules, const struct cgw_frame *frame)
{
	uint32_t groups = cgw_snapshot_topology(cgw_frame_now(frame))->count;

	for (size_t section = 0; section < cgw_policy_section_count(rules->policy); section++) {
		rules->selected[section] = 0;
		for (uint32_t group = 0; group < groups; group++)
			rules->selected[section] +=
				cgw_policy_selects(rules->policy, section, frame, NULL, group) ==
				CGW_TRUE;
	}
}

int rules_update(struct rules *rules, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame), *before = cgw_frame_before(frame);
	const struct cgw_action *actions;
	size_t count;
	int r;

	r = cgw_engine_step(rules->engine, frame, NULL, cgw_snapshot_boottime_ns(now), &actions,
			    &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		/* Said to have been done, so that its rule goes on as it would. */
		const struct cgw_action_result result = {
			.token = actions[i].token,
			.outcome = CGW_OUTCOME_DONE,
			.kept_value = actions[i].value,
		};

		keep(rules, &actions[i], cgw_snapshot_realtime_ns(now));
		cgw_engine_done(rules->engine, &result);
	}
	/* Which groups a section selects changes with the groups alone, as far as paths go. */
	if (before == NULL || cgw_snapshot_topology(before) != cgw_snapshot_topology(now))
		count_selected(rules, frame);
	return 0;
}
