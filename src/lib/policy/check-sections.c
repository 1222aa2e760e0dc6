/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-sections.c - what can be said only of whole sections: what is missing, what contradicts itself.
 *
 * A rule that limits a figure must not wait for the same figure to fall: the limit makes it fall, and
 * the rule would take its own work for the end of the trouble. Nor may it wait for what the limit itself
 * causes (throttling, pressure) without an end: it would hold for ever.
 */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"

/* What setting a control does to figures of the same group. Words are keys, and all beneath them. */
static const struct {
	const char *controls;
	const char *masked; /* kept low by it */
	const char *driven; /* kept high by it: these are looked at first */
} effects[] = {
	{"cpu.max cpu.weight cpu.idle cpu.shares", "cpu cpu.usage cpu.user cpu.system cpu.percent",
	 "cpu.throttled cpu.throttled_percent cpu.nr_throttled cpu.pressure"},
	{"memory.max memory.high memory.memsw.max memory.swap.max memory.swap.high", "memory swap",
	 "memory.pressure memory.events memory.pgmajfault memory.faults"},
	{"io.max io.weight io.latency", "io", "io.pressure"},
	{"pids.max", "pids threads cgroup.threads cgroup.procs", "pids.events"},
};

static bool is_or_is_beneath(const char *key, const char *word, size_t length)
{
	return strncmp(key, word, length) == 0 && (key[length] == '\0' || key[length] == '.');
}

static bool any_above(const char *words, const char *key)
{
	while (*words != '\0') {
		size_t length = strcspn(words, " ");

		if (is_or_is_beneath(key, words, length))
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
		return EFFECT_NONE; /* neither the machine's figures nor names */
	if (action->kind == CGW_ACTION_FREEZE)
		return strcmp(key, "cgroup.frozen") == 0 || strcmp(key, "cgroup.populated") == 0
			       ? EFFECT_NONE
			       : EFFECT_MASKED;
	if (action->kind != CGW_ACTION_LIMIT)
		return EFFECT_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++) {
		if (!any_above(effects[i].controls, cgw_control_info(action->control)->key))
			continue;
		if (any_above(effects[i].driven, key))
			return EFFECT_DRIVEN;
		if (any_above(effects[i].masked, key))
			return EFFECT_MASKED;
	}
	return EFFECT_NONE;
}

static const char *action_name(const struct rule_action *action)
{
	return action->kind == CGW_ACTION_FREEZE ? "freeze"
						 : cgw_control_info(action->control)->key;
}

/* One term of `until` or `when` against one action. */
static void check_term(struct policy_loading *loading, const struct section *section,
		       const struct rule_action *action, const struct cgw_term *term, bool is_until)
{
	enum effect effect;
	char key[128];

	if (term->kind != CGW_TERM_FIELD)
		return;
	(void)cgw_field_key(term->field, key, sizeof(key));
	effect = effect_on(action, term, key);
	if (is_until && effect == EFFECT_MASKED)
		policy_error_at(
			loading, section,
			"[rule %s] until: \"%s\" comes true by the rule's own %s, not by the "
			"end of the trouble; a condition on the host or on pressure would "
			"tell",
			section->name, term->text, action_name(action));
	if (effect == EFFECT_DRIVEN && section->rule.max_hold_ns == 0)
		policy_error_at(
			loading, section,
			"[rule %s] %s: %s may itself keep \"%s\" as it is for ever; max_hold "
			"is wanted",
			section->name, is_until ? "until" : "when", action_name(action),
			term->text);
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

/* Of several groups together only what adds up can be told. */
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
			"[rule %s] %s: %s of several groups does not add up, which \"scope = "
			"sum\" wants; amounts such as memory.anon, cpu and io.write do",
			section->name, name, term.key);
	}
}

static bool acts_hard(const struct rule *rule)
{
	for (size_t step = 0; step < rule->step_count; step++)
		for (size_t i = 0; i < rule->steps[step].count; i++) {
			unsigned kind = rule->steps[step].actions[i].kind;

			if (kind == CGW_ACTION_FREEZE || kind == CGW_ACTION_KILL)
				return true;
		}
	return false;
}

static bool has_both_ways(const struct rule *rule)
{
	/* `then` fills the first rung alone; a `step` beside it makes more. */
	return rule->step_count > 1 && rule->steps[0].count > 1;
}

static void check_rule(struct policy_loading *loading, struct section *section)
{
	struct rule *rule = &section->rule;

	if (rule->when == NULL)
		policy_error_at(loading, section, "[rule %s] wants a key when", section->name);
	if (rule->step_count == 0 || rule->steps[0].count == 0)
		policy_error_at(loading, section, "[rule %s] wants a key then or step",
				section->name);
	if (has_both_ways(rule))
		policy_error_at(loading, section,
				"[rule %s] has both then and step; a ladder is made of steps alone",
				section->name);
	if (rule->until == NULL && rule->until_for_ns > 0)
		policy_error_at(loading, section, "[rule %s] has until_for without until",
				section->name);
	if (rule->max_hold_ns > 0 && rule->max_hold_ns < rule->hold_ns)
		policy_error_at(loading, section, "[rule %s] max_hold is shorter than hold",
				section->name);
	if (rule->when != NULL)
		check_condition(loading, section, rule->when, false);
	if (rule->until != NULL)
		check_condition(loading, section, rule->until, true);
	if (rule->sum && rule->when != NULL)
		check_sum(loading, section, rule->when, "when");
	if (rule->sum && rule->until != NULL)
		check_sum(loading, section, rule->until, "until");
	if (rule->for_ns == 0 && acts_hard(rule))
		policy_warning(loading, section,
			       "[rule %s] freezes or kills upon one sample; a key for would wait "
			       "for more",
			       section->name);
}

static bool selects_something(const struct selection *selection)
{
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++)
		if (selection->subjects[i].count > 0)
			return true;
	return selection->match.count > 0;
}

/* Patterns that exclude all that is matched leave nothing. */
static void check_excludes(struct policy_loading *loading, const struct section *section)
{
	const struct selection *selection = &section->selection;
	size_t left = selection->match.count;

	for (size_t i = 0; i < selection->match.count; i++)
		for (size_t j = 0; j < selection->exclude.count; j++)
			if (strcmp(selection->match.items[i], selection->exclude.items[j]) == 0 ||
			    strcmp(selection->exclude.items[j], "/**") == 0) {
				left--;
				break;
			}
	if (selection->match.count > 0 && left == 0)
		policy_error_at(loading, section, "[%s %s] excludes all that it matches",
				cgw_section_kind_name((enum cgw_section_kind)section->kind),
				section->name);
}

static void check_section(struct policy_loading *loading, struct section *section)
{
	const char *kind = cgw_section_kind_name((enum cgw_section_kind)section->kind);

	if (!selects_something(&section->selection))
		policy_error_at(
			loading, section, "[%s %s] does not say for which %s it is%s", kind,
			section->name, section->kind == CGW_SECTION_PLACE ? "processes" : "groups",
			section->kind == CGW_SECTION_PLACE ? ": user, usergroup, command or "
							     "executable"
							   : "; \"match = /**\" is all");
	check_excludes(loading, section);
	if (section->kind == CGW_SECTION_LIMIT && section->set_count == 0)
		policy_error_at(loading, section,
				"[limit %s] sets nothing; a control such as "
				"\"memory.max = 2G\" is wanted",
				section->name);
	if (section->kind == CGW_SECTION_PLACE && section->to == NULL)
		policy_error_at(loading, section, "[place %s] wants a key to", section->name);
	if (section->kind == CGW_SECTION_RULE)
		check_rule(loading, section);
}

void policy_check(struct policy_loading *loading)
{
	for (size_t i = 0; i < loading->policy->count; i++)
		if (!loading->policy->sections[i]->faulty)
			check_section(loading, loading->policy->sections[i]);
}
