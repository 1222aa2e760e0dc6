/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change.c - what all verbs share: options, layout, plan. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "cmd/change/change.h"
#include "cmd/change/policy-protection.h"
#include "lib/base/cleanup.h"

void verb_init(struct verb *verb, struct cli_context *context)
{
	*verb = (struct verb){.context = context};
	(void)snprintf(verb->who, sizeof(verb->who), "%s %s", context->program, context->command);
	verb->options.who = verb->who;
}

void verb_done(struct verb *verb)
{
	cgw_plan_free(verb->plan);
	verb->protection = cgw_protection_free(verb->protection);
	cgw_layout_free(verb->layout);
	verb->plan = NULL;
	verb->layout = NULL;
}

static enum cli_exit take_ids(struct verb *verb, const char *value)
{
	char *end;

	verb->id_count = 0;
	do {
		errno = 0;
		verb->ids[verb->id_count] = strtoull(value, &end, 10);
		if (!isdigit((unsigned char)value[0]) || errno != 0 ||
		    (*end != ',' && *end != '\0') || verb->ids[verb->id_count] == 0)
			return cli_usage_error(verb->context,
					       "--if-id wants numbers as \"cgward dump -o id\" "
					       "shows them, with commas between, not \"%.64s\"",
					       value);
		if (++verb->id_count == VERB_IDS_MAX && *end != '\0')
			return cli_usage_error(verb->context, "--if-id takes %d ids at most",
					       VERB_IDS_MAX);
		value = end + 1;
	} while (*end != '\0');
	return CLI_OK;
}

static enum cli_exit take_shared(struct verb *verb, int code, const char *value)
{
	switch (code) {
	case 'n':
		verb->options.dry_run = true;
		return CLI_OK;
	case 'J':
		verb->json = true;
		return CLI_OK;
	case VERB_OPTION_FORCE:
		verb->options.force = true;
		return CLI_OK;
	case VERB_OPTION_YES_REALLY:
		verb->options.yes_really = true;
		return CLI_OK;
	case VERB_OPTION_DIRECT:
		verb->options.backend = CGW_BACKEND_DIRECT;
		return CLI_OK;
	case VERB_OPTION_WHY:
		verb->options.why = value;
		return CLI_OK;
	case VERB_OPTION_JOURNAL:
		verb->options.journal = value;
		return CLI_OK;
	case VERB_OPTION_POLICY:
		verb->policy = value;
		return CLI_OK;
	case VERB_OPTION_RECLAIM:
		verb->options.reclaim = true;
		return CLI_OK;
	case VERB_OPTION_PERSIST:
		verb->options.persist = true;
		return CLI_OK;
	case VERB_OPTION_ENABLE:
		verb->options.enable = true;
		return CLI_OK;
	case VERB_OPTION_TIMEOUT:
		if (cli_parse_duration(value, &verb->timeout_ns) < 0 || verb->timeout_ns == 0)
			return cli_usage_error(verb->context,
					       "--timeout wants a time above zero such as 500ms or "
					       "2s, not \"%.64s\"",
					       value);
		return CLI_OK;
	case VERB_OPTION_IF_ID:
		return take_ids(verb, value);
	default:
		return CLI_USAGE;
	}
}

enum cli_exit verb_options(struct verb *verb, const struct cli_command_help *help, int argc,
			   char **argv,
			   enum cli_exit (*take)(void *context, int code, const char *value),
			   void *context, bool *ret_ended)
{
	enum cli_exit status = CLI_OK;
	const char *value;
	int code;

	*ret_ended = false;
	while ((code = cli_next_option(verb->context, help, argc, argv, &value, &status)) > 0) {
		status = take != NULL ? take(context, code, value) : CLI_WOULD_CHANGE;
		if (status == CLI_WOULD_CHANGE)
			status = take_shared(verb, code, value);
		if (status != CLI_OK)
			return status;
	}
	*ret_ended = code < 0;
	if (code == 0 && verb->options.persist && verb->options.backend == CGW_BACKEND_DIRECT)
		return cli_usage_error(verb->context,
				       "--persist asks systemd, --direct goes around it: one of "
				       "them");
	return status;
}

enum cli_exit verb_open(struct verb *verb)
{
	enum cli_exit status = CLI_OK;
	int r;

	verb->layout = cli_layout(verb->context, &status);
	if (verb->layout == NULL)
		return status;
	status = protect_load(verb);
	if (status != CLI_OK)
		return status;
	r = cgw_plan_new(verb->layout, &verb->options, &verb->plan);
	if (r < 0) {
		cli_error(verb->context, "%s", strerror(-r));
		return cli_exit_from_error(r);
	}
	return CLI_OK;
}

/* Lets the plan hold the group against the ids; its id is that of the first hierarchy where it is. */
static void expect_id(const struct verb *verb, struct cgw_step *step)
{
	uint64_t id = 0;

	for (size_t h = 0; h < verb->layout->hierarchy_count; h++) {
		CLEANUP(cleanup_close) int directory = -1;

		if (cgw_group_open(verb->layout, h, step->path, &directory, &id) == 0) {
			step->expected_hierarchy = h;
			break;
		}
	}
	step->expected_id = verb->ids[0];
	for (size_t i = 0; i < verb->id_count; i++)
		if (verb->ids[i] == id)
			step->expected_id = id;
}

enum cli_exit verb_add(struct verb *verb, const struct cgw_step *given)
{
	struct cgw_diag diag = {0};
	struct cgw_step step = *given;
	int r;

	if (verb->id_count > 0 && step.expected_id == 0)
		expect_id(verb, &step);
	r = cgw_plan_add(verb->plan, &step, &diag);
	if (r == 0)
		return CLI_OK;
	if (diag.text[0] == '\0')
		(void)cgw_diag_set(&diag, r, "%s", strerror(-r));
	cli_diag(verb->context, &diag);
	/* Nothing was looked at yet: it is what was written on the command line. */
	return r == -ENOMEM ? CLI_FAILED : CLI_USAGE;
}

enum cli_exit verb_apply(struct verb *verb)
{
	sigset_t held, before;
	enum cli_exit status;
	int r;

	/*
	 * Half a plan is worse than a moment's wait: who presses Ctrl-C during it gets what they
	 * asked for once it is whole or taken back, and said. Every step has its own time-out.
	 */
	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGQUIT);
	sigaddset(&held, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	r = cgw_plan_apply(verb->plan);
	status = report_plan(verb, r);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
