/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics-endpoint.c - the endpoint that [metrics] asks for: the groups, and the policy's own work.
 *
 * It samples for itself, when it is asked, and answers from that sample for a second: what scrapes cost
 * does not grow with how many there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <time.h>

#include "cmd/enforce/log.h"
#include "cmd/enforce/metrics-endpoint.h"
#include "cmd/serve/endpoint.h"
#include "cmd/serve/self-metrics.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/muldiv.h"
#include "shared/cli/select-groups.h"

#define FRESH_NS       UINT64_C(1000000000)
#define LATE_INTERVALS 5 /* without a decision: the daemon is not well */
#define LATE_LEAST_NS  UINT64_C(10000000000)

struct metrics_endpoint {
	struct daemon *daemon;
	struct cgw_policy_metrics wanted; /* its texts are the policy's: closed before that goes */
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	uint64_t sampled_ns;
	struct field_list fields;
	struct group_selection selection;
	struct health health;
	struct endpoint *endpoint;
	sd_event_source *ready, *due;
};

static int sample(struct metrics_endpoint *exposed)
{
	struct cgw_snapshot *snapshot;
	int r;

	if (exposed->sampled_ns != 0 && clock_now_ns() - exposed->sampled_ns <= FRESH_NS)
		return 0;
	r = cgw_sampler_sample(exposed->sampler, &snapshot);
	if (r < 0) {
		health_count(&exposed->health, NULL);
		return r;
	}
	r = cgw_frame_update(exposed->frame, snapshot);
	if (r == 0) {
		health_count(&exposed->health, snapshot);
		exposed->sampled_ns = clock_now_ns();
	}
	cgw_snapshot_unref(snapshot);
	return r;
}

static void put(struct cgw_exposition *exposition, const char *name, const char *help,
		enum cgw_family_type type, uint64_t value)
{
	cgw_exposition_family(exposition, &(struct cgw_family){name, "", help, type});
	cgw_exposition_sample(exposition, NULL, 0, value, 1);
}

/* Where rules stand, and what was done. */
static void expose_policy(const struct daemon *daemon, struct cgw_exposition *exposition)
{
	static const struct cgw_family phases = {"cgward_policy_groups", "",
						 "Groups on which a rule is in this phase",
						 CGW_FAMILY_GAUGE};
	static const enum cgw_phase shown[] = {CGW_PHASE_PENDING, CGW_PHASE_ACTIVE,
					       CGW_PHASE_COOLDOWN, CGW_PHASE_BLOCKED};
	size_t count = cgw_engine_instances(daemon->engine, NULL, 0);
	CLEANUP(cleanup_free)
	struct cgw_instance_state *states = calloc(count + 1, sizeof(*states));

	put(exposition, "cgward_policy_sections", "Sections of the policy that is enforced",
	    CGW_FAMILY_GAUGE, cgw_policy_section_count(daemon->policy));
	put(exposition, "cgward_policy_actions", "Actions of the policy that were done",
	    CGW_FAMILY_COUNTER, daemon->performer.done);
	put(exposition, "cgward_policy_action_failures", "Actions of the policy that failed",
	    CGW_FAMILY_COUNTER, daemon->performer.failed);
	put(exposition, "cgward_policy_held_values",
	    "Values and freezes of the policy that stand now", CGW_FAMILY_GAUGE,
	    cgw_engine_applied_values(daemon->engine, NULL, 0));
	if (states == NULL)
		return;
	(void)cgw_engine_instances(daemon->engine, states, count);
	cgw_exposition_family(exposition, &phases);
	for (size_t p = 0; p < ARRAY_SIZE(shown); p++) {
		const struct cgw_label label = {"phase", cgw_phase_name(shown[p])};
		uint64_t groups = 0;

		for (size_t i = 0; i < count; i++)
			groups += states[i].phase == shown[p];
		cgw_exposition_sample(exposition, &label, 1, groups, 1);
	}
}

static int metrics(void *context, enum cgw_exposition_dialect dialect, cgw_exposition_sink *sink,
		   void *sink_context)
{
	struct metrics_endpoint *exposed = context;
	CLEANUP(cleanup_free) uint32_t *groups = NULL;
	struct cgw_exposition *exposition = NULL;
	struct cgw_exposition_group_filter list = {
		.frame = exposed->frame,
		.fields = exposed->fields.items,
		.field_count = exposed->fields.count,
		.groups_max = size_from_u64(exposed->wanted.groups_max),
	};
	int r = sample(exposed);

	if (r < 0)
		return r;
	groups = calloc(cgw_snapshot_topology(cgw_frame_now(exposed->frame))->count,
			sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	r = group_select(exposed->frame, &exposed->selection, groups, &list.group_count);
	if (r == 0)
		r = cgw_exposition_new(dialect, sink, sink_context, &exposition);
	if (r < 0)
		return r;
	list.groups = groups;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): set where r is 0 */
	cgw_exposition_groups(exposition, &list);
	expose_policy(exposed->daemon, exposition);
	health_expose(&exposed->health, exposition);
	endpoint_expose(exposed->endpoint, exposition);
	return cgw_exposition_end(exposition);
}

/* Who watches the watcher wants to know whether it still decides. */
static int health(void *context)
{
	const struct daemon *daemon = ((const struct metrics_endpoint *)context)->daemon;
	uint64_t late_ns = LATE_INTERVALS * cgw_policy_settings(daemon->policy)->interval_ns;

	if (late_ns < LATE_LEAST_NS)
		late_ns = LATE_LEAST_NS;
	return enforce_boottime_ns() - daemon->last_sample_ns > late_ns ? -ETIME : 0;
}

static void rearm(struct metrics_endpoint *exposed)
{
	uint64_t wait_us = (uint64_t)endpoint_timeout_ms(exposed->endpoint) * 1000;

	(void)sd_event_source_set_time(exposed->due, clock_now_ns() / 1000 + wait_us);
	(void)sd_event_source_set_enabled(exposed->due, SD_EVENT_ONESHOT);
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct metrics_endpoint *exposed = context;

	(void)source;
	(void)fd;
	(void)events;
	(void)endpoint_run(exposed->endpoint);
	rearm(exposed);
	return 0;
}

static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	(void)usec;
	return on_ready(source, -1, 0, context);
}

static int open_sampler(struct metrics_endpoint *exposed, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {
		.depth_max = exposed->wanted.depth_max,
		.descriptors_max = daemon_descriptors(),
	};
	struct cgw_metric_set set = {0};
	int r = field_list_parse(&exposed->fields, cgw_exposition_default_fields(), diag);

	if (r == 0 && exposed->wanted.columns != NULL)
		r = field_list_parse(&exposed->fields, exposed->wanted.columns, diag);
	if (r == 0)
		r = cgw_sampler_new(exposed->daemon->layout, &sampling, &exposed->sampler, diag);
	for (size_t i = 0; i < exposed->fields.count; i++)
		if (cgw_exposition_accepts(exposed->fields.items[i]))
			cgw_field_metrics(exposed->fields.items[i], &set);
	if (r == 0)
		r = cgw_sampler_set_metrics(exposed->sampler, &set);
	return r == 0 ? cgw_frame_new(&exposed->frame) : r;
}

static int open_endpoint(struct metrics_endpoint *exposed, struct cgw_diag *diag)
{
	const struct endpoint_options options = {
		.listen = exposed->wanted.listen,
		.fresh_ns = FRESH_NS,
		.metrics = metrics,
		.health = health,
		.context = exposed,
	};
	sd_event *event = exposed->daemon->event;
	int r = endpoint_open(&options, &exposed->endpoint, diag);

	if (r == 0)
		r = sd_event_add_io(event, &exposed->ready, endpoint_fd(exposed->endpoint), EPOLLIN,
				    on_ready, exposed);
	if (r >= 0)
		r = sd_event_add_time(event, &exposed->due, CLOCK_MONOTONIC, UINT64_MAX, 1000,
				      on_due, exposed);
	if (r >= 0)
		rearm(exposed);
	return r < 0 ? r : 0;
}

void metrics_endpoint_open(struct daemon *daemon)
{
	struct cgw_policy_metrics wanted;
	struct cgw_diag diag = {0};
	struct metrics_endpoint *exposed;
	struct timespec now;
	int r;

	if (!cgw_policy_metrics_section(daemon->policy, &wanted))
		return;
	exposed = calloc(1, sizeof(*exposed));
	if (exposed == NULL) {
		log_event(LOG_ERR, "[metrics] is not served: out of memory");
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	exposed->daemon = daemon;
	exposed->wanted = wanted;
	exposed->health.layout = daemon->layout;
	exposed->health.started_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000);
	exposed->selection = (struct group_selection){.globs = wanted.globs,
						      .glob_count = wanted.glob_count,
						      .depth_max = wanted.depth_max};
	daemon->exposed = exposed;
	r = open_sampler(exposed, &diag);
	if (r == 0)
		r = open_endpoint(exposed, &diag);
	if (r == 0) {
		log_event(LOG_NOTICE, "metrics are served at %s",
			  endpoint_where(exposed->endpoint));
		return;
	}
	log_event(LOG_ERR, "[metrics] is not served: %s",
		  diag.text[0] != '\0' ? diag.text : strerror(-r));
	metrics_endpoint_close(daemon);
}

void metrics_endpoint_close(struct daemon *daemon)
{
	struct metrics_endpoint *exposed = daemon->exposed;

	if (exposed == NULL)
		return;
	daemon->exposed = NULL;
	sd_event_source_disable_unref(exposed->ready);
	sd_event_source_disable_unref(exposed->due);
	endpoint_close(exposed->endpoint);
	field_list_done(&exposed->fields);
	cgw_frame_free(exposed->frame);
	cgw_sampler_free(exposed->sampler);
	free(exposed);
}
