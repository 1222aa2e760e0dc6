/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-command.c - `cgward run [KEY=VALUE...] -- COMMAND`: a command in a limited group of its own.
 *
 * The command is forked first and waits. Where systemd runs, it makes a scope around it; else the
 * group is made in every hierarchy. Only when all limits hold does the command start.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/change/change-entry.h"
#include "cmd/change/change-report.h"
#include "cmd/change/parse-assignment.h"
#include "cmd/change/run-child.h"
#include "lib/base/cleanup.h"
#include "lib/limit/systemd.h"

enum { OPTION_NAME = CLI_OPTION_LONG, OPTION_SLICE };

static const struct cli_option options[] = {
	{OPTION_NAME, "name", "NAME", false,
	 "call the group NAME: a path, or the scope's name where systemd runs"},
	{OPTION_SLICE, "slice", "SLICE", false, "where systemd runs: put the scope into SLICE"},
	VERB_OPTIONS,
	VERB_SET_OPTIONS,
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward run [OPTION...] [KEY=VALUE...] -- COMMAND [ARGUMENT...]",
	.text = "Runs a command in a new group with these limits. Signals are passed on; the exit\n"
		"status is the command's, 128 and the signal's number where one ended it, 125 to "
		"127\n"
		"where it was never run. At its end what it left running is killed, and the group\n"
		"removed, also when cgward itself is killed.",
	.options = options,
};

struct run {
	struct verb verb;
	const char *name, *slice;
	char **command;
	struct systemd *systemd; /* NULL: groups are made by hand */
	char unit[256];
	struct child child;
	struct keeper keeper;
	struct group_list groups; /* the one */
	bool made;
};

static enum cli_exit take(void *context, int code, const char *value)
{
	struct run *run = context;

	if (code == OPTION_NAME)
		run->name = value;
	else if (code == OPTION_SLICE)
		run->slice = value;
	else
		return CLI_WOULD_CHANGE;
	return CLI_OK;
}

/* A plan of one step on our own group; nothing is said. */
static int quietly(const struct run *run, enum cgw_step_kind kind)
{
	struct cgw_limit_options plan_options = run->verb.options;
	const struct cgw_step step = {
		.kind = kind, .path = run->groups.paths[0], .signal = SIGKILL, .recursive = true};
	struct cgw_plan *plan = NULL;
	int r;

	/* It is ours, and its end is no change to be undone. */
	plan_options.no_undo = true;
	plan_options.yes_really = true;
	plan_options.force = true;
	r = cgw_plan_new(run->verb.layout, &plan_options, &plan);
	if (r == 0)
		r = cgw_plan_add(plan, &step, NULL);
	if (r == 0)
		r = cgw_plan_apply(plan);
	cgw_plan_free(plan);
	return r;
}

/* What is left is killed, and the group removed; a scope goes by itself when it is empty. */
static int clean(const struct run *run)
{
	struct timespec pause = {.tv_nsec = 10000000};
	int r = 0;

	for (int tries = 0; tries < 50; tries++) {
		r = quietly(run, CGW_STEP_KILL);
		if (run->systemd == NULL && (r == 0 || !cgw_error_is_gone(r)))
			r = quietly(run, CGW_STEP_DELETE);
		if (r == 0 || cgw_error_is_gone(r))
			return 0;
		(void)nanosleep(&pause, NULL);
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
	if (run->made && clean(run) < 0)
		cli_error(run->verb.context, "the group %s could not be removed",
			  run->groups.paths[0]);
	cleanup_process_stop(&run->keeper);
	groups_done(&run->groups);
	systemd_close(run->systemd);
	verb_done(&run->verb);
}

/* Where PID 1 counts, in v2 or in its own v1 hierarchy, the command is in its scope by now. */
static int find_scope(struct run *run)
{
	CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
	const struct cgw_layout *layout = run->verb.layout;
	size_t length = strlen(run->unit);
	int r = cgw_membership_read(layout, run->child.pid, &membership);

	for (size_t i = 0; r == 0 && i < membership.count; i++) {
		const char *path = membership.paths[i];
		size_t size = path != NULL ? strlen(path) : 0;

		if (size <= length || strcmp(path + size - length, run->unit) != 0 ||
		    path[size - length - 1] != '/')
			continue;
		run->groups.paths = calloc(1, sizeof(*run->groups.paths));
		if (run->groups.paths == NULL)
			return -ENOMEM;
		run->groups.paths[0] = strdup(path);
		run->groups.count = run->groups.paths[0] != NULL;
		return run->groups.count == 1 ? 0 : -ENOMEM;
	}
	return r < 0 ? r : -ENOENT;
}

static enum cli_exit make_scope(struct run *run)
{
	const struct systemd_scope scope = {
		.unit = run->unit,
		.slice = run->slice,
		.description = run->command[0],
		.pids = &run->child.pid,
		.pid_count = 1,
	};
	struct cgw_diag diag = {0};
	int r = systemd_start_scope(run->systemd, &scope, &diag);

	if (r == 0) {
		r = find_scope(run);
		if (r < 0)
			(void)cgw_diag_set(&diag, r,
					   "the command is not in the scope that systemd "
					   "made for it");
	}
	if (r < 0) {
		cli_diag(run->verb.context, &diag);
		return cli_exit_from_error(r);
	}
	run->made = true;
	return CLI_OK;
}

/* The steps before the assignments, and after them. */
static enum cli_exit add_step(struct run *run, enum cgw_step_kind kind)
{
	const struct cgw_step step = {
		.kind = kind, .path = run->groups.paths[0], .pid = run->child.pid};

	return verb_add(&run->verb, &step);
}

/* What stands there already is another's: it must not be removed at our end. */
static enum cli_exit name_path(struct run *run, const char *name)
{
	enum cli_exit status = groups_add_new(&run->verb, &run->groups, name);

	for (size_t i = 0; i < run->verb.layout->hierarchy_count && status == CLI_OK; i++) {
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(run->verb.layout, i, run->groups.paths[0], &directory, NULL) < 0)
			continue;
		cli_error(run->verb.context, "the group is there already; --name wants a new one");
		status = CLI_REFUSED;
	}
	return status;
}

static enum cli_exit name_group(struct run *run)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "cgward-run-%ld", (long)getpid());
	if (run->systemd == NULL)
		return name_path(run, run->name != NULL ? run->name : name);
	if (run->name != NULL && strchr(run->name, '/') != NULL)
		return cli_usage_error(
			run->verb.context,
			"systemd runs here: --name is a scope's name, without \"/\"; "
			"--slice says where it goes");
	(void)snprintf(run->unit, sizeof(run->unit), "%s.scope",
		       run->name != NULL ? run->name : name);
	return CLI_OK;
}

/* A scope's path is systemd's to choose: its name stands for it. */
static enum cli_exit say_scope(struct run *run, int count, char **assignments)
{
	size_t steps_count = (size_t)count + 1;
	CLEANUP(cleanup_free) struct cgw_step *steps = calloc(steps_count, sizeof(*steps));
	CLEANUP(cleanup_free) struct cgw_result *results = calloc(steps_count, sizeof(*results));
	CLEANUP(groups_done) struct group_list values = {0};

	values.paths = calloc(steps_count, sizeof(*values.paths));
	if (steps == NULL || results == NULL || values.paths == NULL)
		return CLI_FAILED;
	steps[0] = (struct cgw_step){.kind = CGW_STEP_CREATE, .path = run->unit};
	(void)snprintf(results[0].how, sizeof(results[0].how),
		       "StartTransientUnit \"%s\" around the command", run->unit);
	for (int i = 0; i < count; i++) {
		struct cgw_step *step = &steps[i + 1];
		struct cgw_diag diag = {0};
		int r = cgw_assignment_parse(assignments[i], &step->control, &values.paths[i],
					     &diag);

		if (r == 0) {
			values.count++;
			r = cgw_value_check(step->control, values.paths[i], &diag);
		}
		if (r < 0) {
			cli_diag(run->verb.context, &diag);
			return CLI_USAGE;
		}
		step->kind = CGW_STEP_SET;
		step->path = run->unit;
		step->value = values.paths[i];
	}
	return report_steps(&run->verb, steps, results, steps_count);
}

static enum cli_exit say(struct run *run, int count, char **assignments)
{
	enum cli_exit status;

	if (run->systemd != NULL)
		return say_scope(run, count, assignments);
	status = add_step(run, CGW_STEP_CREATE);
	if (status == CLI_OK)
		status = assign_add(&run->verb, &run->groups, count, assignments);
	return status == CLI_OK ? verb_apply(&run->verb) : status;
}

/* The group with its limits, and the command in it. */
static enum cli_exit prepare(struct run *run, int count, char **assignments)
{
	enum cli_exit status = CLI_OK;

	if (run->systemd != NULL)
		status = make_scope(run);
	else
		status = add_step(run, CGW_STEP_CREATE);
	if (status == CLI_OK &&
	    cleanup_process_start(&run->keeper, &run->child, clean_for, run) < 0) {
		cli_error(run->verb.context, "%s", strerror(errno));
		status = CLI_FAILED;
	}
	if (status == CLI_OK)
		status = assign_add(&run->verb, &run->groups, count, assignments);
	if (status == CLI_OK && run->systemd == NULL)
		status = add_step(run, CGW_STEP_MOVE);
	if (status == CLI_OK && cgw_plan_count(run->verb.plan) > 0)
		status = verb_apply(&run->verb);
	run->made |= status == CLI_OK;
	return status;
}

static int execute(struct run *run, int count, char **assignments)
{
	struct verb *verb = &run->verb;
	enum cli_exit status = verb_open(verb);
	int r;

	if (status == CLI_OK && verb->options.backend != CGW_BACKEND_DIRECT &&
	    verb->context->roots.cgroup == NULL) {
		r = systemd_open(&run->systemd);
		if (r < 0 && r != -EHOSTDOWN && r != -EOPNOTSUPP) {
			cli_error(verb->context, "%s", strerror(-r));
			return CHILD_NOT_STARTED;
		}
	}
	if (status == CLI_OK)
		status = name_group(run);
	if (status == CLI_OK && verb->options.dry_run)
		return (int)say(run, count, assignments);
	if (status == CLI_OK) {
		r = child_start(&run->child, verb->context, run->command);
		if (r < 0) {
			cli_error(verb->context, "%s", strerror(-r));
			return CHILD_NOT_STARTED;
		}
		status = prepare(run, count, assignments);
	}
	if (status != CLI_OK)
		return CHILD_NOT_STARTED;
	r = child_go(&run->child);
	return r < 0 ? CHILD_NOT_STARTED : child_wait(&run->child);
}

int verb_run(struct cli_context *context, int argc, char **argv)
{
	CLEANUP(run_done) struct run run = {.child = {.pid = -1, .go = -1}, .keeper = {.pid = -1}};
	enum cli_exit status;
	int end = 1;
	bool ended;

	verb_init(&run.verb, context);
	run.verb.quiet = true;
	run.verb.options.no_undo = true;
	/* What stands behind "--" is the command's own, whatever it looks like. */
	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	status = verb_options(&run.verb, &help, end, argv, take, &run, &ended);
	if (ended || status != CLI_OK)
		return (int)status;
	if (end + 1 >= argc)
		return (int)cli_usage_error(context, "-- and a COMMAND are wanted");
	if (run.verb.json && !run.verb.options.dry_run)
		return (int)cli_usage_error(context, "--json goes with --dry-run: standard output "
						     "is the command's");
	for (int i = optind; i < end; i++)
		if (!assign_is(argv[i]))
			return (int)cli_usage_error(context,
						    "KEY=VALUE is wanted before \"--\", not "
						    "\"%.64s\"",
						    argv[i]);
	run.command = argv + end + 1;
	return execute(&run, end - optind, argv + optind);
}
