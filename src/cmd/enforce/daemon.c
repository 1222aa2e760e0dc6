/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.c - the loop: samples by the clock and when something happens, signals, the watchdog. */
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
#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"
#include "cmd/enforce/place-processes.h"
#include "cmd/enforce/status-file.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define STATUS_INTERVAL_NS UINT64_C(10000000000)

uint64_t enforce_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* A sampler takes what it is given: one would leave nothing to the others, nor to an endpoint that accepts. */
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

/* What is due between samples: thaws, and second signals. */
static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	const struct cgw_action *actions;
	uint64_t due_ns;
	size_t count;

	(void)source;
	(void)usec;
	if (cgw_engine_timers(daemon->engine, enforce_boottime_ns(), &actions, &count) == 0)
		perform_all(&daemon->performer, daemon->engine, daemon->policy, actions, count);
	daemon->changed = daemon->changed || count > 0;
	due_ns = cgw_engine_due_ns(daemon->engine);
	if (due_ns != UINT64_MAX) {
		(void)sd_event_source_set_time(daemon->due, due_ns / 1000 + 1);
		(void)sd_event_source_set_enabled(daemon->due, SD_EVENT_ONESHOT);
	}
	return 0;
}

static void arm_due(struct daemon *daemon)
{
	uint64_t due_ns = cgw_engine_due_ns(daemon->engine);

	if (daemon->event == NULL || due_ns == UINT64_MAX)
		return;
	if (daemon->due == NULL && sd_event_add_time(daemon->event, &daemon->due, CLOCK_BOOTTIME,
						     due_ns / 1000 + 1, 1000, on_due, daemon) < 0)
		return;
	(void)sd_event_source_set_time(daemon->due, due_ns / 1000 + 1);
	(void)sd_event_source_set_enabled(daemon->due, SD_EVENT_ONESHOT);
}

static void write_status(struct daemon *daemon, uint64_t now_ns)
{
	int r;

	if (daemon->store == NULL ||
	    (!daemon->changed && now_ns - daemon->last_status_ns < STATUS_INTERVAL_NS))
		return;
	r = status_write(undo_store_directory(daemon->store), daemon->policy, daemon->engine,
			 now_ns);
	if (r < 0)
		log_event(LOG_WARNING, "cannot write the status: %s", strerror(-r));
	daemon->last_status_ns = now_ns;
	daemon->changed = false;
}

int daemon_tick(struct daemon *daemon)
{
	const struct cgw_action *actions;
	uint64_t started_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID), now_ns;
	size_t count;
	int r = sample(daemon);

	if (r < 0)
		return r;
	now_ns = cgw_snapshot_boottime_ns(cgw_frame_now(daemon->frame));
	daemon->last_sample_ns = now_ns;
	r = cgw_engine_step(daemon->engine, daemon->frame, &daemon->facts, now_ns, &actions,
			    &count);
	if (r < 0)
		return r;
	perform_all(&daemon->performer, daemon->engine, daemon->policy, actions, count);
	perform_reap(&daemon->performer);
	perform_forget(&daemon->performer);
	(void)place_processes(daemon);
	daemon->changed = daemon->changed || count > 0;
	arm_due(daemon);
	watch_follow(daemon);
	write_status(daemon, now_ns);
	daemon->tick_cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - started_ns;
	return 0;
}

void daemon_release(struct daemon *daemon)
{
	const struct cgw_action *actions;
	size_t count;

	if (cgw_engine_release_all(daemon->engine, &actions, &count) == 0)
		perform_all(&daemon->performer, daemon->engine, daemon->policy, actions, count);
	daemon->performer.forget_from = 0;
	perform_forget(&daemon->performer);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	uint64_t interval_us = cgw_policy_settings(daemon->policy)->interval_ns / 1000, now_us = 0;
	int r = daemon_tick(daemon);

	if (r < 0)
		log_event(LOG_ERR, "no sample: %s", strerror(-r));
	(void)sd_event_now(daemon->event, CLOCK_MONOTONIC, &now_us);
	/* On the beat; beats that were missed are not made up for. */
	usec += interval_us;
	if (usec < now_us)
		usec = now_us + interval_us;
	(void)sd_event_source_set_time(source, usec);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_early(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;
	bool again = daemon->again;

	(void)source;
	(void)usec;
	daemon->again = false;
	(void)daemon_tick(daemon);
	if (again)
		daemon_wake(daemon, HURRY_EVENT_NS);
	return 0;
}

void daemon_wake(struct daemon *daemon, uint64_t after_ns)
{
	uint64_t rest_ns = 3 * daemon->tick_cost_ns, at_us, set_us = 0;
	int enabled = SD_EVENT_OFF;

	at_us = (daemon->last_sample_ns + (after_ns > rest_ns ? after_ns : rest_ns)) / 1000;
	if (daemon->early == NULL) {
		(void)sd_event_add_time(daemon->event, &daemon->early, CLOCK_BOOTTIME, at_us, 1000,
					on_early, daemon);
		return;
	}
	(void)sd_event_source_get_enabled(daemon->early, &enabled);
	(void)sd_event_source_get_time(daemon->early, &set_us);
	if (enabled != SD_EVENT_OFF && set_us <= at_us)
		return; /* it is on its way */
	(void)sd_event_source_set_time(daemon->early, at_us);
	(void)sd_event_source_set_enabled(daemon->early, SD_EVENT_ONESHOT);
}

void daemon_wake_twice(struct daemon *daemon, uint64_t after_ns)
{
	daemon->again = true;
	daemon_wake(daemon, after_ns);
}

/* What runs beside the decisions, as the policy wants it. A dry run keeps and serves as well. */
static void open_sides(struct daemon *daemon)
{
	daemon->keeper = daemon_recorder_start(
		daemon->layout, daemon->policy,
		daemon->store != NULL ? undo_store_directory(daemon->store) : NULL);
	daemon->performer.told = daemon->keeper != NULL ? daemon_recorder_note : NULL;
	daemon->performer.told_context = daemon->keeper;
	metrics_endpoint_open(daemon);
}

static void close_sides(struct daemon *daemon)
{
	daemon->performer.told = NULL;
	metrics_endpoint_close(daemon);
	daemon->keeper = daemon_recorder_stop(daemon->keeper);
}

void daemon_reload(struct daemon *daemon)
{
	struct cgw_metric_set wanted = {0};
	struct cgw_policy *policy;
	struct timespec now;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	policy = enforce_load(daemon->context, &daemon->options);
	if (policy == NULL) {
		log_message(CLI_MESSAGE_POLICY_REFUSED, LOG_ERR,
			    "the new policy is not used; the old one goes on");
		(void)sd_notify(
			0, "READY=1\nSTATUS=The policy file has mistakes; the old one goes on");
		return;
	}
	r = cgw_engine_reload(daemon->engine, policy);
	if (r < 0) {
		log_event(LOG_ERR, "the new policy is not used: %s", strerror(-r));
		cgw_policy_free(policy);
	} else {
		close_sides(daemon);
		cgw_policy_free(daemon->policy);
		daemon->policy = policy;
		place_done(daemon); /* other sections: all processes are looked at again */
		daemon->performer.settings = cgw_policy_settings(policy);
		cgw_policy_metrics_used(policy, &wanted);
		(void)cgw_sampler_set_metrics(daemon->sampler, &wanted);
		watch_close(daemon);
		(void)watch_open(daemon);
		open_sides(daemon);
		log_message(CLI_MESSAGE_POLICY_LOADED, LOG_NOTICE, "the policy was loaded anew");
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
	/* Without a handler these end the loop. */
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
		r = replaced_open(daemon);
	if (r >= 0)
		r = sd_event_now(daemon->event, CLOCK_MONOTONIC, &now_us);
	if (r >= 0)
		r = sd_event_add_time(daemon->event, &daemon->tick, CLOCK_MONOTONIC, now_us, 1000,
				      on_tick, daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	if (r >= 0) {
		open_sides(daemon);
		(void)sd_notify(0, "READY=1\nSTATUS=Enforcing");
		r = sd_event_loop(daemon->event);
	}
	(void)sd_notify(0, "STOPPING=1");
	daemon_release(daemon);
	/* After all was given back: a disk that hangs holds up nothing then. */
	close_sides(daemon);
	watch_close(daemon);
	place_done(daemon);
	sd_event_source_unref(daemon->tick);
	sd_event_source_unref(daemon->due);
	sd_event_source_unref(daemon->early);
	sd_event_unref(daemon->event);
	daemon->event = NULL;
	return r;
}
