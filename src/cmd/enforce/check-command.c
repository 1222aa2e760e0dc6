/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* check-command.c - what a policy would do on this machine, before it does it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/enforce/backtest.h"
#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/policy-trial.h"
#include "lib/base/cleanup.h"
#include "shared/cli/daemon-status.h"
#include "shared/cli/options.h"

#define GROUPS_SHOWN 8 /* of each section; --all shows them all */

enum { OPTION_SYNTAX = CLI_OPTION_LONG, OPTION_STRICT, OPTION_KEYS, OPTION_RECORDING };

static const struct cli_option options[] = {
	{'g', "group", "GROUP", false,
	 "of this group only: its sections, what each term of their conditions is now"},
	{'a', "all", NULL, false, "name every group of each section, not the first 8"},
	{OPTION_RECORDING, "recording", "FILE", false,
	 "what it would have done to a machine that was recorded, and for how long"},
	{'J', "json", NULL, false, "one JSON object, of a recording"},
	{OPTION_SYNTAX, "syntax", NULL, false, "look at the file alone, not at this machine"},
	{OPTION_STRICT, "strict", NULL, false,
	 "fail on what this machine cannot do, and on conflicts"},
	{OPTION_KEYS, "list-keys", NULL, false, "list the keys of the policy file, then end"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward check [OPTION...] [FILE]",
	.text = "Says what is wrong with a policy file, or what it would do here: which groups "
		"each\n"
		"section is for now, what would be set, what is protected, what this machine "
		"lacks.\n"
		"Without FILE it is " DAEMON_POLICY " with conf.d.",
	.options = options,
};

struct checking {
	struct view view;
	const char *group, *recording;
	bool all, syntax, strict, json;
	size_t complaints; /* what --strict fails on */
};

static void print_keys(void)
{
	struct cgw_policy_key key;

	for (size_t i = 0; cgw_policy_key(i, &key) == 0; i++)
		printf("%-24s %-16s %-32s %s%s\n", key.sections, key.key, key.syntax, key.help,
		       key.repeatable ? " (may be repeated)" : "");
	for (int i = 0; i < CGW_CONTROL_COUNT; i++) {
		const struct cgw_control_info *info = cgw_control_info((enum cgw_control)i);

		if (!info->action)
			printf("%-24s %-16s %-32s %s\n", "limit", info->key, info->syntax,
			       info->help);
	}
}

/* What the machine does not have, of the controls that a section sets. */
static void check_controls(struct checking *checking, size_t section)
{
	enum cgw_control control;
	const char *value;

	for (size_t i = 0;
	     cgw_policy_assignment(checking->view.policy, section, i, &control, &value) == 0; i++) {
		struct cgw_diag diag = {0};

		if (cgw_control_available(checking->view.layout, control, &diag) == 0)
			continue;
		printf("    %s: not on this machine: %s\n", cgw_control_info(control)->key,
		       diag.text);
		checking->complaints++;
	}
}

/* Of a rule: whether this machine gives the figures that it reads. */
static void check_terms(struct checking *checking, const struct cgw_section_info *section)
{
	for (size_t i = 0; i < cgw_expression_term_count(section->when); i++) {
		struct cgw_metric_set set = {0};
		struct cgw_term term;

		cgw_expression_term(section->when, i, &term);
		if (term.kind != CGW_TERM_FIELD)
			continue;
		cgw_field_metrics(term.field, &set);
		for (int metric = 0; metric < CGW_METRIC_COUNT; metric++) {
			if (!cgw_metric_set_has(&set, (enum cgw_metric)metric) ||
			    cgw_snapshot_source(cgw_frame_now(checking->view.frame),
						(enum cgw_metric)metric) != NULL)
				continue;
			printf("    inactive: %s is not on this machine (\"%s\")\n",
			       cgw_metric_info((enum cgw_metric)metric)->key, term.text);
			checking->complaints++;
		}
	}
}

static bool is_protected(struct checking *checking, size_t section, uint32_t group,
			 struct cgw_diag *diag)
{
	const struct view *view = &checking->view;
	enum cgw_control control = CGW_CONTROL_COUNT;
	const char *value;

	(void)cgw_policy_assignment(view->policy, section, 0, &control, &value);
	return cgw_policy_check_protected(view->policy, view->frame, &view->facts, group, control,
					  diag) < 0;
}

static void print_present(const struct checking *checking, size_t section, uint32_t group)
{
	const struct view *view = &checking->view;
	enum cgw_control control;
	const char *value;
	char path[4096];

	(void)cgw_topology_path(cgw_snapshot_topology(cgw_frame_now(view->frame)), group, path,
				sizeof(path));
	for (size_t i = 0; cgw_policy_assignment(view->policy, section, i, &control, &value) == 0;
	     i++) {
		char present[256] = "-";

		if (cgw_control_info(control)->instances)
			(void)snprintf(present, sizeof(present), "...");
		else if (cgw_control_read(view->layout, path, control, NULL, present,
					  sizeof(present), NULL) < 0)
			(void)snprintf(present, sizeof(present), "-");
		printf("      %s: %s -> %s\n", cgw_control_info(control)->key, present, value);
	}
}

static void print_condition(const struct checking *checking, size_t index,
			    const struct cgw_section_info *section, uint32_t group)
{
	CLEANUP(cleanup_free) uint32_t *together = NULL;
	struct cgw_scope scope = {
		.frame = checking->view.frame, .group = group, .facts = &checking->view.facts};

	(void)cgw_policy_sum_members(checking->view.policy, index, scope.frame, scope.facts, group,
				     &together, &scope.member_count);
	scope.members = together;
	printf("      when: %s", cgw_truth_name(cgw_expression_evaluate(section->when, &scope)));
	if (scope.member_count > 0)
		printf(", of %zu groups together", scope.member_count);
	putchar('\n');
}

static void check_groups(struct checking *checking, size_t index,
			 const struct cgw_section_info *section)
{
	const struct view *view = &checking->view;
	uint32_t count = cgw_snapshot_topology(cgw_frame_now(view->frame))->count;
	size_t matched = 0, protected_count = 0;
	char path[4 * 4096];

	for (uint32_t group = 0; group < count; group++) {
		struct cgw_diag diag = {0};
		bool guarded;

		if (cgw_policy_section_matches(view->policy, index, view->frame, &view->facts,
					       group) != CGW_TRUE)
			continue;
		matched++;
		guarded = section->kind != CGW_SECTION_PROTECT &&
			  is_protected(checking, index, group, &diag);
		protected_count += guarded;
		if (!checking->all && matched > GROUPS_SHOWN)
			continue;
		printf("    %s%s%s\n", view_path(view, group, path, sizeof(path)),
		       guarded ? "  refused: " : "", guarded ? diag.text : "");
		if (!guarded && section->kind == CGW_SECTION_LIMIT)
			print_present(checking, index, group);
		if (section->kind == CGW_SECTION_RULE)
			print_condition(checking, index, section, group);
	}
	if (!checking->all && matched > GROUPS_SHOWN)
		printf("    and %zu more\n", matched - GROUPS_SHOWN);
	if (matched == 0)
		printf("    no group now\n");
	if (protected_count > 0) {
		printf("    conflict: %zu of %zu groups are protected\n", protected_count, matched);
		checking->complaints++;
	}
}

static void check_section(struct checking *checking, size_t index)
{
	struct cgw_section_info section = cgw_policy_section(checking->view.policy, index);

	printf("[%s %s] (%s:%u)\n", cgw_section_kind_name(section.kind), section.name, section.file,
	       section.line);
	if (section.kind == CGW_SECTION_PLACE) {
		printf("    into %s\n", section.to);
		return;
	}
	if (section.kind == CGW_SECTION_LIMIT)
		check_controls(checking, index);
	if (section.kind == CGW_SECTION_RULE)
		check_terms(checking, &section);
	check_groups(checking, index, &section);
}

static int parse_options(struct cli_context *context, int argc, char **argv,
			 struct checking *checking, enum cli_exit *ret_exit)
{
	const char *value;
	int code;

	while ((code = cli_next_option(context, &help, argc, argv, &value, ret_exit)) > 0) {
		if (code == OPTION_KEYS) {
			print_keys();
			*ret_exit = CLI_OK;
			return -1;
		}
		if (code == 'g')
			checking->group = value;
		if (code == OPTION_RECORDING)
			checking->recording = value;
		checking->all = checking->all || code == 'a';
		checking->json = checking->json || code == 'J';
		checking->syntax = checking->syntax || code == OPTION_SYNTAX;
		checking->strict = checking->strict || code == OPTION_STRICT;
	}
	if (code == 0 && checking->json && checking->recording == NULL) {
		*ret_exit = cli_usage_error(context, "--json tells what --recording FILE does");
		return -1;
	}
	if (code == 0 && optind + 1 < argc) {
		*ret_exit = cli_usage_error(context, "one file is checked at a time");
		return -1;
	}
	return code;
}

static enum cli_exit check_recording(const struct cli_context *context,
				     const struct checking *checking, const char *file,
				     const char *directory)
{
	struct cgw_policy *policy;
	enum cli_exit status = view_policy(file, directory, &policy);

	if (status != CLI_OK)
		return status;
	status = backtest_run(context, policy, checking->recording, checking->json, checking->all);
	cgw_policy_free(policy);
	return status;
}

static enum cli_exit check_machine(const struct cli_context *context, struct checking *checking,
				   const char *file, const char *directory)
{
	enum cli_exit status = view_open(context, file, directory, 200000000, &checking->view);

	if (status == CLI_OK && checking->group != NULL)
		return view_explain(context, &checking->view, checking->group);
	if (status != CLI_OK)
		return status;
	for (size_t i = 0; i < cgw_policy_section_count(checking->view.policy); i++)
		check_section(checking, i);
	if (cgw_policy_section_count(checking->view.policy) == 0)
		printf("no section: nothing would be done\n");
	return checking->strict && checking->complaints > 0 ? CLI_REFUSED : CLI_OK;
}

int check_run(struct cli_context *context, int argc, char **argv)
{
	struct checking checking = {0};
	const char *file = DAEMON_POLICY, *directory = DAEMON_POLICY_DIRECTORY;
	enum cli_exit status;

	if (parse_options(context, argc, argv, &checking, &status) < 0)
		return (int)status;
	if (optind < argc) {
		file = argv[optind];
		directory = NULL;
	}
	if (checking.syntax)
		return (int)view_policy(file, directory, NULL);
	if (checking.recording != NULL)
		return (int)check_recording(context, &checking, file, directory);
	status = check_machine(context, &checking, file, directory);
	view_close(&checking.view);
	return (int)status;
}
