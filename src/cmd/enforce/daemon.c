/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.c - event loop of `cgward enforce`: timer and early samples, signals, watchdog. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "cmd/enforce/daemon-recorder.h"
#include "cmd/enforce/daemon.h"
#include "cmd/enforce/group-claims.h"
#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"
#include "cmd/enforce/place-processes.h"
#include "cmd/enforce/status-file.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define STATUS_INTERVAL_NS UINT64_C(10000000000)
#define STATUS_CHEAP_NS    UINT64_C(5000000)  /* status.json may be written at each change */
#define STATUS_SHARE       20                 /* else it costs at most one part of this */
#define SLICE_NS           UINT64_C(50000000) /* of actions, between two turns of the event loop */

uint64_t daemon_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* A sampler uses all descriptors it may; leave some to the other samplers and to connections. */
unsigned daemon_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return limit.rlim_cur / 4 > UINT_MAX ? UINT_MAX : (unsigned)(limit.rlim_cur / 4);
}

static int sample(struct daemon *daemon)
{
	struct cgw_snapshot *snapshot;
	int r = cgw_sampler_sample(daemon->sampler, &snapshot);

	if (r < 0)
		return r;
	r = cgw_frame_update(daemon->frame, snapshot);
	cgw_snapshot_unref(snapshot);
	return r;
}

/* Thaws do not wait for the other actions. */
static bool is_slice_over(void *context)
{
	const struct daemon *daemon = context;

	return clock_now_ns() >= daemon->slice_end_ns ||
	       daemon_boottime_ns() >= daemon->slice_due_ns;
}

static int on_more(sd_event_source *source, void *context);
static int on_due(sd_event_source *source, uint64_t usec, void *context);

static void arm_more(struct daemon *daemon)
{
	if (daemon->more == NULL &&
	    sd_event_add_defer(daemon->event, &daemon->more, on_more, daemon) < 0)
		return;
	(void)sd_event_source_set_enabled(daemon->more, SD_EVENT_ONESHOT);
}

static void arm_due(struct daemon *daemon)
{
	uint64_t due_ns = cgw_engine_due_ns(daemon->engine);

	if (daemon->event == NULL || due_ns == UINT64_MAX)
		return;
	if (daemon->due == NULL) {
		if (sd_event_add_time(daemon->event, &daemon->due, CLOCK_BOOTTIME,
				      due_ns / 1000 + 1, 1000, on_due, daemon) < 0)
			return;
		(void)sd_event_source_set_priority(daemon->due, SD_EVENT_PRIORITY_IMPORTANT);
	}
	(void)sd_event_source_set_time(daemon->due, due_ns / 1000 + 1);
	(void)sd_event_source_set_enabled(daemon->due, SD_EVENT_ONESHOT);
}

static void perform(struct daemon *daemon)
{
	bool has_loop = daemon->event != NULL;
	size_t done;

	daemon->slice_end_ns = clock_now_ns() + SLICE_NS;
	daemon->slice_due_ns = cgw_engine_due_ns(daemon->engine);
	done = apply_actions(&daemon->applier, daemon->engine, daemon->policy, daemon->actions,
			     daemon->action_count, has_loop ? is_slice_over : NULL, daemon);
	daemon->changed = daemon->changed || done > 0;
	daemon->actions += done;
	daemon->action_count -= done;
	if (has_loop && daemon->action_count > 0)
		arm_more(daemon);
	arm_due(daemon);
}

static int on_more(sd_event_source *source, void *context)
{
	(void)source;
	perform(context);
	return 0;
}

/* Actions due between samples: thaws and follow-up signals. */
static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)usec;
	if (cgw_engine_timers(daemon->engine, daemon_boottime_ns(), &daemon->actions,
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
	if (daemon->store == NULL || now_ns - daemon->last_status_ns < gap_ns)
		return;
	r = status_write(undo_store_directory(daemon->store), daemon->policy, daemon->engine,
			 now_ns);
	daemon->status_cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	if (r < 0)
		log_event(LOG_WARNING, "cannot write status.json: %s", strerror(-r));
	daemon->last_status_ns = now_ns;
	daemon->changed = false;
}

int daemon_tick(struct daemon *daemon)
{
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), now_ns;
	int r = sample(daemon);

	if (r < 0)
		return r;
	now_ns = cgw_snapshot_boottime_ns(cgw_frame_now(daemon->frame));
	daemon->last_sample_ns = now_ns;
	r = cgw_engine_step(daemon->engine, daemon->frame, &daemon->facts, now_ns, &daemon->actions,
			    &daemon->action_count);
	if (r < 0) {
		daemon->action_count = 0; /* returned again by the next step */
		return r;
	}
	perform(daemon);
	reap_commands(&daemon->applier);
	restore_restarted_units(&daemon->applier, false);
	forget_gone_groups(&daemon->applier);
	(void)place_processes(daemon);
	watch_update(daemon);
	write_status(daemon, now_ns);
	daemon->tick_cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	return 0;
}

/* In one go: the event loop has ended. */
void daemon_release(struct daemon *daemon)
{
	const struct cgw_action *actions;
	size_t count;

	if (cgw_engine_release_all(daemon->engine, &actions, &count) == 0)
		(void)apply_actions(&daemon->applier, daemon->engine, daemon->policy, actions,
				    count, NULL, NULL);
	daemon->action_count = 0;
	daemon->applier.forget_threshold = 0;
	restore_restarted_units(&daemon->applier, true);
	forget_gone_groups(&daemon->applier);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	uint64_t interval_us = cgw_policy_settings(daemon->policy)->interval_ns / 1000, now_us = 0;
	int r = daemon_tick(daemon);

	if (r < 0)
		log_event(LOG_ERR, "cannot sample the groups: %s", strerror(-r));
	(void)sd_event_now(daemon->event, CLOCK_MONOTONIC, &now_us);
	/* Keep the phase; skip missed samples. */
	usec += interval_us;
	if (usec < now_us)
		usec = now_us + interval_us;
	(void)sd_event_source_set_time(source, usec);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_early(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	bool sample_twice = daemon->sample_twice;

	(void)source;
	(void)usec;
	daemon->sample_twice = false;
	(void)daemon_tick(daemon);
	if (sample_twice)
		daemon_wake(daemon, WAKE_EVENT_DELAY_NS);
	return 0;
}

void daemon_wake(struct daemon *daemon, uint64_t after_ns)
{
	uint64_t min_gap_ns = 3 * daemon->tick_cost_ns, at_us, set_us = 0;
	int enabled = SD_EVENT_OFF;

	at_us = (daemon->last_sample_ns + (after_ns > min_gap_ns ? after_ns : min_gap_ns)) / 1000;
	if (daemon->early == NULL) {
		(void)sd_event_add_time(daemon->event, &daemon->early, CLOCK_BOOTTIME, at_us, 1000,
					on_early, daemon);
		return;
	}
	(void)sd_event_source_get_enabled(daemon->early, &enabled);
	(void)sd_event_source_get_time(daemon->early, &set_us);
	if (enabled != SD_EVENT_OFF && set_us <= at_us)
		return; /* already scheduled */
	(void)sd_event_source_set_time(daemon->early, at_us);
	(void)sd_event_source_set_enabled(daemon->early, SD_EVENT_ONESHOT);
}

void daemon_wake_twice(struct daemon *daemon, uint64_t after_ns)
{
	daemon->sample_twice = true;
	daemon_wake(daemon, after_ns);
}

/* Starts the recording and the metrics endpoint, in a dry run too. */
static void open_outputs(struct daemon *daemon)
{
	daemon->recorder = daemon_recorder_start(
		daemon->layout, daemon->policy,
		daemon->store != NULL ? undo_store_directory(daemon->store) : NULL);
	daemon->applier.on_applied = daemon->recorder != NULL ? daemon_recorder_add_action : NULL;
	daemon->applier.on_applied_context = daemon->recorder;
	metrics_endpoint_open(daemon);
}

static void close_outputs(struct daemon *daemon)
{
	daemon->applier.on_applied = NULL;
	metrics_endpoint_close(daemon);
	daemon->recorder = daemon_recorder_stop(daemon->recorder);
}

static int update_claims(struct daemon *daemon, const struct cgw_policy *policy)
{
	struct cgw_diag diag = {0};
	int r = daemon->claims != NULL ? group_claims_update(daemon->claims, policy, &diag) : 0;

	if (r < 0 && diag.text[0] != '\0')
		log_event(LOG_ERR, "%s", diag.text);
	return r;
}

void daemon_reload(struct daemon *daemon)
{
	struct cgw_metric_set metrics = {0};
	struct cgw_policy *policy;
	struct timespec now;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	policy = enforce_load(daemon->context, &daemon->options);
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
		r = cgw_engine_reload(daemon->engine, policy);
	if (r < 0) {
		log_event(LOG_ERR, "cannot apply the new policy: %s; the old one stays in effect",
			  strerror(-r));
		cgw_policy_free(policy);
	} else {
		daemon->action_count = 0; /* of the old policy; the next step returns the others */
		close_outputs(daemon);
		cgw_policy_free(daemon->policy);
		daemon->policy = policy;
		place_done(daemon); /* the sections may differ: check all processes again */
		daemon->applier.settings = cgw_policy_settings(policy);
		cgw_policy_metrics_used(policy, &metrics);
		(void)cgw_sampler_set_metrics(daemon->sampler, &metrics);
		watch_close(daemon);
		(void)watch_open(daemon);
		open_outputs(daemon);
		daemon_wake(daemon, 0);
		log_message(CLI_MESSAGE_POLICY_LOADED, LOG_NOTICE, "policy reloaded");
		daemon->changed = true;
	}
	(void)sd_notify(0, "READY=1\nSTATUS=Enforcing");
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	(void)source;
	(void)info;
	daemon_reload(context);
	return 0;
}

static int add_signals(struct daemon *daemon)
{
	sigset_t signals;
	int r;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	/* Without a handler, sd-event exits the loop on these. */
	r = sd_event_add_signal(daemon->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	return r;
}

int daemon_loop(struct daemon *daemon)
{
	uint64_t now_us = 0;
	int r = sd_event_default(&daemon->event);

	if (r >= 0)
		r = add_signals(daemon);
	if (r >= 0)
		r = watch_open(daemon);
	if (r >= 0 && daemon->options.watch_policy)
		r = policy_watch_open(daemon);
	if (r >= 0)
		r = sd_event_now(daemon->event, CLOCK_MONOTONIC, &now_us);
	if (r >= 0)
		r = sd_event_add_time(daemon->event, &daemon->tick, CLOCK_MONOTONIC, now_us, 1000,
				      on_tick, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	if (r >= 0) {
		open_outputs(daemon);
		(void)sd_notify(0, "READY=1\nSTATUS=Enforcing");
		r = sd_event_loop(daemon->event);
	}
	(void)sd_notify(0, "STOPPING=1");
	daemon_release(daemon);
	/* Last: a hanging disk must not delay restoring. */
	close_outputs(daemon);
	watch_close(daemon);
	place_done(daemon);
	sd_event_source_unref(daemon->tick);
	sd_event_source_unref(daemon->due);
	sd_event_source_unref(daemon->early);
	sd_event_source_unref(daemon->more);
	sd_event_unref(daemon->event);
	daemon->event = NULL;
	return r;
}
