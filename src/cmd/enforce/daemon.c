/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.c - event loop of `cgward enforce`: timer and early samples, signals, watchdog. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "cmd/enforce/daemon-postmortem.h"
#include "cmd/enforce/daemon-recorder.h"
#include "cmd/enforce/daemon.h"
#include "cmd/enforce/group-claims.h"
#include "cmd/enforce/group-watch.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"
#include "cmd/enforce/place-processes.h"
#include "cmd/enforce/status-file.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/model/sampling.h"

#define STATUS_INTERVAL_NS (10 * NS_PER_S)
#define STATUS_CHEAP_NS    (5 * NS_PER_MS)  /* status.json may be written at each change */
#define STATUS_SHARE       20               /* else it costs at most one part of this */
#define SLICE_NS           (50 * NS_PER_MS) /* of actions, between two turns of the event loop */

static void log_problem(void *context, const struct cgw_policy_problem *problem)
{
	const char *kind = problem->warning ? "warning: " : "";

	if (problem->diag.line > 0)
		log_event(problem->warning ? LOG_WARNING : LOG_ERR, "%s:%u: %s%s",
			  problem->diag.file, problem->diag.line, kind, problem->diag.text);
	else
		log_event(LOG_ERR, "%s: %s%s", problem->diag.file, kind, problem->diag.text);
}

struct cgw_policy *daemon_load_policy(const struct enforce_options *options)
{
	static const struct cgw_policy_reporter reporter = {log_problem, NULL};
	struct cgw_policy *policy = NULL;

	if (cgw_policy_load(options->policy, options->directory, &reporter, &policy) < 0)
		return NULL;
	if (options->dry_run && cgw_policy_settings(policy)->mode == CGW_MODE_ENFORCE)
		cgw_policy_set_mode(policy, CGW_MODE_DRY_RUN);
	return policy;
}

/* Thaws do not wait for the other actions. */
static bool is_slice_over(void *context)
{
	const struct daemon *daemon = context;

	return clock_now_ns() >= daemon->slice_end_ns ||
	       clock_ns(CLOCK_BOOTTIME) >= daemon->slice_due_ns;
}

static int on_more(sd_event_source *source, void *context);
static int on_due(sd_event_source *source, uint64_t usec, void *context);

static void arm_more(struct daemon *daemon)
{
	if (daemon->more == NULL &&
	    sd_event_add_defer(daemon->state.event, &daemon->more, on_more, daemon) < 0)
		return;
	(void)sd_event_source_set_enabled(daemon->more, SD_EVENT_ONESHOT);
}

static void arm_due(struct daemon *daemon)
{
	uint64_t due_ns = cgw_engine_due_ns(daemon->state.engine);

	if (daemon->state.event == NULL || due_ns == UINT64_MAX)
		return;
	if (daemon->due == NULL) {
		if (sd_event_add_time(daemon->state.event, &daemon->due, CLOCK_BOOTTIME,
				      due_ns / 1000 + 1, 1000, on_due, daemon) < 0)
			return;
		(void)sd_event_source_set_priority(daemon->due, SD_EVENT_PRIORITY_IMPORTANT);
	}
	(void)sd_event_source_set_time(daemon->due, due_ns / 1000 + 1);
	(void)sd_event_source_set_enabled(daemon->due, SD_EVENT_ONESHOT);
}

static void perform(struct daemon *daemon)
{
	bool has_loop = daemon->state.event != NULL;
	size_t done;

	daemon->slice_end_ns = clock_now_ns() + SLICE_NS;
	daemon->slice_due_ns = cgw_engine_due_ns(daemon->state.engine);
	done = apply_actions(&daemon->state.applier, daemon->state.engine, daemon->state.policy,
			     daemon->actions, daemon->action_count, has_loop ? is_slice_over : NULL,
			     daemon);
	daemon->changed = daemon->changed || done > 0;
	daemon->actions += done;
	daemon->action_count -= done;
	if (has_loop && daemon->action_count > 0)
		arm_more(daemon);
	arm_due(daemon);
}

static int on_more(sd_event_source *source, void *context)
{
	perform(context);
	return 0;
}

/* Actions due between samples: thaws and follow-up signals. */
static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	if (cgw_engine_timers(daemon->state.engine, clock_ns(CLOCK_BOOTTIME), &daemon->actions,
			      &daemon->action_count) < 0)
		daemon->action_count = 0; /* returned again by the next step */
	perform(daemon);
	return 0;
}

static void write_status(struct daemon *daemon, uint64_t now_ns)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), gap_ns = STATUS_INTERVAL_NS;
	int r;

	if (daemon->changed)
		gap_ns = daemon->status_cost_ns > STATUS_CHEAP_NS
				 ? STATUS_SHARE * daemon->status_cost_ns
				 : 0;
	if (daemon->state.store == NULL || now_ns - daemon->last_status_ns < gap_ns)
		return;
	r = status_write(undo_store_directory(daemon->state.store), daemon->state.policy,
			 daemon->state.engine, now_ns);
	daemon->status_cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	if (r < 0)
		log_event(LOG_WARNING, "cannot write status.json: %s", strerror(-r));
	daemon->last_status_ns = now_ns;
	daemon->changed = false;
}

int daemon_tick(struct daemon *daemon)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), now_ns;
	int r = sample_into_frame(daemon->sampler, daemon->state.frame);

	if (r < 0)
		return r;
	now_ns = cgw_snapshot_boottime_ns(cgw_frame_now(daemon->state.frame));
	daemon->state.wakeup.last_sample_ns = now_ns;
	r = cgw_engine_step(daemon->state.engine, daemon->state.frame, &daemon->state.facts, now_ns,
			    &daemon->actions, &daemon->action_count);
	if (r < 0) {
		daemon->action_count = 0; /* returned again by the next step */
		return r;
	}
	perform(daemon);
	reap_commands(&daemon->state.applier.commands);
	restore_restarted_units(&daemon->state.applier, false);
	forget_gone_groups(&daemon->state.applier);
	(void)place_processes(&daemon->state);
	group_watch_update(&daemon->state);
	write_status(daemon, now_ns);
	daemon->state.wakeup.cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	return 0;
}

/* In one go: the event loop has ended. */
void daemon_release(struct daemon *daemon)
{
	const struct cgw_action *actions;
	size_t count;

	if (cgw_engine_release_all(daemon->state.engine, &actions, &count) == 0)
		(void)apply_actions(&daemon->state.applier, daemon->state.engine,
				    daemon->state.policy, actions, count, NULL, NULL);
	daemon->action_count = 0;
	daemon->state.applier.forget_threshold = 0;
	restore_restarted_units(&daemon->state.applier, true);
	forget_gone_groups(&daemon->state.applier);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	uint64_t interval_us = cgw_policy_settings(daemon->state.policy)->interval_ns / 1000,
		 now_us = 0;
	int r = daemon_tick(daemon);

	if (r < 0)
		log_event(LOG_ERR, "cannot sample the groups: %s", strerror(-r));
	(void)sd_event_now(daemon->state.event, CLOCK_MONOTONIC, &now_us);
	/* Keep the phase; skip missed samples. */
	usec += interval_us;
	if (usec < now_us)
		usec = now_us + interval_us;
	(void)sd_event_source_set_time(source, usec);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void sample_early(void *context)
{
	(void)daemon_tick(context);
}

static void report_applied(void *context, const struct cgw_action *action, bool by_rule,
			   const struct cgw_action_result *result)
{
	const struct daemon *daemon = context;

	if (daemon->recorder != NULL)
		daemon_recorder_add_action(daemon->recorder, action, by_rule, result);
	if (daemon->postmortem != NULL)
		postmortem_add_action(daemon->postmortem, action, result);
}

/* Starts the recording, post-mortem pages and the metrics endpoint, in a dry run too. */
static void open_outputs(struct daemon *daemon)
{
	const char *state =
		daemon->state.store != NULL ? undo_store_directory(daemon->state.store) : NULL;

	daemon->recorder = daemon_recorder_start(daemon->state.layout, daemon->state.policy, state);
	daemon->postmortem =
		daemon_postmortem_start(daemon->state.layout, daemon->state.policy, state);
	daemon->state.applier.on_applied = report_applied;
	daemon->state.applier.on_applied_context = daemon;
	metrics_endpoint_open(&daemon->state);
}

static void close_outputs(struct daemon *daemon)
{
	daemon->state.applier.on_applied = NULL;
	metrics_endpoint_close(&daemon->state);
	daemon->recorder = daemon_recorder_stop(daemon->recorder);
	daemon->postmortem = postmortem_stop(daemon->postmortem);
}

static int update_claims(struct daemon *daemon, const struct cgw_policy *policy)
{
	struct cgw_diag diag = {0};
	int r = daemon->claims != NULL ? group_claims_update(daemon->claims, policy, &diag) : 0;

	if (r < 0 && diag.text[0] != '\0')
		log_event(LOG_ERR, "%s", diag.text);
	return r;
}

/* If the new policy is invalid, the old one stays in effect. */
static void reload(void *context)
{
	struct daemon *daemon = context;
	struct cgw_metric_set metrics = {0};
	struct cgw_policy *policy;
	int r;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)(clock_now_ns() / NS_PER_US));
	policy = daemon_load_policy(&daemon->options);
	if (policy == NULL) {
		log_message(
			CLI_MESSAGE_POLICY_REFUSED, LOG_ERR,
			"the new policy has errors and is ignored; the old one stays in effect");
		(void)sd_notify(0, "READY=1\nSTATUS=The policy file has errors; the old policy "
				   "stays in effect");
		return;
	}
	r = update_claims(daemon, policy);
	if (r == 0)
		r = cgw_engine_reload(daemon->state.engine, policy);
	if (r < 0) {
		log_event(LOG_ERR, "cannot apply the new policy: %s; the old one stays in effect",
			  strerror(-r));
		cgw_policy_free(policy);
	} else {
		daemon->action_count = 0; /* of the old policy; the next step returns the others */
		close_outputs(daemon);
		cgw_policy_free(daemon->state.policy);
		daemon->state.policy = policy;
		place_done(&daemon->state); /* the sections may differ: check all processes again */
		daemon->state.applier.settings = cgw_policy_settings(policy);
		cgw_policy_metrics_used(policy, &metrics);
		(void)cgw_sampler_set_metrics(daemon->sampler, &metrics);
		group_watch_close(&daemon->state);
		(void)group_watch_open(&daemon->state);
		open_outputs(daemon);
		wakeup_request(&daemon->state.wakeup, 0);
		log_message(CLI_MESSAGE_POLICY_LOADED, LOG_NOTICE, "policy reloaded");
		daemon->changed = true;
	}
	(void)sd_notify(0, "READY=1\nSTATUS=Enforcing");
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	reload(context);
	return 0;
}

static int add_signals(struct daemon *daemon)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	/* Without a handler, sd-event exits the loop on these. */
	r = sd_event_add_signal(daemon->state.event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->state.event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->state.event, NULL, SIGHUP, on_hangup, daemon);
	return r;
}

int daemon_loop(struct daemon *daemon)
{
	uint64_t now_us = 0;
	int r = sd_event_default(&daemon->state.event);

	daemon->state.wakeup.event = daemon->state.event;
	daemon->state.wakeup.sample = sample_early;
	daemon->state.wakeup.context = daemon;
	daemon->policy_watch = (struct policy_watch){daemon->options.policy,
						     daemon->options.directory, reload, daemon};
	if (r >= 0)
		r = add_signals(daemon);
	if (r >= 0)
		r = group_watch_open(&daemon->state);
	if (r >= 0 && daemon->options.watch_policy)
		r = policy_watch_open(daemon->state.event, &daemon->policy_watch);
	if (r >= 0)
		r = sd_event_now(daemon->state.event, CLOCK_MONOTONIC, &now_us);
	if (r >= 0)
		r = sd_event_add_time(daemon->state.event, &daemon->tick, CLOCK_MONOTONIC, now_us,
				      1000, on_tick, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->state.event, true);
	if (r >= 0) {
		open_outputs(daemon);
		(void)sd_notify(0, "READY=1\nSTATUS=Enforcing");
		r = sd_event_loop(daemon->state.event);
	}
	(void)sd_notify(0, "STOPPING=1");
	daemon_release(daemon);
	/* Last: a hanging disk must not delay restoring. */
	close_outputs(daemon);
	group_watch_close(&daemon->state);
	place_done(&daemon->state);
	sd_event_source_unref(daemon->tick);
	sd_event_source_unref(daemon->due);
	wakeup_stop(&daemon->state.wakeup);
	sd_event_source_unref(daemon->more);
	sd_event_unref(daemon->state.event);
	daemon->state.event = NULL;
	return r;
}
