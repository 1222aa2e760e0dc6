/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change.c - options, layout and plan, shared by all commands that change groups. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change.h"
#include "lib/base/cleanup.h"
#include <cgward/policy.h>

void change_init(struct change_command *command, struct cli_context *context)
{
	*command = (struct change_command){.context = context};
	snprintf(command->who, sizeof(command->who), "%s %s", context->program, context->command);
	command->options.who = command->who;
}

void change_done(struct change_command *command)
{
	cgw_plan_free(command->plan);
	command->protection = cgw_protection_free(command->protection);
	cgw_layout_free(command->layout);
	command->plan = NULL;
	command->layout = NULL;
}

enum cli_exit change_parse_ids(void *target, struct cli_context *context,
			       const struct cli_option *option, const char *argument)
{
	struct change_command *command = target;
	const char *at = argument;
	char *end;

	command->id_count = 0;
	do {
		struct change_id *id = &command->ids[command->id_count];
		size_t word = strcspn(at, ":,");

		*id = (struct change_id){0};
		if (at[word] == ':') {
			id->hierarchy = at;
			id->length = word;
			at += word + 1;
		}
		errno = 0;
		id->id = strtoull(at, &end, 10);
		if (!isdigit((unsigned char)at[0]) || errno != 0 || (*end != ',' && *end != '\0') ||
		    id->id == 0)
			return cli_usage_error(context,
					       "invalid --%s '%.64s' (expected IDs separated "
					       "by commas, as printed by `cgward dump -o ids`)",
					       option->name, at);
		if (++command->id_count == CHANGE_IDS_MAX && *end != '\0')
			return cli_usage_error(context, "too many IDs for --%s (at most %d)",
					       option->name, CHANGE_IDS_MAX);
		at = end + 1;
	} while (*end != '\0');
	return CLI_OK;
}

bool change_parse_options(struct change_command *command, const struct cli_command_help *help,
			  int *argc, char ***argv, enum cli_exit *ret_exit)
{
	if (!cli_parse_options(command->context, help, argc, argv, command, ret_exit))
		return false;
	if (!command->options.persist || command->options.backend != CGW_BACKEND_DIRECT)
		return true;
	*ret_exit =
		cli_usage_error(command->context, "--persist and --direct are mutually exclusive");
	return false;
}

static void print_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		cli_diag(context, &problem->diag);
}

/*
 * Loads the [protect] sections of the policy, if there is one. An invalid policy might protect any
 * group, so it is an error.
 */
static enum cli_exit load_protection(struct change_command *command)
{
	const struct cgw_policy_reporter reporter = {print_problem, command->context};

	if (command->options.yes_really)
		return CLI_OK;
	if (cgw_protection_load(command->layout, command->policy, &reporter, &command->protection) <
	    0) {
		cli_error(command->context, "cannot load the [protect] sections of the policy; "
					    "use --yes-really to proceed without them");
		return CLI_POLICY_INVALID;
	}
	command->options.protect = cgw_protection_check;
	command->options.protect_context = command->protection;
	return CLI_OK;
}

enum cli_exit change_open(struct change_command *command)
{
	enum cli_exit status = CLI_OK;
	int r;

	command->layout = cli_layout(command->context, &status);
	if (command->layout == NULL)
		return status;
	status = load_protection(command);
	if (status != CLI_OK)
		return status;
	r = cgw_plan_new(command->layout, &command->options, &command->plan);
	if (r < 0)
		return cli_fail(command->context, r, NULL);
	return CLI_OK;
}

/* Is the ID one of a group in that hierarchy? */
static bool is_of(const struct change_id *id, const struct cgw_hierarchy *hierarchy, bool first)
{
	size_t label = strcspn(hierarchy->label, ",");

	if (id->hierarchy == NULL)
		return first;
	return id->length == label && memcmp(id->hierarchy, hierarchy->label, label) == 0;
}

/* Makes the plan check the group's IDs in each hierarchy of which IDs were given. */
static void expect_ids(const struct change_command *command, const char *path,
		       uint64_t ids[CGW_HIERARCHY_MAX])
{
	size_t first = SIZE_MAX;
	bool checked = false;

	for (size_t h = 0; h < command->layout->hierarchy_count; h++) {
		CLEANUP(cleanup_close) int directory = -1;
		uint64_t id;

		if (cgw_group_open(command->layout, h, path, &directory, &id) < 0)
			continue;
		first = first == SIZE_MAX ? h : first;
		for (size_t i = 0; i < command->id_count && ids[h] != id; i++)
			if (is_of(&command->ids[i], &command->layout->hierarchies[h], h == first))
				ids[h] = command->ids[i].id;
		checked = checked || ids[h] != 0;
	}
	/* The expected group was in other hierarchies: no group here is the same. */
	if (!checked && first != SIZE_MAX)
		ids[first] = UINT64_MAX;
}

enum cli_exit change_add_step(struct change_command *command, const struct cgw_step *requested)
{
	struct cgw_diag diag = {0};
	struct cgw_step step = *requested;
	uint64_t ids[CGW_HIERARCHY_MAX] = {0};
	int r;

	if (command->id_count > 0 && step.expected_id == 0) {
		expect_ids(command, step.path, ids);
		step.expected_ids = ids;
		step.expected_id_count = CGW_HIERARCHY_MAX;
	}
	r = cgw_plan_add(command->plan, &step, &diag);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] == '\0')
		cgw_diag_set(&diag, r, "%s", strerror(-r));
	cli_diag(command->context, &diag);
	/* The plan has not read the group yet, so the error is in the arguments. */
	return r == -ENOMEM ? CLI_FAILED : CLI_USAGE;
}
