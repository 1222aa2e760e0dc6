/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* postmortem.c - watch all groups for events, and write pages about them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "lib/base/clock.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "lib/model/counter-growth.h"
#include "lib/model/sampling.h"
#include "shared/postmortem/page-gaps.h"
#include "shared/postmortem/postmortem.h"
#include "shared/postmortem/short-page.h"

#define ACTIONS_MAX  64
#define PATH_BYTES   (64 << 10)
#define SETTLE_MS    200 /* until the kernel has logged a kill that it has counted */
#define LOG_SLACK_NS (2 * NS_PER_S)

/* An action of a rule that awaits its page. */
struct pending_action {
	enum page_event event;
	bool largest_only;
	char *path, *rule, *reason;
};

struct postmortem {
	struct cgw_policy_postmortem settings;
	struct postmortem_options options;
	pthread_t thread;
	int wake; /* eventfd */
	pthread_mutex_t lock;
	bool stop;                                  /* protected by `lock` ... */
	struct pending_action actions[ACTIONS_MAX]; /* ... and so are these */
	size_t action_count;
	/* Used only by the thread. */
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;    /* the newest sample */
	struct cgw_frame *previous; /* the one before: the state before an event */
	struct cgw_snapshot *last;
	struct cgw_history *history; /* of `previous` while events are handled */
	struct kernel_log *log;
	char log_missing[128]; /* why the kernel log cannot be read, or "" */
	struct page_store *store;
	struct process_sizes sizes;
	struct short_page short_page; /* for when there is no memory for another */
	char path[PATH_BYTES];
	struct page_gaps gaps;
	struct string_list
		removed; /* groups of this sample, one entry per process killed in them */
	int last_error;
};

struct cgw_policy_postmortem postmortem_defaults(const char *directory)
{
	return (struct cgw_policy_postmortem){
		.to = directory,
		.interval_ns = NS_PER_S,
		.last_ns = 60 * NS_PER_S,
		.gap_ns = 60 * NS_PER_S,
		.size_bytes = UINT64_C(20) << 20,
		.pages_max = 100,
	};
}

static void report_problem(struct postmortem *postmortem, int error, const char *doing)
{
	if (error == postmortem->last_error)
		return;
	postmortem->last_error = error;
	if (error == 0)
		return;
	postmortem->options.on_problem(postmortem->options.context,
				       FORMATTED(256, "cannot %s: %s", doing, strerror(-error)));
}

static void action_done(struct pending_action *action)
{
	free(action->path);
	free(action->rule);
	free(action->reason);
}

void postmortem_add_action(struct postmortem *postmortem, const struct cgw_action *action,
			   const struct cgw_action_result *result)
{
	struct pending_action pending = {
		.event = action->kind == CGW_ACTION_KILL ? PAGE_KILL : PAGE_FREEZE,
		.largest_only = action->largest_only,
	};

	if ((action->kind != CGW_ACTION_KILL && action->kind != CGW_ACTION_FREEZE) ||
	    action->dry_run || result->error < 0 || result->outcome == CGW_OUTCOME_UNCHANGED)
		return;
	pending.path = strdup(action->path);
	pending.rule = strdup(action->rule);
	pending.reason = strdup(action->reason != NULL ? action->reason : "");
	pthread_mutex_lock(&postmortem->lock);
	if (pending.path != NULL && pending.rule != NULL && pending.reason != NULL &&
	    postmortem->action_count < ACTIONS_MAX) {
		postmortem->actions[postmortem->action_count++] = pending;
		pending = (struct pending_action){0};
	}
	pthread_mutex_unlock(&postmortem->lock);
	action_done(&pending);
	(void)eventfd_write(postmortem->wake, 1);
}

/* Finds the report of an OOM kill; the kernel counts a kill before it logs it. */
static void find_report(struct postmortem *postmortem, struct event_page *page)
{
	uint64_t now_ns = clock_now_ns(), age_ns = LOG_SLACK_NS;

	page->report_missing = postmortem->log_missing[0] != '\0'
				       ? postmortem->log_missing
				       : "the kernel log contains no report for this group";
	age_ns += cgw_snapshot_monotonic_ns(cgw_frame_now(postmortem->frame)) -
		  cgw_snapshot_monotonic_ns(cgw_frame_now(postmortem->previous));
	for (int attempt = 0; attempt < 2 && page->report == NULL; attempt++) {
		if (attempt > 0 && kernel_log_fd(postmortem->log) >= 0) {
			clock_sleep_ms(SETTLE_MS);
			(void)kernel_log_read(postmortem->log);
		}
		page->report =
			kernel_log_find(postmortem->log, page->path,
					now_ns > age_ns ? now_ns - age_ns : 0, &page->decision);
	}
}

static int write_short_page(struct postmortem *postmortem, const struct event_page *page)
{
	struct short_page *short_page = &postmortem->short_page;
	char id[PAGE_ID_SIZE];
	int r = page_store_choose_id(postmortem->store, page->realtime_ns, id);

	if (r < 0)
		return r;
	short_page_make(short_page, page, id);
	r = page_store_write_texts(postmortem->store, id, short_page->json, short_page->text);
	if (r < 0)
		return r;
	cgw_escape(short_page->escaped, sizeof(short_page->escaped), page->path,
		   strlen(page->path));
	postmortem->options.on_page(postmortem->options.context, postmortem->settings.to, id,
				    short_page->escaped, "incomplete page, as memory is short");
	return 0;
}

static void write_page(struct postmortem *postmortem, struct event_page *page)
{
	CLEANUP(cleanup_json) json_t *json = NULL;
	char id[PAGE_ID_SIZE];
	int r = event_page_make(page, &json);

	if (r == 0)
		r = page_store_write(postmortem->store, json, page->realtime_ns, id);
	if (r == 0)
		postmortem->options.on_page(postmortem->options.context, postmortem->settings.to,
					    id, json_string_value(json_object_get(json, "group")),
					    json_string_value(json_object_get(json, "summary")));
	else if (r == -ENOMEM)
		r = write_short_page(postmortem, page);
	report_problem(postmortem, r, "write a post-mortem page");
}

/* Completes and writes the page, if the group still exists or did in the sample before. */
static void handle_event(struct postmortem *postmortem, struct event_page page)
{
	const struct cgw_topology *before =
		cgw_snapshot_topology(cgw_frame_now(postmortem->previous));

	page.layout = postmortem->options.layout;
	page.policy = postmortem->options.policy;
	page.state = postmortem->options.state;
	page.realtime_ns = clock_ns(CLOCK_REALTIME);
	page.now = postmortem->frame;
	page.frame = postmortem->previous;
	page.history = postmortem->history;
	page.sizes = &postmortem->sizes;
	page.monotonic_ns = clock_now_ns();
	page.history_seconds = (unsigned)(postmortem->settings.last_ns / NS_PER_S);
	page.group = page.group_now != CGW_NO_GROUP
			     ? cgw_frame_previous(postmortem->frame, page.group_now)
			     : cgw_topology_find(before, page.path);
	if (page.group_now != CGW_NO_GROUP &&
	    (page.group == CGW_NO_GROUP ||
	     cgw_frame_flags(postmortem->frame, page.group_now) & CGW_ROW_RECREATED)) {
		page.frame = postmortem->frame;
		page.group = page.group_now;
		page.history = NULL;
	}
	if (page.group == CGW_NO_GROUP ||
	    !page_gaps_pass(&postmortem->gaps, page.path, page.event, clock_now_ns(),
			    postmortem->settings.gap_ns, &page.skipped))
		return;
	if (page.event == PAGE_OOM_KILL && page.report == NULL)
		find_report(postmortem, &page);
	write_page(postmortem, &page);
}

/* The kernel counts kills in a group that was removed in its ancestors only. */
static uint64_t kills_without_removed(const struct postmortem *postmortem, const char *path,
				      uint64_t kills)
{
	const struct cgw_source *source =
		cgw_snapshot_source(cgw_frame_now(postmortem->frame), CGW_M_MEMORY_EVENTS_OOM_KILL);
	size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);

	for (size_t i = 0; i < postmortem->removed.count && kills > 0; i++) {
		const char *removed = postmortem->removed.items[i];

		if (source != NULL && !source->own && strncmp(removed, path, length) == 0 &&
		    removed[length] == '/')
			kills--;
	}
	return kills;
}

/* Without allocating memory; valid until the next call. */
static const char *path_of(struct postmortem *postmortem, const struct cgw_topology *topology,
			   uint32_t group)
{
	if (cgw_topology_path(topology, group, postmortem->path, sizeof(postmortem->path)) <
	    sizeof(postmortem->path))
		return postmortem->path;
	report_problem(postmortem, -ENAMETOOLONG, "write a post-mortem page");
	return NULL;
}

static void handle_counters(struct postmortem *postmortem)
{
	static const struct {
		enum cgw_metric metric;
		enum page_event event;
	} counters[] = {
		{CGW_M_MEMORY_EVENTS_OOM_KILL, PAGE_OOM_KILL},
		{CGW_M_PIDS_EVENTS_MAX, PAGE_FORK_REFUSED},
	};
	const struct cgw_topology *topology =
		cgw_snapshot_topology(cgw_frame_now(postmortem->frame));

	for (uint32_t i = 0; i < topology->count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(counters); j++) {
			uint64_t growth =
				counter_own_growth(postmortem->frame, counters[j].metric, i);
			const char *path = growth > 0 ? path_of(postmortem, topology, i) : NULL;

			if (path != NULL && counters[j].event == PAGE_OOM_KILL)
				growth = kills_without_removed(postmortem, path, growth);
			if (path != NULL && growth > 0)
				handle_event(postmortem, (struct event_page){
								 .event = counters[j].event,
								 .path = path,
								 .count = growth,
								 .group_now = i,
							 });
		}
}

static uint64_t killed_count(const struct oom_report *report)
{
	static const char phrase[] = ": Killed process ";
	uint64_t count = 0;

	for (const char *at = report->text; (at = strstr(at, phrase)) != NULL; at++)
		count++;
	return count > 0 ? count : 1;
}

/* A container that is OOM-killed is often removed before the next sample counts the kill. */
static void handle_removed(struct postmortem *postmortem)
{
	const struct cgw_topology *before =
		cgw_snapshot_topology(cgw_frame_now(postmortem->previous));
	uint64_t since_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(postmortem->previous));
	size_t count;
	const uint32_t *removed = cgw_frame_removed_groups(postmortem->frame, &count);

	string_list_free(&postmortem->removed);
	for (size_t i = 0; i < count; i++) {
		const char *path = path_of(postmortem, before, removed[i]);
		struct event_page page = {
			.event = PAGE_OOM_KILL,
			.path = path,
			.count = 1,
			.group_now = CGW_NO_GROUP,
		};

		if (path == NULL)
			continue;
		page.report = kernel_log_find(postmortem->log, path, since_ns, &page.decision);
		if (page.report == NULL)
			continue;
		page.count = killed_count(page.report);
		for (uint64_t killed = 0; killed < page.count; killed++)
			(void)string_list_add(&postmortem->removed, path);
		handle_event(postmortem, page);
	}
}

static void handle_actions(struct postmortem *postmortem)
{
	struct pending_action actions[ACTIONS_MAX];
	size_t count;

	pthread_mutex_lock(&postmortem->lock);
	count = postmortem->action_count;
	memcpy(actions, postmortem->actions, count * sizeof(*actions));
	postmortem->action_count = 0;
	pthread_mutex_unlock(&postmortem->lock);
	for (size_t i = 0; i < count; i++) {
		handle_event(
			postmortem,
			(struct event_page){
				.event = actions[i].event,
				.path = actions[i].path,
				.count = 1,
				.rule = actions[i].rule,
				.reason = actions[i].reason,
				.largest_only = actions[i].largest_only,
				.group_now = cgw_topology_find(
					cgw_snapshot_topology(cgw_frame_now(postmortem->frame)),
					actions[i].path),
			});
		action_done(&actions[i]);
	}
}

/* The frame before becomes that of the last sample, and then the new sample is compared with it. */
static int take_sample(struct postmortem *postmortem)
{
	struct cgw_snapshot *snapshot = NULL;
	int r = 0;

	(void)kernel_log_read(postmortem->log);
	if (postmortem->last != NULL)
		r = cgw_frame_update(postmortem->previous, postmortem->last);
	postmortem->last = cgw_snapshot_unref(postmortem->last);
	if (r == 0)
		r = cgw_sampler_sample(postmortem->sampler, &snapshot);
	if (r < 0)
		return r;
	postmortem->last = snapshot;
	r = cgw_frame_update(postmortem->frame, snapshot);
	if (r < 0)
		return r;
	if (cgw_frame_now(postmortem->previous) != NULL) {
		handle_removed(postmortem);
		handle_counters(postmortem);
		handle_actions(postmortem);
	}
	process_sizes_update(&postmortem->sizes, postmortem->options.layout, postmortem->frame,
			     clock_now_ns(), postmortem->settings.last_ns);
	return cgw_history_push(postmortem->history, postmortem->frame);
}

/* Waits for the time, an action, or a kill in the kernel log; returns false if asked to stop. */
static bool wait_until(struct postmortem *postmortem, uint64_t at_ns)
{
	struct pollfd files[] = {{postmortem->wake, POLLIN, 0},
				 {kernel_log_fd(postmortem->log), POLLIN, 0}};
	bool due = false, stop = false;

	while (!due && !stop) {
		uint64_t now_ns = clock_now_ns();
		struct timespec left = timespec_from_ns(at_ns > now_ns ? at_ns - now_ns : 0);
		eventfd_t ignored;

		due = ppoll(files, ARRAY_SIZE(files), &left, NULL) == 0;
		if (files[0].revents != 0 && eventfd_read(postmortem->wake, &ignored) == 0)
			due = true;
		if (files[1].revents != 0 && kernel_log_read(postmortem->log))
			due = true;
		if (files[1].revents & POLLHUP || kernel_log_fd(postmortem->log) < 0)
			files[1].fd = -1;
		pthread_mutex_lock(&postmortem->lock);
		stop = postmortem->stop;
		pthread_mutex_unlock(&postmortem->lock);
	}
	return !stop;
}

static void *run(void *context)
{
	struct postmortem *postmortem = context;
	uint64_t next_ns = clock_now_ns();

	do {
		uint64_t now_ns;
		int r = take_sample(postmortem);

		if (r < 0)
			report_problem(postmortem, r, "sample the groups for post-mortem pages");
		now_ns = clock_now_ns();
		/* An early sample does not delay the next one. */
		while (next_ns <= now_ns)
			next_ns += postmortem->settings.interval_ns;
	} while (wait_until(postmortem, next_ns));
	(void)take_sample(postmortem); /* pages about the last actions */
	return NULL;
}

static void free_postmortem(struct postmortem *postmortem)
{
	for (size_t i = 0; i < postmortem->action_count; i++)
		action_done(&postmortem->actions[i]);
	string_list_free(&postmortem->removed);
	process_sizes_done(&postmortem->sizes);
	page_store_free(postmortem->store);
	kernel_log_free(postmortem->log);
	cgw_history_free(postmortem->history);
	cgw_snapshot_unref(postmortem->last);
	cgw_frame_free(postmortem->previous);
	cgw_frame_free(postmortem->frame);
	cgw_sampler_free(postmortem->sampler);
	if (postmortem->wake >= 0)
		close(postmortem->wake);
	pthread_mutex_destroy(&postmortem->lock);
	free(postmortem);
}

static void open_log(struct postmortem *postmortem)
{
	const char *file = postmortem->options.kernel_log != NULL ? postmortem->options.kernel_log
								  : "/dev/kmsg";
	int r;

	if (postmortem->options.layout->recorded && postmortem->options.kernel_log == NULL) {
		snprintf(postmortem->log_missing, sizeof(postmortem->log_missing),
			 "the groups are not those of this machine");
		return;
	}
	r = kernel_log_open(postmortem->log, file);
	if (r < 0)
		snprintf(postmortem->log_missing, sizeof(postmortem->log_missing),
			 "%s is not readable: %s", file, strerror(-r));
}

static int open_all(struct postmortem *postmortem, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {.descriptors_max =
							     postmortem->options.descriptors_max};
	struct cgw_metric_set metrics = {0};
	int r = page_store_open(postmortem->settings.to, postmortem->settings.pages_max,
				postmortem->settings.size_bytes, &postmortem->store, diag);

	event_page_metrics(postmortem->options.policy, &metrics);
	if (r == 0)
		r = kernel_log_new(&postmortem->log);
	if (r == 0) {
		open_log(postmortem);
		r = cgw_sampler_new(postmortem->options.layout, &sampling, &postmortem->sampler,
				    diag);
	}
	if (r == 0)
		r = cgw_sampler_set_metrics(postmortem->sampler, &metrics);
	if (r == 0)
		r = cgw_frame_new(&postmortem->frame);
	if (r == 0)
		r = cgw_frame_new(&postmortem->previous);
	if (r == 0)
		r = cgw_history_new(&postmortem->history);
	if (r == 0 && postmortem->wake < 0)
		r = -EMFILE;
	return r;
}

int postmortem_start(const struct cgw_policy_postmortem *settings,
		     const struct postmortem_options *options, struct postmortem **ret_postmortem,
		     struct cgw_diag *diag)
{
	struct postmortem *postmortem = calloc(1, sizeof(*postmortem));
	int r;

	if (postmortem == NULL)
		return cgw_diag_set(diag, -ENOMEM, "%s", strerror(ENOMEM));
	postmortem->settings = *settings;
	postmortem->options = *options;
	postmortem->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&postmortem->lock, NULL);
	r = open_all(postmortem, diag);
	/* The thread inherits blocked signals: only the caller handles them. */
	if (r == 0)
		r = -pthread_create(&postmortem->thread, NULL, run, postmortem);
	if (r < 0) {
		if (diag != NULL && diag->text[0] == '\0')
			cgw_diag_set(diag, r, "%s", strerror(-r));
		free_postmortem(postmortem);
		return r;
	}
	*ret_postmortem = postmortem;
	return 0;
}

struct postmortem *postmortem_stop(struct postmortem *postmortem)
{
	if (postmortem == NULL)
		return NULL;
	pthread_mutex_lock(&postmortem->lock);
	postmortem->stop = true;
	pthread_mutex_unlock(&postmortem->lock);
	(void)eventfd_write(postmortem->wake, 1);
	(void)pthread_join(postmortem->thread, NULL);
	free_postmortem(postmortem);
	return NULL;
}
