/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-recorder.c - record samples in the background, as configured by [record]. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/daemon-recorder.h"
#include "cmd/enforce/enforcement.h"
#include "cmd/enforce/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/journal-tail.h"
#include "lib/recording/event-list.h"
#include "shared/cli/recording-common.h"

#define RETRY_NS (60 * NS_PER_S)

struct daemon_recorder {
	const struct cgw_layout *layout;
	struct cgw_policy_record settings;
	char *to, *columns, **globs; /* owned copies for `settings`: a reload frees the policy */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool stop;                 /* protected by `lock` ... */
	struct event_list pending; /* ... and so is this */
	/* Used only by the thread. */
	struct cgw_sampler *sampler;
	struct cgw_recorder *recorder;
	struct journal_tail *who; /* or NULL */
	int last_error;           /* last logged error, 0 for none */
};

static void log_once(struct daemon_recorder *recording, int error, const char *reason)
{
	if (error == recording->last_error)
		return;
	recording->last_error = error;
	if (error < 0)
		log_event(LOG_WARNING, "recording to %s: %s; will retry", recording->to, reason);
	else
		log_event(LOG_NOTICE, "recording to %s resumed", recording->to);
}

static int open_sampler(struct daemon_recorder *recording, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {.descriptors_max = sampler_descriptors()};
	struct cgw_metric_set set = {0};
	int r = recording_metrics(recording->settings.columns, &set, diag);

	if (r == 0)
		r = cgw_sampler_new(recording->layout, &sampling, &recording->sampler, diag);
	if (r == 0)
		r = cgw_sampler_set_metrics(recording->sampler, &set);
	return r;
}

static int open_recorder(struct daemon_recorder *recording, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *boot_id = recording_boot_id(recording->layout);
	char host[256] = "";
	struct cgw_recorder_options options = {
		.size_max_bytes = recording->settings.size_bytes,
		.age_max_ns = recording->settings.keep_ns,
		.interval_ns = recording->settings.interval_ns,
		.globs = recording->settings.globs,
		.glob_count = recording->settings.glob_count,
		.host = host,
		.boot_id = boot_id,
		.facts = recording_owner,
		/* recording_owner() does not modify the layout. */
		.facts_context = (void *)(uintptr_t)recording->layout,
		.who = recording->who != NULL ? journal_tail_find_author : NULL,
		.who_context = recording->who,
	};

	(void)gethostname(host, sizeof(host) - 1);
	return cgw_recorder_open(recording->to, &options, &recording->recorder, diag);
}

static void write_events(struct daemon_recorder *recording)
{
	struct event_list events;

	pthread_mutex_lock(&recording->lock);
	events = recording->pending;
	recording->pending = (struct event_list){0};
	pthread_mutex_unlock(&recording->lock);
	for (size_t i = 0; i < events.count; i++)
		(void)cgw_recorder_event(recording->recorder, &events.items[i]);
	event_list_done(&events);
}

/* Records one sample; opens the sampler and the recorder when needed. */
static int record_sample(struct daemon_recorder *recording)
{
	struct cgw_snapshot *snapshot;
	struct cgw_diag diag = {0};
	int r = 0;

	if (recording->sampler == NULL)
		r = open_sampler(recording, &diag);
	if (r == 0 && recording->recorder == NULL)
		r = open_recorder(recording, &diag);
	if (r == 0)
		r = cgw_sampler_sample(recording->sampler, &snapshot);
	if (r == 0) {
		write_events(recording);
		r = cgw_recorder_sample(recording->recorder, snapshot, &diag);
		cgw_snapshot_unref(snapshot);
	}
	log_once(recording, r, diag.text[0] != '\0' ? diag.text : strerror(-r));
	return r;
}

/* Waits until `at_ns`; returns false if asked to stop. */
static bool wait_until(struct daemon_recorder *recording, uint64_t at_ns)
{
	const struct timespec at = timespec_from_ns(at_ns);
	bool stop;
	int r = 0;

	pthread_mutex_lock(&recording->lock);
	while (!recording->stop && r == 0)
		r = pthread_cond_timedwait(&recording->woken, &recording->lock, &at);
	stop = recording->stop;
	pthread_mutex_unlock(&recording->lock);
	return !stop;
}

static void *run(void *context)
{
	struct daemon_recorder *recording = context;
	uint64_t next_ns = clock_now_ns();

	do {
		int r = record_sample(recording);
		uint64_t now_ns = clock_now_ns();

		/* Retry a failed open slowly; skip missed samples. */
		next_ns += recording->settings.interval_ns;
		if (r < 0 && recording->recorder == NULL)
			next_ns = now_ns + RETRY_NS;
		else if (next_ns < now_ns)
			next_ns = now_ns + recording->settings.interval_ns;
	} while (wait_until(recording, next_ns));
	if (recording->recorder != NULL)
		(void)record_sample(recording); /* write the actions of the shutdown as well */
	cgw_recorder_free(recording->recorder);
	cgw_sampler_free(recording->sampler);
	return NULL;
}

static void free_recording(struct daemon_recorder *recording)
{
	for (size_t i = 0; recording->globs != NULL && i < recording->settings.glob_count; i++)
		free(recording->globs[i]);
	free(recording->globs);
	free(recording->to);
	free(recording->columns);
	journal_tail_free(recording->who);
	event_list_done(&recording->pending);
	pthread_cond_destroy(&recording->woken);
	pthread_mutex_destroy(&recording->lock);
	free(recording);
}

static int copy_settings(struct daemon_recorder *recording)
{
	struct cgw_policy_record *settings = &recording->settings;

	recording->to = strdup(settings->to);
	recording->columns = settings->columns != NULL ? strdup(settings->columns) : NULL;
	recording->globs = calloc(settings->glob_count + 1, sizeof(char *));
	if (recording->to == NULL || recording->globs == NULL ||
	    (settings->columns != NULL && recording->columns == NULL))
		return -ENOMEM;
	for (size_t i = 0; i < settings->glob_count; i++) {
		recording->globs[i] = strdup(settings->globs[i]);
		if (recording->globs[i] == NULL)
			return -ENOMEM;
	}
	settings->to = recording->to;
	settings->columns = recording->columns;
	settings->globs = (const char *const *)recording->globs;
	return 0;
}

struct daemon_recorder *daemon_recorder_start(const struct cgw_layout *layout,
					      const struct cgw_policy *policy, const char *state)
{
	pthread_condattr_t attributes;
	struct cgw_policy_record settings;
	struct daemon_recorder *recording;
	int r;

	if (!cgw_policy_record_section(policy, &settings))
		return NULL;
	recording = calloc(1, sizeof(*recording));
	if (recording == NULL) {
		log_event(LOG_ERR, "cannot start recording: out of memory");
		return NULL;
	}
	recording->layout = layout;
	recording->settings = settings;
	(void)journal_tail_new(state,
			       &recording->who); /* optional: without it changes have no author */
	pthread_mutex_init(&recording->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&recording->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	r = copy_settings(recording);
	/* The thread inherits blocked signals: only the main loop handles them. */
	if (r == 0)
		r = -pthread_create(&recording->thread, NULL, run, recording);
	if (r < 0) {
		log_event(LOG_ERR, "cannot start recording: %s", strerror(-r));
		free_recording(recording);
		return NULL;
	}
	return recording;
}

struct daemon_recorder *daemon_recorder_stop(struct daemon_recorder *recording)
{
	if (recording == NULL)
		return NULL;
	pthread_mutex_lock(&recording->lock);
	recording->stop = true;
	pthread_cond_signal(&recording->woken);
	pthread_mutex_unlock(&recording->lock);
	(void)pthread_join(recording->thread, NULL);
	free_recording(recording);
	return NULL;
}

/* "limit cpu.max 200%", "freeze", "would kill" */
static void format_action(const struct cgw_action *action, char *buffer, size_t size)
{
	bool is_value = action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_RESTORE;

	snprintf(buffer, size, "%s%s%s%s%s%s", action->dry_run ? "would " : "",
		 cgw_action_kind_name(action->kind), is_value ? " " : "",
		 is_value ? cgw_control_info(action->control)->key : "",
		 action->value != NULL ? " " : "", action->value != NULL ? action->value : "");
}

void daemon_recorder_add_action(void *context, const struct cgw_action *action, bool by_rule,
				const struct cgw_action_result *result)
{
	struct daemon_recorder *recording = context;
	char what[512], who[80];
	const struct cgw_event event = {
		.kind = CGW_EVENT_ACTION,
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.path = action->path,
		.group_id = action->group_id,
		.key = what,
		.who = who,
		.why = action->reason != NULL ? action->reason : "",
	};

	if (result->error < 0 || result->outcome == CGW_OUTCOME_UNCHANGED)
		return;
	format_action(action, what, sizeof(what));
	snprintf(who, sizeof(who), "%s %.60s", by_rule ? "rule" : "limit", action->rule);
	pthread_mutex_lock(&recording->lock);
	(void)event_list_add(&recording->pending, &event);
	pthread_mutex_unlock(&recording->lock);
}
