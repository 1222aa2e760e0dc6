/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce-command.c - the command: options, what must be there before the loop starts, the end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/enforce/daemon.h"
#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/place-processes.h"
#include "lib/base/cleanup.h"
#include "shared/cli/options.h"

#define ONCE_WAIT_NS UINT64_C(2000000000)

enum {
	OPTION_DRY_RUN = CLI_OPTION_LONG,
	OPTION_ONCE,
	OPTION_RESTORE,
	OPTION_STATE,
	OPTION_LOCK,
	OPTION_WATCH
};

static const struct cli_option options[] = {
	{'p', "policy", "FILE", false, "this file instead of " DAEMON_POLICY " and conf.d"},
	{OPTION_DRY_RUN, "dry-run", NULL, false, "decide and say everything, do nothing"},
	{OPTION_ONCE, "once", NULL, false, "one pass over all groups, then end: for cron"},
	{OPTION_RESTORE, "restore", NULL, false, "give back what a killed run left, then end"},
	{OPTION_STATE, "state", "DIR", false, "keep there what must be undone after a crash"},
	{OPTION_WATCH, "watch-policy", NULL, false,
	 "load the policy anew when another file takes its place"},
	{OPTION_LOCK, "lock-memory", NULL, false, "keep all of our memory out of swap"},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward enforce [OPTION...]",
	.text = "Applies a policy file and keeps applying it: standing limits, rules, placement.\n"
		"SIGHUP loads it anew, SIGTERM ends in order. `cgward check` tells beforehand what "
		"it\n"
		"would do.",
	.options = options,
};

static void report(void *context, const struct cgw_policy_problem *problem)
{
	const char *kind = problem->warning ? "warning: " : "";

	(void)context;
	if (problem->diag.line > 0)
		log_event(problem->warning ? LOG_WARNING : LOG_ERR, "%s:%u: %s%s",
			  problem->diag.file, problem->diag.line, kind, problem->diag.text);
	else
		log_event(LOG_ERR, "%s: %s%s", problem->diag.file, kind, problem->diag.text);
}

struct cgw_policy *enforce_load(const struct cli_context *context,
				const struct enforce_options *chosen)
{
	static const struct cgw_policy_reporter reporter = {report, NULL};
	struct cgw_policy *policy = NULL;

	(void)context;
	if (cgw_policy_load(chosen->policy, chosen->directory, &reporter, &policy) < 0)
		return NULL;
	if (chosen->dry_run && cgw_policy_settings(policy)->mode == CGW_MODE_ENFORCE)
		cgw_policy_set_mode(policy, CGW_MODE_DRY_RUN);
	return policy;
}

static int parse_options(struct cli_context *context, int argc, char **argv,
			 struct enforce_options *chosen, enum cli_exit *ret_exit)
{
	const char *value;
	int code;

	*chosen = (struct enforce_options){.policy = DAEMON_POLICY,
					   .directory = DAEMON_POLICY_DIRECTORY};
	while ((code = cli_next_option(context, &help, argc, argv, &value, ret_exit)) > 0)
		switch (code) {
		case 'p':
			chosen->policy = value;
			chosen->directory = NULL;
			break;
		case OPTION_DRY_RUN:
			chosen->dry_run = true;
			break;
		case OPTION_ONCE:
			chosen->once = true;
			break;
		case OPTION_RESTORE:
			chosen->restore = true;
			break;
		case OPTION_STATE:
			chosen->state = value;
			break;
		case OPTION_WATCH:
			chosen->watch_policy = true;
			break;
		case OPTION_LOCK:
			chosen->lock_memory = true;
			break;
		default:
			break;
		}
	if (code == 0 && optind < argc) {
		*ret_exit =
			cli_usage_error(context, "nothing stands alone here: \"%s\"", argv[optind]);
		return -1;
	}
	return code;
}

/* Whether anything could be written at all: better said now than at each action. */
static enum cli_exit may_write(const struct daemon *daemon)
{
	size_t read_only = 0;

	if (daemon->options.dry_run)
		return CLI_OK;
	for (size_t i = 0; i < daemon->layout->hierarchy_count; i++)
		read_only += daemon->layout->hierarchies[i].read_only;
	if (read_only == daemon->layout->hierarchy_count) {
		cli_error(daemon->context, "all control group hierarchies are mounted read-only; "
					   "--dry-run says what would be done");
		return CLI_NO_PRIVILEGE;
	}
	if (geteuid() != 0) {
		cli_error(daemon->context, "only root may enforce a policy on all groups; "
					   "--dry-run says what would be done");
		return CLI_NO_PRIVILEGE;
	}
	return CLI_OK;
}

static const char *state_directory(const struct daemon *daemon)
{
	if (daemon->options.state != NULL)
		return daemon->options.state;
	if (daemon->policy != NULL && cgw_policy_settings(daemon->policy)->state != NULL)
		return cgw_policy_settings(daemon->policy)->state;
	return DAEMON_STATE;
}

static enum cli_exit open_store(struct daemon *daemon)
{
	struct cgw_diag diag = {0};
	int r = undo_store_open(state_directory(daemon), daemon->layout, &daemon->store, &diag);

	if (r < 0) {
		cli_diag(daemon->context, &diag);
		return r == -EBUSY ? CLI_ALREADY_RUNNING : cli_exit_from_error(r);
	}
	daemon->performer.store = daemon->store;
	return CLI_OK;
}

static void close_all(struct daemon *daemon)
{
	cgw_engine_free(daemon->engine);
	cgw_frame_free(daemon->frame);
	cgw_sampler_free(daemon->sampler);
	cgw_policy_free(daemon->policy);
	place_done(daemon);
	facts_done(&daemon->facts_state);
	undo_store_free(daemon->store);
	cgw_layout_free(daemon->layout);
}

static enum cli_exit restore(struct daemon *daemon)
{
	static const struct cgw_policy_settings defaults = {.backend = CGW_BACKEND_AUTO};
	unsigned failed;

	daemon->performer.settings =
		daemon->policy != NULL ? cgw_policy_settings(daemon->policy) : &defaults;
	failed = perform_restore(&daemon->performer, false);
	if (failed > 0)
		log_event(LOG_ERR,
			  "%u changes of a run that did not end in order could not be given back",
			  failed);
	return failed > 0 ? CLI_PARTLY : CLI_OK;
}

static int start(struct daemon *daemon)
{
	struct cgw_metric_set wanted = {0};
	struct cgw_diag diag = {0};
	struct cgw_sampler_options sampling = {0};
	int r;

	(void)cgw_sampler_raise_descriptors();
	sampling.descriptors_max = daemon_descriptors();
	r = cgw_sampler_new(daemon->layout, &sampling, &daemon->sampler, &diag);
	if (r < 0) {
		cli_diag(daemon->context, &diag);
		return r;
	}
	cgw_policy_metrics_used(daemon->policy, &wanted);
	r = cgw_sampler_set_metrics(daemon->sampler, &wanted);
	if (r == 0)
		r = cgw_frame_new(&daemon->frame);
	if (r == 0)
		r = cgw_engine_new(daemon->policy, &daemon->engine);
	daemon->facts = facts_of(&daemon->facts_state, daemon->layout);
	daemon->performer.settings = cgw_policy_settings(daemon->policy);
	return r;
}

/* Two samples, so that rates are known; rules without `for` and standing limits act. */
static enum cli_exit run_once(struct daemon *daemon)
{
	int r = daemon_tick(daemon);

	if (r == 0) {
		uint64_t interval_ns = cgw_policy_settings(daemon->policy)->interval_ns;

		/* An hour's interval is no reason to wait for one here. */
		if (interval_ns > ONCE_WAIT_NS)
			interval_ns = ONCE_WAIT_NS;
		(void)usleep((useconds_t)(interval_ns / 1000));
		r = daemon_tick(daemon);
	}
	/* Nobody is there to end what rules began: it ends here. */
	if (r == 0)
		daemon_release(daemon);
	if (r < 0)
		return CLI_FAILED;
	if (daemon->performer.failed > 0)
		return CLI_PARTLY;
	return daemon->performer.would > 0 ? CLI_WOULD_CHANGE : CLI_OK;
}

static enum cli_exit enforce(struct daemon *daemon)
{
	enum cli_exit status;
	int r;

	daemon->policy = enforce_load(daemon->context, &daemon->options);
	if (daemon->policy == NULL && !daemon->options.restore)
		return CLI_POLICY_INVALID;
	daemon->layout = cli_layout(daemon->context, &status);
	if (daemon->layout == NULL)
		return status;
	daemon->performer.layout = daemon->layout;
	status = may_write(daemon);
	if (status == CLI_OK && !daemon->options.dry_run)
		status = open_store(daemon);
	if (status != CLI_OK)
		return status;
	if (!daemon->options.dry_run)
		status = restore(daemon);
	if (daemon->options.restore)
		return status;
	if (daemon->options.lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_event(LOG_WARNING, "cannot lock memory: %s", strerror(errno));
	r = start(daemon);
	if (r < 0)
		return CLI_FAILED;
	if (daemon->options.once)
		return run_once(daemon);
	r = daemon_loop(daemon);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

int enforce_run(struct cli_context *context, int argc, char **argv)
{
	struct daemon daemon = {.context = context};
	enum cli_exit status;

	if (parse_options(context, argc, argv, &daemon.options, &status) < 0)
		return (int)status;
	status = enforce(&daemon);
	close_all(&daemon);
	return (int)status;
}
