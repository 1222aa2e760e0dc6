/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon-recorder.c - the recording that [record] asks for. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "cmd/enforce/daemon-recorder.h"
#include "cmd/enforce/daemon.h"
#include "cmd/enforce/log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/limit/journal-tail.h"
#include "lib/recording/event-list.h"
#include "shared/cli/recording-metrics.h"

#define RETRY_NS UINT64_C(60000000000)

struct keeper {
	const struct cgw_layout *layout;
	struct cgw_policy_record wanted;
	char *to, *columns, **globs; /* what `wanted` points to: the policy may be replaced */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool stop;                 /* under the lock ... */
	struct event_list waiting; /* ... and this */
	/* Of the thread alone. */
	struct cgw_sampler *sampler;
	struct cgw_recorder *recorder;
	struct journal_tail *who; /* or NULL */
	int said;                 /* the error that was said last */
};

static void say_once(struct keeper *keeper, int error, const char *reason)
{
	if (error == keeper->said)
		return;
	keeper->said = error;
	if (error < 0)
		log_event(LOG_WARNING, "recording to %s: %s; tried again", keeper->to, reason);
	else
		log_event(LOG_NOTICE, "recording to %s goes on", keeper->to);
}

static int open_sampler(struct keeper *keeper, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {.descriptors_max = daemon_descriptors()};
	struct cgw_metric_set set = {0};
	int r = recording_metrics(keeper->wanted.columns, &set, diag);

	if (r == 0)
		r = cgw_sampler_new(keeper->layout, &sampling, &keeper->sampler, diag);
	if (r == 0)
		r = cgw_sampler_set_metrics(keeper->sampler, &set);
	return r;
}

static int open_recorder(struct keeper *keeper, struct cgw_diag *diag)
{
	CLEANUP(cleanup_free) char *boot_id = recording_boot_id(keeper->layout);
	char host[256] = "";
	struct cgw_recorder_options options = {
		.size_max_bytes = keeper->wanted.size_bytes,
		.age_max_ns = keeper->wanted.keep_ns,
		.interval_ns = keeper->wanted.interval_ns,
		.globs = keeper->wanted.globs,
		.glob_count = keeper->wanted.glob_count,
		.host = host,
		.boot_id = boot_id,
		.facts = recording_owner,
		/* The layout is only read. */
		.facts_context = (void *)(uintptr_t)keeper->layout,
		.who = keeper->who != NULL ? journal_tail_find_author : NULL,
		.who_context = keeper->who,
	};

	(void)gethostname(host, sizeof(host) - 1);
	return cgw_recorder_open(keeper->to, &options, &keeper->recorder, diag);
}

static void hand_over(struct keeper *keeper)
{
	struct event_list events;

	(void)pthread_mutex_lock(&keeper->lock);
	events = keeper->waiting;
	keeper->waiting = (struct event_list){0};
	(void)pthread_mutex_unlock(&keeper->lock);
	for (size_t i = 0; i < events.count; i++)
		(void)cgw_recorder_event(keeper->recorder, &events.items[i]);
	event_list_done(&events);
}

/* One sample; opens what is not open. */
static int keep_one(struct keeper *keeper)
{
	struct cgw_snapshot *snapshot;
	struct cgw_diag diag = {0};
	int r = 0;

	if (keeper->sampler == NULL)
		r = open_sampler(keeper, &diag);
	if (r == 0 && keeper->recorder == NULL)
		r = open_recorder(keeper, &diag);
	if (r == 0)
		r = cgw_sampler_sample(keeper->sampler, &snapshot);
	if (r == 0) {
		hand_over(keeper);
		r = cgw_recorder_sample(keeper->recorder, snapshot, &diag);
		cgw_snapshot_unref(snapshot);
	}
	say_once(keeper, r, diag.text[0] != '\0' ? diag.text : strerror(-r));
	return r;
}

/* Until that time, or until it is told to stop. */
static bool wait_until(struct keeper *keeper, uint64_t at_ns)
{
	const struct timespec at = {(time_t)(at_ns / 1000000000), (long)(at_ns % 1000000000)};
	bool stop;
	int r = 0;

	(void)pthread_mutex_lock(&keeper->lock);
	while (!keeper->stop && r == 0)
		r = pthread_cond_timedwait(&keeper->woken, &keeper->lock, &at);
	stop = keeper->stop;
	(void)pthread_mutex_unlock(&keeper->lock);
	return !stop;
}

static void *run(void *context)
{
	struct keeper *keeper = context;
	uint64_t next_ns = clock_now_ns();

	do {
		int r = keep_one(keeper);
		uint64_t now_ns = clock_now_ns();

		/* Without a recorder there is nothing to catch up with. */
		next_ns += keeper->wanted.interval_ns;
		if (r < 0 && keeper->recorder == NULL)
			next_ns = now_ns + RETRY_NS;
		else if (next_ns < now_ns)
			next_ns = now_ns + keeper->wanted.interval_ns;
	} while (wait_until(keeper, next_ns));
	if (keeper->recorder != NULL)
		(void)keep_one(keeper); /* what was done at the end belongs to it */
	cgw_recorder_free(keeper->recorder);
	cgw_sampler_free(keeper->sampler);
	return NULL;
}

static void free_keeper(struct keeper *keeper)
{
	for (size_t i = 0; keeper->globs != NULL && i < keeper->wanted.glob_count; i++)
		free(keeper->globs[i]);
	free(keeper->globs);
	free(keeper->to);
	free(keeper->columns);
	journal_tail_free(keeper->who);
	event_list_done(&keeper->waiting);
	(void)pthread_cond_destroy(&keeper->woken);
	(void)pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

static int copy_wanted(struct keeper *keeper)
{
	struct cgw_policy_record *wanted = &keeper->wanted;

	keeper->to = strdup(wanted->to);
	keeper->columns = wanted->columns != NULL ? strdup(wanted->columns) : NULL;
	keeper->globs = calloc(wanted->glob_count + 1, sizeof(char *));
	if (keeper->to == NULL || keeper->globs == NULL ||
	    (wanted->columns != NULL && keeper->columns == NULL))
		return -ENOMEM;
	for (size_t i = 0; i < wanted->glob_count; i++) {
		keeper->globs[i] = strdup(wanted->globs[i]);
		if (keeper->globs[i] == NULL)
			return -ENOMEM;
	}
	wanted->to = keeper->to;
	wanted->columns = keeper->columns;
	wanted->globs = (const char *const *)keeper->globs;
	return 0;
}

struct keeper *daemon_recorder_start(const struct cgw_layout *layout,
				     const struct cgw_policy *policy, const char *state)
{
	pthread_condattr_t attributes;
	struct cgw_policy_record wanted;
	struct keeper *keeper;
	int r;

	if (!cgw_policy_record_section(policy, &wanted))
		return NULL;
	keeper = calloc(1, sizeof(*keeper));
	if (keeper == NULL) {
		log_event(LOG_ERR, "nothing is recorded: out of memory");
		return NULL;
	}
	keeper->layout = layout;
	keeper->wanted = wanted;
	(void)journal_tail_new(state, &keeper->who); /* without it nobody is named */
	(void)pthread_mutex_init(&keeper->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&keeper->woken, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	r = copy_wanted(keeper);
	/* Signals are the loop's: they are blocked here, and so they are in the thread. */
	if (r == 0)
		r = -pthread_create(&keeper->thread, NULL, run, keeper);
	if (r < 0) {
		log_event(LOG_ERR, "nothing is recorded: %s", strerror(-r));
		free_keeper(keeper);
		return NULL;
	}
	return keeper;
}

struct keeper *daemon_recorder_stop(struct keeper *keeper)
{
	if (keeper == NULL)
		return NULL;
	(void)pthread_mutex_lock(&keeper->lock);
	keeper->stop = true;
	(void)pthread_cond_signal(&keeper->woken);
	(void)pthread_mutex_unlock(&keeper->lock);
	(void)pthread_join(keeper->thread, NULL);
	free_keeper(keeper);
	return NULL;
}

/* "limit cpu.max 200%", "freeze", "would kill" */
static void describe(const struct cgw_action *action, char *buffer, size_t size)
{
	bool is_value = action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_RESTORE;

	(void)snprintf(buffer, size, "%s%s%s%s%s%s", action->dry_run ? "would " : "",
		       cgw_action_kind_name(action->kind), is_value ? " " : "",
		       is_value ? cgw_control_info(action->control)->key : "",
		       action->value != NULL ? " " : "",
		       action->value != NULL ? action->value : "");
}

void daemon_recorder_note(void *context, const struct cgw_action *action, bool of_rule,
			  const struct cgw_action_result *result)
{
	struct keeper *keeper = context;
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
	describe(action, what, sizeof(what));
	(void)snprintf(who, sizeof(who), "%s %.60s", of_rule ? "rule" : "limit", action->rule);
	(void)pthread_mutex_lock(&keeper->lock);
	(void)event_list_add(&keeper->waiting, &event);
	(void)pthread_mutex_unlock(&keeper->lock);
}
