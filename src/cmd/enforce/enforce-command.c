/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce-command.c - `cgward enforce`: options, setup and teardown of the daemon. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/enforce/daemon.h"
#include "cmd/enforce/enforce-commands.h"
#include "cmd/enforce/group-claims.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/place-processes.h"
#include "lib/base/clock.h"
#include "shared/cli/options.h"

#define DAEMON_CLAIMS DAEMON_STATE "/enforce.d"
#define ONCE_WAIT_NS  (2 * NS_PER_S)

#define TRUE(member) CLI_TRUE(struct enforce_options, member)

static const struct cli_option options[] = {
	{'p', "policy", "FILE", "read this file instead of " DAEMON_POLICY " and conf.d",
	 CLI_TEXT(struct enforce_options, policy)},
	{0, "dry-run", NULL, "log what would be done, change nothing", TRUE(dry_run)},
	{0, "once", NULL, "make one pass over all groups, then exit (for cron)", TRUE(once)},
	{0, "restore", NULL, "restore what an earlier run left, then exit", TRUE(restore)},
	{0, "state", "DIR", "directory for the undo state and the status",
	 CLI_TEXT(struct enforce_options, state)},
	{0, "watch-policy", NULL, "reload the policy when its file is replaced",
	 TRUE(watch_policy)},
	{0, "lock-memory", NULL, "lock all memory of this process in RAM", TRUE(lock_memory)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Log what a policy would do, and change nothing",
	 "cgward enforce --dry-run --policy new.conf"},
	{"Apply it once", "cgward enforce --once --policy new.conf"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward enforce [OPTION...]",
	.text = "Applies a policy file continuously: standing limits, rules and placement.\n"
		"SIGHUP reloads the policy; SIGTERM restores what rules changed and exits.\n"
		"'cgward check' shows beforehand what a policy would do.",
	.options = options,
	.examples = examples,
};

static bool parse_options(struct cli_context *context, int argc, char **argv,
			  struct enforce_options *chosen, enum cli_exit *ret_exit)
{
	if (!cli_parse_options(context, &help, &argc, &argv, chosen, ret_exit))
		return false;
	if (argc > 0) {
		*ret_exit = cli_usage_error(context, "unexpected argument '%s'", argv[0]);
		return false;
	}
	if (chosen->policy == NULL) {
		chosen->policy = DAEMON_POLICY;
		chosen->directory = DAEMON_POLICY_DIRECTORY;
	}
	return true;
}

/* Fail early instead of at each action if nothing can be written. */
static enum cli_exit check_writable(const struct daemon *daemon)
{
	if (daemon->options.dry_run)
		return CLI_OK;
	if (nothing_is_writable(daemon->state.layout)) {
		cli_error(daemon->context, "all cgroup hierarchies are mounted read-only; "
					   "--dry-run shows what would be done");
		return CLI_NO_PRIVILEGE;
	}
	if (geteuid() != 0) {
		cli_error(daemon->context, "enforcing a policy requires root; "
					   "--dry-run shows what would be done");
		return CLI_NO_PRIVILEGE;
	}
	return CLI_OK;
}

static const char *state_directory(const struct daemon *daemon)
{
	if (daemon->options.state != NULL)
		return daemon->options.state;
	if (daemon->state.policy != NULL &&
	    cgw_policy_settings(daemon->state.policy)->state != NULL)
		return cgw_policy_settings(daemon->state.policy)->state;
	return DAEMON_STATE;
}

static enum cli_exit open_store(struct daemon *daemon)
{
	struct cgw_diag diag = {0};
	int r = undo_store_open(state_directory(daemon), daemon->state.layout, &daemon->state.store,
				&diag);

	if (r < 0) {
		cli_diag(daemon->context, &diag);
		return r == -EBUSY ? CLI_ALREADY_RUNNING : cli_exit_from_error(r);
	}
	daemon->state.applier.store = daemon->state.store;
	return CLI_OK;
}

static void close_all(struct daemon *daemon)
{
	cgw_engine_free(daemon->state.engine);
	cgw_frame_free(daemon->state.frame);
	cgw_sampler_free(daemon->sampler);
	cgw_policy_free(daemon->state.policy);
	place_done(&daemon->state);
	facts_done(&daemon->state.facts_state);
	thaw_guard_stop(daemon->state.applier.guard);
	group_claims_drop(daemon->claims);
	undo_store_free(daemon->state.store);
	cgw_layout_free(daemon->state.layout);
}

/* Restores first, then complains: nothing stays frozen because the state cannot be written. */
static enum cli_exit restore(struct daemon *daemon)
{
	static const struct cgw_policy_settings defaults = {.backend = CGW_BACKEND_AUTO};
	struct cgw_diag diag = {0};
	unsigned failed;
	int r;

	daemon->state.applier.settings = daemon->state.policy != NULL
						 ? cgw_policy_settings(daemon->state.policy)
						 : &defaults;
	failed = restore_leftovers(&daemon->state.applier, false);
	if (failed > 0)
		log_event(LOG_ERR, "cannot restore %u changes of an earlier run", failed);
	if (undo_store_unknown(daemon->state.store) > 0)
		log_event(LOG_WARNING,
			  "%zu changes of an earlier run are in hierarchies that are not mounted "
			  "here; %s/enforce.state keeps them",
			  undo_store_unknown(daemon->state.store),
			  undo_store_directory(daemon->state.store));
	r = undo_store_begin(daemon->state.store, &diag);
	if (r < 0)
		return cli_fail(daemon->context, r, &diag);
	return failed > 0 ? CLI_PARTLY : CLI_OK;
}

/* Two daemons on the same groups would restore each other's values. */
static enum cli_exit claim_groups(struct daemon *daemon)
{
	struct cgw_diag diag = {0};
	int r;

	if (daemon->state.store == NULL)
		return CLI_OK;
	(void)mkdir(DAEMON_STATE, 0755);
	r = group_claims_take(DAEMON_CLAIMS, undo_store_directory(daemon->state.store),
			      daemon->state.policy, &daemon->claims, &diag);
	if (r == -EBUSY) {
		cli_diag(daemon->context, &diag);
		return CLI_ALREADY_RUNNING;
	}
	if (r < 0)
		log_event(LOG_WARNING, "cannot check for other daemons in " DAEMON_CLAIMS ": %s",
			  strerror(-r));
	return CLI_OK;
}

static void start_guard(struct daemon *daemon)
{
	int r = daemon->state.store != NULL
			? thaw_guard_start(daemon->state.layout, &daemon->state.applier.guard)
			: 0;

	if (r < 0)
		log_event(
			LOG_WARNING,
			"cannot start a thread (%s): while this program is busy, freezes may last "
			"longer than their maximum",
			strerror(-r));
}

static int start(struct daemon *daemon)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_diag diag = {0};
	struct cgw_sampler_options sampling = {0};
	int r;

	(void)cgw_sampler_raise_descriptors();
	sampling.descriptors_max = sampler_descriptors();
	r = cgw_sampler_new(daemon->state.layout, &sampling, &daemon->sampler, &diag);
	if (r < 0) {
		cli_diag(daemon->context, &diag);
		return r;
	}
	cgw_policy_metrics_used(daemon->state.policy, &metrics);
	r = cgw_sampler_set_metrics(daemon->sampler, &metrics);
	if (r == 0)
		r = cgw_frame_new(&daemon->state.frame);
	if (r == 0)
		r = cgw_engine_new(daemon->state.policy, &daemon->state.engine);
	daemon->state.facts = facts_of(&daemon->state.facts_state, daemon->state.layout);
	daemon->state.applier.settings = cgw_policy_settings(daemon->state.policy);
	return r;
}

/* Takes two samples, since rates need them; applies standing limits and rules without `for`. */
static enum cli_exit run_once(struct daemon *daemon)
{
	int r = daemon_tick(daemon);

	if (r == 0) {
		uint64_t interval_ns = cgw_policy_settings(daemon->state.policy)->interval_ns;

		/* Do not wait for an interval of an hour here. */
		if (interval_ns > ONCE_WAIT_NS)
			interval_ns = ONCE_WAIT_NS;
		usleep((useconds_t)(interval_ns / 1000));
		r = daemon_tick(daemon);
	}
	/* No daemon stays to end the actions of rules, so end them now. */
	if (r == 0)
		daemon_release(daemon);
	if (r < 0)
		return CLI_FAILED;
	if (daemon->state.applier.failed > 0)
		return CLI_PARTLY;
	return daemon->state.applier.would_change > 0 ? CLI_WOULD_CHANGE : CLI_OK;
}

/* Restores what an earlier run left, also if the new policy is invalid. */
static enum cli_exit prepare(struct daemon *daemon)
{
	enum cli_exit status;

	daemon->state.layout = cli_layout(daemon->context, &status);
	if (daemon->state.layout == NULL)
		return status;
	daemon->state.applier.layout = daemon->state.layout;
	status = check_writable(daemon);
	if (status != CLI_OK || daemon->options.dry_run)
		return status;
	status = open_store(daemon);
	return status == CLI_OK ? restore(daemon) : status;
}

static enum cli_exit enforce(struct daemon *daemon)
{
	struct cgw_diag diag = {0};
	enum cli_exit status;
	int r = libsystemd_load(&diag);

	if (r < 0)
		return cli_diag(daemon->context, &diag);
	daemon->state.policy = daemon_load_policy(&daemon->options);
	status = prepare(daemon);
	if (daemon->options.restore)
		return status;
	if (daemon->state.policy == NULL)
		return CLI_POLICY_INVALID;
	if (status != CLI_OK && status != CLI_PARTLY)
		return status;
	status = claim_groups(daemon);
	if (status != CLI_OK)
		return status;
	start_guard(daemon);
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

	if (!parse_options(context, argc, argv, &daemon.options, &status))
		return (int)status;
	status = enforce(&daemon);
	close_all(&daemon);
	return (int)status;
}

const struct cli_command enforce_commands[] = {
	{"enforce", "apply a policy file continuously", enforce_run},
	{"check", "validate a policy file and show what it would do here", check_run},
	{"status", "show the state of the running enforcement", status_run},
	{"export", "print the current limits of groups as policy sections", export_run},
	{NULL, NULL, NULL},
};
