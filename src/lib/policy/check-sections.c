/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-sections.c - checks of whole sections: missing keys and contradictions.
 *
 * A rule that limits a metric must not wait for the same metric to fall: the limit makes it fall,
 * whether or not the cause is gone. And if it waits for something that the limit itself causes
 * (throttling, pressure), it requires max_hold: otherwise it could stay active forever.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"

/* Effects of a control on metrics of the same group. Each word is a key and all keys below it. */
static const struct {
	const char *controls;
	const char *masked; /* lowered by the control */
	const char *driven; /* raised by the control; has precedence over `masked` */
} effects[] = {
	{"cpu.max cpu.weight cpu.idle cpu.shares", "cpu cpu.usage cpu.user cpu.system cpu.percent",
	 "cpu.throttled cpu.throttled_percent cpu.nr_throttled cpu.pressure"},
	{"memory.max memory.high memory.memsw.max memory.swap.max memory.swap.high", "memory swap",
	 "memory.pressure memory.events memory.pgmajfault memory.faults"},
	{"io.max io.weight io.latency", "io", "io.pressure"},
	{"pids.max", "pids threads cgroup.threads cgroup.procs", "pids.events"},
};

static bool is_same_or_below(const char *key, const char *word, size_t length)
{
	return strncmp(key, word, length) == 0 && (key[length] == '\0' || key[length] == '.');
}

static bool any_covers(const char *words, const char *key)
{
	while (*words != '\0') {
		size_t length = strcspn(words, " ");

		if (is_same_or_below(key, words, length))
			return true;
		words += length + (words[length] == ' ');
	}
	return false;
}

enum effect { EFFECT_NONE, EFFECT_MASKED, EFFECT_DRIVEN };

static enum effect effect_on(const struct rule_action *action, const struct cgw_term *term,
			     const char *key)
{
	if (term->kind != CGW_TERM_FIELD)
		return EFFECT_NONE; /* host metrics and names are not affected */
	if (action->kind == CGW_ACTION_FREEZE)
		return strcmp(key, "cgroup.frozen") == 0 || strcmp(key, "cgroup.populated") == 0
			       ? EFFECT_NONE
			       : EFFECT_MASKED;
	if (action->kind != CGW_ACTION_LIMIT)
		return EFFECT_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		if (!any_covers(effects[i].controls, cgw_control_info(action->control)->key))
			continue;
		if (any_covers(effects[i].driven, key))
			return EFFECT_DRIVEN;
		if (any_covers(effects[i].masked, key))
			return EFFECT_MASKED;
	}
	return EFFECT_NONE;
}

static const char *action_name(const struct rule_action *action)
{
	return action->kind == CGW_ACTION_FREEZE ? "freeze"
						 : cgw_control_info(action->control)->key;
}

/* Checks one term of `until` or `when` against one action. */
static void check_term(struct policy_loading *loading, const struct section *section,
		       const struct rule_action *action, const struct cgw_term *term, bool is_until)
{
	enum effect effect;
	char key[128];

	if (term->kind != CGW_TERM_FIELD)
		return;
	cgw_field_key(term->field, key, sizeof(key));
	effect = effect_on(action, term, key);
	if (is_until && effect == EFFECT_MASKED)
		policy_error_at(loading, section,
				"[rule %s] until: '%s' becomes true because of the rule's own %s; "
				"use a condition on the host or on pressure instead",
				section->name, term->text, action_name(action));
	if (effect == EFFECT_DRIVEN && section->rule.max_hold_ns == 0)
		policy_error_at(
			loading, section,
			"[rule %s] %s: '%s' requires max_hold, because the rule's own %s could "
			"keep the rule active forever",
			section->name, is_until ? "until" : "when", term->text,
			action_name(action));
}

static void check_condition(struct policy_loading *loading, const struct section *section,
			    const struct cgw_expression *expression, bool is_until)
{
	const struct rule *rule = &section->rule;

	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_term term;

		cgw_expression_term(expression, i, &term);
		for (size_t step = 0; step < rule->step_count; step++)
			for (size_t j = 0; j < rule->steps[step].count; j++)
				check_term(loading, section, &rule->steps[step].actions[j], &term,
					   is_until);
	}
}

/* With scope = sum, all metrics must be additive. */
static void check_sum(struct policy_loading *loading, const struct section *section,
		      const struct cgw_expression *expression, const char *name)
{
	for (size_t i = 0; i < cgw_expression_term_count(expression); i++) {
		struct cgw_term term;

		cgw_expression_term(expression, i, &term);
		if (term.kind == CGW_TERM_HOST ||
		    (term.kind == CGW_TERM_FIELD && cgw_field_is_additive(term.field)))
			continue;
		policy_error_at(
			loading, section,
			"[rule %s] %s: '%s' cannot be summed over groups, as 'scope = sum' "
			"requires (expected an amount such as memory.anon, cpu or io.write)",
			section->name, name, term.key);
	}
}

static bool freezes_or_kills(const struct rule *rule)
{
	for (size_t step = 0; step < rule->step_count; step++)
		for (size_t i = 0; i < rule->steps[step].count; i++) {
			unsigned kind = rule->steps[step].actions[i].kind;

			if (kind == CGW_ACTION_FREEZE || kind == CGW_ACTION_KILL)
				return true;
		}
	return false;
}

static bool has_then_and_step(const struct rule *rule)
{
	/* All `then` actions are in the first step; each `step` adds one more. */
	return rule->step_count > 1 && rule->steps[0].count > 1;
}

static void check_rule(struct policy_loading *loading, struct section *section)
{
	struct rule *rule = &section->rule;

	if (rule->when == NULL)
		policy_error_at(loading, section, "[rule %s] requires 'when'", section->name);
	if (rule->step_count == 0 || rule->steps[0].count == 0)
		policy_error_at(loading, section, "[rule %s] requires 'then' or 'step'",
				section->name);
	if (has_then_and_step(rule))
		policy_error_at(loading, section,
				"[rule %s]: 'then' and 'step' are mutually exclusive",
				section->name);
	if (rule->until == NULL && rule->until_for_ns > 0)
		policy_error_at(loading, section, "[rule %s]: 'until_for' requires 'until'",
				section->name);
	if (rule->max_hold_ns > 0 && rule->max_hold_ns < rule->hold_ns)
		policy_error_at(loading, section, "[rule %s]: 'max_hold' is shorter than 'hold'",
				section->name);
	if (rule->when != NULL)
		check_condition(loading, section, rule->when, false);
	if (rule->until != NULL)
		check_condition(loading, section, rule->until, true);
	if (rule->sum && rule->when != NULL)
		check_sum(loading, section, rule->when, "when");
	if (rule->sum && rule->until != NULL)
		check_sum(loading, section, rule->until, "until");
	if (rule->for_ns == 0 && freezes_or_kills(rule))
		policy_warning(loading, section,
			       "[rule %s] freezes or kills after a single sample; use 'for' to "
			       "require more",
			       section->name);
}

static bool selects_something(const struct selection *selection)
{
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++)
		if (selection->subjects[i].count > 0)
			return true;
	return selection->match.count > 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_word(const struct string_list *sorted, const char *word)
{
	return bsearch(&word, sorted->items, sorted->count, sizeof(*sorted->items), by_bytes) !=
	       NULL;
}

/* Detects patterns of `exclude` that leave nothing of `match`. */
static void check_excludes(struct policy_loading *loading, struct section *section)
{
	const struct string_list *match = &section->selection.match;
	struct string_list *exclude = &section->selection.exclude;
	size_t left = match->count;

	if (exclude->count == 0)
		return;
	/* Their order means nothing, as any of them excludes a group. */
	qsort(exclude->items, exclude->count, sizeof(*exclude->items), by_bytes);
	for (size_t i = 0; i < match->count; i++)
		left -= has_word(exclude, "/**") || has_word(exclude, match->items[i]);
	if (match->count > 0 && left == 0)
		policy_error_at(loading, section, "[%s %s] excludes everything that it matches",
				cgw_section_kind_name(section->kind), section->name);
}

static void check_section(struct policy_loading *loading, struct section *section)
{
	const char *kind = cgw_section_kind_name(section->kind);

	if (!selects_something(&section->selection))
		policy_error_at(
			loading, section, "[%s %s] does not select any %s (%s)", kind,
			section->name, section->kind == CGW_SECTION_PLACE ? "processes" : "groups",
			section->kind == CGW_SECTION_PLACE ? "use 'user', 'usergroup', 'command' "
							     "or 'executable'"
							   : "'match = /**' selects all");
	check_excludes(loading, section);
	if (section->kind == CGW_SECTION_LIMIT && section->set_count == 0)
		policy_error_at(loading, section,
				"[limit %s] requires a control such as 'memory.max = 2G'",
				section->name);
	if (section->kind == CGW_SECTION_PLACE && section->to == NULL)
		policy_error_at(loading, section, "[place %s] requires 'to'", section->name);
	if (section->kind == CGW_SECTION_RULE)
		check_rule(loading, section);
}

void policy_check(struct policy_loading *loading)
{
	for (size_t i = 0; i < loading->policy->count; i++)
		if (!loading->policy->sections[i]->faulty)
			check_section(loading, loading->policy->sections[i]);
}
