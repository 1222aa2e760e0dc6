/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-command.c - `cgward run [KEY=VALUE...] -- COMMAND`: a command in a new group with limits.
 *
 * The child is forked first and waits. If systemd is running, it creates a scope for the child;
 * otherwise cgward creates the group in every hierarchy. The command starts once all limits are
 * set.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/change/change-report.h"
#include "cmd/change/cleanup-process.h"
#include "cmd/change/group-arguments.h"
#include "cmd/change/run-child.h"
#include "lib/base/cleanup.h"
#include "lib/base/string-list.h"
#include "lib/limit/plan.h"

struct run {
	struct change_command command;
	const char *name, *slice;
	char **child_argv;
	struct systemd *systemd; /* NULL: cgward creates the group */
	char unit[256];
	struct child child;
	struct cleanup_process cleanup;
	struct group_list groups; /* one group */
	bool created;
};

static const struct cli_option options[] = {
	{0, "name", "NAME", "name of the group: a path, or a scope name if systemd is running",
	 CLI_TEXT(struct run, name)},
	{0, "slice", "SLICE", "put the scope into SLICE (only with systemd)",
	 CLI_TEXT(struct run, slice)},
	CHANGE_OPTIONS,
	CHANGE_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Run a command with at most 1 GiB of memory",
	 "cgward run memory.max=1G -- sort access.log"},
	{"Run it in a group of a given name",
	 "cgward run --name nightly pids.max=50 -- sort access.log"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward run [OPTION...] [KEY=VALUE...] -- COMMAND [ARGUMENT...]",
	.text = "Run a command in a new group with the given limits, and forward signals to it. "
		"The exit\n"
		"status is that of the command, 128 plus the signal number if a signal killed it, "
		"or\n"
		"125 to 127 if it could not be run. When the command exits, its remaining "
		"processes are\n"
		"killed and the group is removed, even if cgward itself is killed.",
	.options = options,
	.examples = examples,
};

/* Applies one step to the new group, and prints nothing. */
static int apply_quietly(const struct run *run, enum cgw_step_kind kind)
{
	struct cgw_limit_options plan_options = run->command.options;
	const struct cgw_step step = {
		.kind = kind, .path = run->groups.paths[0], .signal = SIGKILL, .recursive = true};
	struct cgw_plan *plan = NULL;
	int r;

	/* The group is temporary: its removal must not be recorded for undo. */
	plan_options.no_undo = true;
	plan_options.yes_really = true;
	plan_options.force = true;
	r = cgw_plan_new(run->command.layout, &plan_options, &plan);
	if (r == 0)
		r = cgw_plan_add(plan, &step, NULL);
	if (r == 0)
		r = cgw_plan_apply(plan);
	cgw_plan_free(plan);
	return r;
}

/* Kills remaining processes and removes the group; systemd removes an empty scope. */
static int clean(const struct run *run)
{
	struct timespec pause = {.tv_nsec = 10000000};
	int r = 0;

	for (int tries = 0; tries < 50; tries++) {
		r = apply_quietly(run, CGW_STEP_KILL);
		if (run->systemd == NULL && (r == 0 || !cgw_error_is_gone(r)))
			r = apply_quietly(run, CGW_STEP_DELETE);
		if (r == 0 || cgw_error_is_gone(r))
			return 0;
		nanosleep(&pause, NULL);
	}
	return r;
}

static void clean_for(void *context)
{
	(void)clean(context);
}

static void run_done(struct run *run)
{
	child_done(&run->child);
	if (run->created && clean(run) < 0)
		cli_error(run->command.context, "cannot remove group %s", run->groups.paths[0]);
	cleanup_process_stop(&run->cleanup);
	groups_done(&run->groups);
	systemd_close(run->systemd);
	change_done(&run->command);
}

/* Records the group in the journal: systemd has created it, not a step. */
static void record_scope(struct run *run, size_t hierarchy, const char *path)
{
	struct cgw_place place = {.path = path};
	struct cgw_change change = {
		.kind = CGW_STEP_CREATE, .path = path, .places = &place, .place_count = 1};
	CLEANUP(cleanup_close) int directory = -1;

	(void)cgw_group_open(run->command.layout, hierarchy, path, &directory, &place.group_id);
	change.group_id = place.group_id;
	snprintf(place.hierarchy, sizeof(place.hierarchy), "%s",
		 run->command.layout->hierarchies[hierarchy].label);
	memcpy(change.hierarchy, place.hierarchy, sizeof(change.hierarchy));
	if (plan_journal_other(run->command.plan, &change) == 0)
		plan_settle(run->command.plan, &change, CGW_OUTCOME_DONE);
}

/* Finds the scope of the child in the hierarchy that systemd uses: v2, or its own v1 hierarchy. */
static int find_scope(struct run *run)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	const struct cgw_layout *layout = run->command.layout;
	size_t length = strlen(run->unit);
	int r = cgw_membership_read(layout, run->child.pid, &membership);

	for (size_t i = 0; r == 0 && i < membership.count; i++) {
		const char *path = membership.paths[i];
		size_t size = path != NULL ? strlen(path) : 0;

		if (size <= length || strcmp(path + size - length, run->unit) != 0 ||
		    path[size - length - 1] != '/')
			continue;
		r = groups_add_path(&run->groups, path);
		if (r == 0)
			record_scope(run, i, path);
		return r;
	}
	return r < 0 ? r : -ENOENT;
}

static enum cli_exit create_scope(struct run *run)
{
	const struct systemd_scope scope = {
		.unit = run->unit,
		.slice = run->slice,
		.description = run->child_argv[0],
		.pids = &run->child.pid,
		.pid_count = 1,
	};
	struct cgw_diag diag = {0};
	int r = systemd_start_scope(run->systemd, &scope, &diag);

	if (r == 0) {
		r = find_scope(run);
		if (r < 0)
			cgw_diag_set(&diag, r,
				     "the command is not in the scope that systemd created");
	}
	if (r < 0)
		return cli_fail(run->command.context, r, &diag);
	run->created = true;
	return CLI_OK;
}

/* Adds a step that creates the group, or moves the child into it. */
static enum cli_exit add_step(struct run *run, enum cgw_step_kind kind)
{
	const struct cgw_step step = {
		.kind = kind, .path = run->groups.paths[0], .pid = run->child.pid};

	return change_add_step(&run->command, &step);
}

/* Rejects an existing group, since cgward would remove it at the end. */
static enum cli_exit use_new_path(struct run *run, const char *name)
{
	enum cli_exit status = groups_add_new(&run->command, &run->groups, name);

	for (size_t i = 0; i < run->command.layout->hierarchy_count && status == CLI_OK; i++) {
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(run->command.layout, i, run->groups.paths[0], &directory, NULL) <
		    0)
			continue;
		cli_error(run->command.context,
			  "the group already exists; --name requires a new one");
		status = CLI_REFUSED;
	}
	return status;
}

static enum cli_exit name_group(struct run *run)
{
	char name[64];

	snprintf(name, sizeof(name), "cgward-run-%ld", (long)getpid());
	if (run->systemd == NULL)
		return use_new_path(run, run->name != NULL ? run->name : name);
	if (run->name != NULL && strchr(run->name, '/') != NULL)
		return cli_usage_error(
			run->command.context,
			"systemd is running, so --name must be a scope name without '/'; "
			"use --slice to select its slice");
	snprintf(run->unit, sizeof(run->unit), "%s.scope", run->name != NULL ? run->name : name);
	return CLI_OK;
}

/* Prints the steps with the name of the scope, since systemd chooses its path. */
static enum cli_exit print_scope(struct run *run, int count, char **assignments)
{
	size_t steps_count = (size_t)count + 1;
	CLEANUP(cleanup_free) struct cgw_step *steps = calloc(steps_count, sizeof(*steps));
	CLEANUP(cleanup_free) struct cgw_result *results = calloc(steps_count, sizeof(*results));
	CLEANUP(string_list_free) struct string_list values = {0};

	if (steps == NULL || results == NULL)
		return CLI_FAILED;
	steps[0] = (struct cgw_step){.kind = CGW_STEP_CREATE, .path = run->unit};
	snprintf(results[0].how, sizeof(results[0].how), "StartTransientUnit '%s' for the command",
		 run->unit);
	for (int i = 0; i < count; i++) {
		struct cgw_step *step = &steps[i + 1];
		struct cgw_diag diag = {0};
		char *value = NULL;
		int r = cgw_assignment_parse(assignments[i], &step->control, &value, &diag);

		if (r == 0)
			r = string_list_take(&values, value);
		if (r == 0)
			r = cgw_value_check(step->control, value, &diag);
		if (r < 0) {
			cli_diag(run->command.context, &diag);
			return CLI_USAGE;
		}
		step->kind = CGW_STEP_SET;
		step->path = run->unit;
		step->value = value;
	}
	return report_steps(&run->command, steps, results, steps_count);
}

static enum cli_exit print_steps(struct run *run, int count, char **assignments)
{
	enum cli_exit status;

	if (run->systemd != NULL)
		return print_scope(run, count, assignments);
	status = add_step(run, CGW_STEP_CREATE);
	if (status == CLI_OK)
		status = assign_add(&run->command, &run->groups, count, assignments);
	return status == CLI_OK ? change_apply(&run->command) : status;
}

/* Creates the group with its limits, and moves the child into it. */
static enum cli_exit prepare(struct run *run, int count, char **assignments)
{
	enum cli_exit status = CLI_OK;

	if (run->systemd != NULL)
		status = create_scope(run);
	else
		status = add_step(run, CGW_STEP_CREATE);
	if (status == CLI_OK &&
	    cleanup_process_start(&run->cleanup, run->child.go, clean_for, run) < 0) {
		cli_error(run->command.context, "%s", strerror(errno));
		status = CLI_FAILED;
	}
	if (status == CLI_OK)
		status = assign_add(&run->command, &run->groups, count, assignments);
	if (status == CLI_OK && run->systemd == NULL)
		status = add_step(run, CGW_STEP_MOVE);
	if (status == CLI_OK && cgw_plan_count(run->command.plan) > 0)
		status = change_apply(&run->command);
	run->created |= status == CLI_OK;
	return status;
}

static int execute(struct run *run, int count, char **assignments)
{
	struct change_command *command = &run->command;
	enum cli_exit status = change_open(command);
	int r;

	if (status == CLI_OK && command->options.backend != CGW_BACKEND_DIRECT &&
	    command->context->roots.cgroup == NULL) {
		r = systemd_open(&run->systemd);
		if (r < 0 && r != -EHOSTDOWN && r != -EOPNOTSUPP) {
			cli_error(command->context, "%s", strerror(-r));
			return CHILD_NOT_STARTED;
		}
	}
	if (status == CLI_OK)
		status = name_group(run);
	if (status == CLI_OK && command->options.dry_run)
		return (int)print_steps(run, count, assignments);
	if (status == CLI_OK) {
		r = child_start(&run->child, command->context, run->child_argv);
		if (r < 0) {
			cli_error(command->context, "%s", strerror(-r));
			return CHILD_NOT_STARTED;
		}
		status = prepare(run, count, assignments);
	}
	if (status != CLI_OK)
		return CHILD_NOT_STARTED;
	r = child_go(&run->child);
	return r < 0 ? CHILD_NOT_STARTED : child_wait(&run->child);
}

int run_command(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(run_done) struct run run = {.child = {.pid = -1, .go = -1}, .cleanup = {.pid = -1}};
	enum cli_exit status;
	int end = 1, count;

	change_init(&run.command, context);
	run.command.quiet = true;
	run.command.options.no_undo = true;
	/* Arguments after "--" belong to the command. */
	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	count = end;
	run.child_argv = argv + end + 1;
	end = argc - end - 1;
	if (!change_parse_options(&run.command, &help, &count, &argv, &status))
		return (int)status;
	if (end < 1)
		return (int)cli_usage_error(context, "missing '-- COMMAND'");
	if (run.command.json && !run.command.options.dry_run)
		return (int)cli_usage_error(context, "--json requires --dry-run, since the command "
						     "uses standard output");
	for (int i = 0; i < count; i++)
		if (!assign_is(argv[i]))
			return (int)cli_usage_error(
				context,
				"unexpected argument '%.64s' (expected KEY=VALUE before '--')",
				argv[i]);
	return execute(&run, count, argv);
}
