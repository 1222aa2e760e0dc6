/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy.c - access to a loaded policy. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/policy/policy-priv.h"

#define RECORD_DEFAULT "/var/lib/cgward/recording/"

static void rule_done(struct rule *rule)
{
	cgw_expression_free(rule->when);
	cgw_expression_free(rule->until);
	for (size_t step = 0; step < rule->step_count; step++) {
		for (size_t i = 0; i < rule->steps[step].count; i++)
			rule_action_done(&rule->steps[step].actions[i]);
		free(rule->steps[step].actions);
	}
	free(rule->steps);
}

void section_free(struct section *section)
{
	if (section == NULL)
		return;
	string_list_free(&section->selection.match);
	string_list_free(&section->selection.exclude);
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++)
		string_list_free(&section->selection.subjects[i]);
	for (size_t i = 0; i < section->set_count; i++)
		free(section->sets[i].value);
	free(section->sets);
	rule_done(&section->rule);
	free(section->to);
	free(section->name);
	free(section->file);
	free(section);
}

struct cgw_policy *cgw_policy_free(struct cgw_policy *policy)
{
	if (policy == NULL)
		return NULL;
	for (size_t i = 0; i < policy->count; i++)
		section_free(policy->sections[i]);
	for (size_t i = 0; i < ARRAY_SIZE(policy->singles); i++)
		section_free(policy->singles[i]);
	free(policy->record.to);
	free(policy->record.columns);
	string_list_free(&policy->record.match);
	free(policy->metrics.listen);
	free(policy->metrics.columns);
	string_list_free(&policy->metrics.match);
	free(policy->postmortem.to);
	free(policy->sections);
	free(policy->state);
	free(policy->notify);
	free(policy);
	return NULL;
}

const struct cgw_policy_settings *cgw_policy_settings(const struct cgw_policy *policy)
{
	return &policy->settings;
}

void cgw_policy_set_mode(struct cgw_policy *policy, enum cgw_policy_mode mode)
{
	policy->settings.mode = mode;
}

bool cgw_policy_record_section(const struct cgw_policy *policy,
			       struct cgw_policy_record *ret_record)
{
	if (policy->singles[SECTION_RECORD - SECTION_POLICY] == NULL)
		return false;
	*ret_record = (struct cgw_policy_record){
		.to = policy->record.to != NULL ? policy->record.to : RECORD_DEFAULT,
		.columns = policy->record.columns,
		.interval_ns = policy->record.interval_ns,
		.size_bytes = policy->record.size_bytes,
		.keep_ns = policy->record.keep_ns,
		.globs = (const char *const *)policy->record.match.items,
		.glob_count = policy->record.match.count,
	};
	return true;
}

bool cgw_policy_metrics_section(const struct cgw_policy *policy,
				struct cgw_policy_metrics *ret_metrics)
{
	if (policy->singles[SECTION_METRICS - SECTION_POLICY] == NULL)
		return false;
	*ret_metrics = (struct cgw_policy_metrics){
		.listen = policy->metrics.listen,
		.columns = policy->metrics.columns,
		.depth_max = (uint32_t)policy->metrics.depth_max,
		.groups_max = policy->metrics.groups_max,
		.globs = (const char *const *)policy->metrics.match.items,
		.glob_count = policy->metrics.match.count,
	};
	return true;
}

bool cgw_policy_postmortem_section(const struct cgw_policy *policy,
				   struct cgw_policy_postmortem *ret_postmortem)
{
	if (policy->singles[SECTION_POSTMORTEM - SECTION_POLICY] == NULL)
		return false;
	*ret_postmortem = (struct cgw_policy_postmortem){
		.to = policy->postmortem.to != NULL ? policy->postmortem.to
						    : CGW_POSTMORTEM_DIRECTORY,
		.interval_ns = policy->postmortem.interval_ns,
		.last_ns = policy->postmortem.last_ns,
		.gap_ns = policy->postmortem.gap_ns,
		.size_bytes = policy->postmortem.size_bytes,
		.pages_max = (uint32_t)policy->postmortem.pages_max,
	};
	return true;
}

size_t cgw_policy_section_count(const struct cgw_policy *policy)
{
	return policy->count;
}

static bool holds_values(const struct section *section)
{
	for (size_t step = 0; step < section->rule.step_count; step++)
		for (size_t i = 0; i < section->rule.steps[step].count; i++)
			if (section->rule.steps[step].actions[i].kind == CGW_ACTION_LIMIT ||
			    section->rule.steps[step].actions[i].kind == CGW_ACTION_FREEZE)
				return !section->rule.dry_run;
	return section->kind == CGW_SECTION_LIMIT;
}

struct cgw_section_info cgw_policy_section(const struct cgw_policy *policy, size_t i)
{
	const struct section *section = i < policy->count ? policy->sections[i] : NULL;

	if (section == NULL)
		return (struct cgw_section_info){
			.kind = CGW_SECTION_KIND_COUNT, .name = "", .file = ""};
	return (struct cgw_section_info){
		.kind = section->kind,
		.name = section->name,
		.file = section->file,
		.line = section->line,
		.when = section->rule.when,
		.until = section->rule.until,
		.priority = (unsigned)section->rule.priority,
		.dry_run = section->rule.dry_run,
		.sum = section->rule.sum,
		.holds_values = holds_values(section),
		.globs = (const char *const *)section->selection.match.items,
		.glob_count = section->selection.match.count,
		.to = section->to,
		.create = section->create != 0,
	};
}

int cgw_policy_assignment(const struct cgw_policy *policy, size_t section, size_t i,
			  enum cgw_control *ret_control, const char **ret_value)
{
	if (section >= policy->count || i >= policy->sections[section]->set_count)
		return -ENOENT;
	*ret_control = policy->sections[section]->sets[i].control;
	*ret_value = policy->sections[section]->sets[i].value;
	return 0;
}

/* Changes by other processes are detected in the frames, so the control's metric is sampled. */
static void add_control_metric(enum cgw_control control, struct cgw_metric_set *set)
{
	const struct cgw_control_info *info = cgw_control_info(control);

	if (info->metric >= 0)
		cgw_metric_set_add(set, (enum cgw_metric)info->metric);
}

static void add_rule_metrics(const struct rule *rule, struct cgw_metric_set *set)
{
	cgw_expression_metrics(rule->when, set);
	if (rule->until != NULL)
		cgw_expression_metrics(rule->until, set);
	if (rule->picks)
		cgw_field_metrics(rule->pick, set);
	for (size_t step = 0; step < rule->step_count; step++)
		for (size_t i = 0; i < rule->steps[step].count; i++) {
			const struct rule_action *action = &rule->steps[step].actions[i];

			if (action->kind != CGW_ACTION_LIMIT)
				continue;
			add_control_metric(action->control, set);
			if (action->percent > 0)
				cgw_metric_set_add(set, tighten_usage(action->control));
		}
}

void cgw_policy_metrics_used(const struct cgw_policy *policy, struct cgw_metric_set *set)
{
	/* Empty groups are not frozen: processes moved into them later would be frozen, too. */
	cgw_metric_set_add(set, CGW_M_CGROUP_POPULATED);
	cgw_metric_set_add(set, CGW_M_CGROUP_FROZEN);
	for (size_t i = 0; i < policy->count; i++) {
		const struct section *section = policy->sections[i];

		if (section->selection.min_procs > 0)
			cgw_metric_set_add(set, CGW_M_PIDS_CURRENT);
		for (size_t j = 0; j < section->set_count; j++)
			add_control_metric(section->sets[j].control, set);
		if (section->kind == CGW_SECTION_RULE)
			add_rule_metrics(&section->rule, set);
	}
}
