/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check-command.c - `cgward check`: validate a policy and show what it would do here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/enforce/backtest.h"
#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/enforcement.h"
#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "shared/cli/options.h"
#include "shared/report/policy-report.h"

#define GROUPS_SHOWN 8 /* per section, without --all */

struct checking {
	struct policy_trial trial;
	const char *group, *recording;
	bool all, syntax, strict, json, list_keys;
	size_t problems; /* what --strict fails on */
};

#define TRUE(member) CLI_TRUE(struct checking, member)

static const struct cli_option options[] = {
	{'g', "group", "GROUP",
	 "explain one group: its sections and the values of their conditions",
	 CLI_TEXT(struct checking, group)},
	{'a', "all", NULL, "list all groups of each section, not only the first 8", TRUE(all)},
	{0, "recording", "FILE",
	 "run the policy over a recording and print what it would have done",
	 CLI_TEXT(struct checking, recording)},
	{'J', "json", NULL, "print one JSON object (requires --recording)", TRUE(json)},
	{0, "syntax", NULL, "check only the file, not this machine", TRUE(syntax)},
	{0, "strict", NULL, "fail if this machine lacks a feature or a group is protected",
	 TRUE(strict)},
	{0, "list-keys", NULL, "list the keys of the policy file, then exit", TRUE(list_keys)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show what a policy would do on this machine", "cgward check new.conf"},
	{"Show which sections apply to a service", "cgward check --group nginx.service new.conf"},
	{"Show what it would have done", "cgward check --recording today.cgwr new.conf"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward check [OPTION...] [FILE]",
	.text = "Reports the errors of a policy file, or what it would do on this machine: which "
		"groups\n"
		"match each section, what would be set, what is protected, and what is "
		"unavailable.\n"
		"The default FILE is " DAEMON_POLICY " with conf.d.",
	.options = options,
	.examples = examples,
};

static void print_keys(void)
{
	struct cgw_policy_key key;

	for (size_t i = 0; cgw_policy_key(i, &key) == 0; i++)
		printf("%-24s %-16s %-32s %s%s\n", key.sections, key.key, key.syntax, key.help,
		       key.repeatable ? " (may be repeated)" : "");
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct cgw_control_info *info =
			cgw_control_info((enum cgw_control)cgw_control_nth(i));

		if (!info->action)
			printf("%-24s %-16s %-32s %s\n", "limit", info->key, info->syntax,
			       info->help);
	}
}

/* Reports controls of the section that this machine does not have. */
static void check_controls(struct checking *checking, size_t section)
{
	enum cgw_control control;
	const char *value;

	for (size_t i = 0;
	     cgw_policy_assignment(checking->trial.policy, section, i, &control, &value) == 0;
	     i++) {
		struct cgw_diag diag = {0};

		if (cgw_control_available(checking->trial.layout, control, &diag) == 0)
			continue;
		printf("    %s: unavailable: %s\n", cgw_control_info(control)->key, diag.text);
		checking->problems++;
	}
}

/* Reports metrics of the rule that this machine does not provide. */
static void check_metrics(struct checking *checking, const struct cgw_section_info *section)
{
	for (size_t i = 0; i < cgw_expression_term_count(section->when); i++) {
		struct cgw_metric_set set = {0};
		struct cgw_term term;

		cgw_expression_term(section->when, i, &term);
		if (term.kind != CGW_TERM_FIELD)
			continue;
		cgw_field_metrics(term.field, &set);
		for (enum cgw_metric metric = 0; metric < cgw_metric_count(); metric++) {
			if (!cgw_metric_set_has(&set, metric) ||
			    cgw_snapshot_source(cgw_frame_now(checking->trial.frame), metric) !=
				    NULL)
				continue;
			printf("    inactive: %s is unavailable on this machine ('%s')\n",
			       cgw_metric_info(metric)->key, term.text);
			checking->problems++;
		}
	}
}

static bool is_protected(struct checking *checking, size_t section, uint32_t group,
			 struct cgw_diag *diag)
{
	const struct policy_trial *trial = &checking->trial;
	enum cgw_control control = CGW_CONTROL_NONE;
	const char *value;

	(void)cgw_policy_assignment(trial->policy, section, 0, &control, &value);
	return cgw_policy_check_protected(trial->policy, trial->frame, &trial->facts, group,
					  control, diag) < 0;
}

/* What the daemon would do: by a dry run with its options. */
static void print_change(struct checking *checking, struct cgw_plan **plan,
			 const struct cgw_step *step)
{
	const struct policy_trial *trial = &checking->trial;
	const struct cgw_limit_options dry_run = {
		.backend = cgw_policy_settings(trial->policy)->backend,
		.dry_run = true,
		.enable = true,
	};
	const char *key = cgw_control_info(step->control)->key;
	struct cgw_diag diag = {0};
	int r = *plan != NULL ? cgw_plan_reset(*plan, &dry_run)
			      : cgw_plan_new(trial->layout, &dry_run, plan);

	r = r < 0 ? r : cgw_plan_add(*plan, step, &diag);
	r = r < 0 ? r : cgw_plan_apply(*plan);
	if (r == 0) {
		const char *old_value = cgw_plan_result(*plan, 0)->old_value;

		printf("      %s: %s -> %s\n", key, old_value[0] != '\0' ? old_value : "-",
		       step->value);
		return;
	}
	if (*plan != NULL && cgw_plan_failure(*plan) != NULL)
		diag = cgw_plan_failure(*plan)->diag;
	/* A file that does not exist yet is waited for. */
	checking->problems += r != -ENOENT;
	printf("      %s: - -> %s, %s: %s\n", key, step->value,
	       r == -ENOENT ? "waiting" : "not possible now",
	       diag.text[0] != '\0' ? diag.text : strerror(-r));
}

static void print_changes(struct checking *checking, size_t section, uint32_t group)
{
	const struct policy_trial *trial = &checking->trial;
	struct cgw_step step = {.kind = CGW_STEP_SET};
	struct cgw_plan *plan = NULL;
	CLEANUP(cleanup_free)
	char *path =
		cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(trial->frame)), group);

	step.path = path;
	for (size_t i = 0; path != NULL && cgw_policy_assignment(trial->policy, section, i,
								 &step.control, &step.value) == 0;
	     i++)
		print_change(checking, &plan, &step);
	cgw_plan_free(plan);
}

static void check_groups(struct checking *checking, size_t index,
			 const struct cgw_section_info *section)
{
	const struct policy_trial *trial = &checking->trial;
	uint32_t count = cgw_snapshot_topology(cgw_frame_now(trial->frame))->count;
	size_t matched = 0, protected_count = 0;

	for (uint32_t group = 0; group < count; group++) {
		CLEANUP(cleanup_free) char *path = NULL;
		struct cgw_diag diag = {0};
		bool guarded;

		if (cgw_policy_section_matches(trial->policy, index, trial->frame, &trial->facts,
					       group) != CGW_TRUE)
			continue;
		matched++;
		guarded = section->kind != CGW_SECTION_PROTECT &&
			  is_protected(checking, index, group, &diag);
		protected_count += guarded;
		if (!checking->all && matched > GROUPS_SHOWN)
			continue;
		path = trial_group_path(trial, group);
		printf("    %s%s%s\n", path != NULL ? path : "", guarded ? "  refused: " : "",
		       guarded ? diag.text : "");
		if (!guarded && section->kind == CGW_SECTION_LIMIT)
			print_changes(checking, index, group);
		if (section->kind == CGW_SECTION_RULE)
			policy_report_print_condition(
				&(struct policy_report){.policy = trial->policy,
							.frame = trial->frame,
							.facts = &trial->facts,
							.group = group},
				index, section->when, "when", 6);
	}
	if (!checking->all && matched > GROUPS_SHOWN)
		printf("    and %zu more\n", matched - GROUPS_SHOWN);
	if (matched == 0)
		printf("    no matching group\n");
	if (protected_count > 0) {
		printf("    conflict: %zu of %zu groups are protected\n", protected_count, matched);
		checking->problems++;
	}
}

static void check_section(struct checking *checking, size_t index)
{
	struct cgw_section_info section = cgw_policy_section(checking->trial.policy, index);

	printf("[%s %s] (%s:%u)\n", cgw_section_kind_name(section.kind), section.name, section.file,
	       section.line);
	if (section.kind == CGW_SECTION_PLACE) {
		printf("    into %s\n", section.to);
		return;
	}
	if (section.kind == CGW_SECTION_LIMIT)
		check_controls(checking, index);
	if (section.kind == CGW_SECTION_RULE)
		check_metrics(checking, &section);
	check_groups(checking, index, &section);
}

static enum cli_exit check_recording(const struct cli_context *context,
				     const struct checking *checking, const char *file,
				     const char *directory)
{
	struct cgw_policy *policy;
	enum cli_exit status = policy_report_load(file, directory, &policy);

	if (status != CLI_OK)
		return status;
	status = backtest_run(context, policy, checking->recording, checking->json, checking->all);
	cgw_policy_free(policy);
	return status;
}

static enum cli_exit check_machine(const struct cli_context *context, struct checking *checking,
				   const char *file, const char *directory)
{
	enum cli_exit status = trial_open(context, file, directory, 200000000, &checking->trial);

	if (status == CLI_OK && checking->group != NULL)
		return trial_explain(context, &checking->trial, checking->group);
	if (status != CLI_OK)
		return status;
	if (nothing_is_writable(checking->trial.layout)) {
		printf("not enforced here: all cgroup hierarchies are mounted read-only\n");
		checking->problems++;
	}
	for (size_t i = 0; i < cgw_policy_section_count(checking->trial.policy); i++)
		check_section(checking, i);
	if (cgw_policy_section_count(checking->trial.policy) == 0)
		printf("no sections: nothing to do\n");
	return checking->strict && checking->problems > 0 ? CLI_REFUSED : CLI_OK;
}

int check_run(struct cli_context *context, int argc, char **argv)
{
	struct checking checking = {0};
	const char *file = DAEMON_POLICY, *directory = DAEMON_POLICY_DIRECTORY;
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &checking, &status))
		return (int)status;
	if (checking.list_keys) {
		print_keys();
		return CLI_OK;
	}
	if (checking.json && checking.recording == NULL)
		return (int)cli_usage_error(context, "--json requires --recording");
	if (argc > 1)
		return (int)cli_usage_error(context, "unexpected argument '%s'", argv[1]);
	if (argc > 0) {
		file = argv[0];
		directory = NULL;
	}
	if (checking.syntax)
		return (int)policy_report_load(file, directory, NULL);
	if (checking.recording != NULL)
		return (int)check_recording(context, &checking, file, directory);
	status = check_machine(context, &checking, file, directory);
	trial_close(&checking.trial);
	return (int)status;
}
