/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metrics-endpoint.c - Prometheus endpoint of the daemon, as configured by [metrics].
 *
 * It takes its own sample on a scrape and reuses it for one second, so that the cost does not
 * grow with the number of scrapers.
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

#define FRESH_NS       NS_PER_S
#define LATE_INTERVALS 5 /* without a sample: the daemon is unhealthy */
#define LATE_MIN_NS    (10 * NS_PER_S)

struct metrics_endpoint {
	struct enforcement *enforcement;
	struct cgw_policy_metrics settings; /* points into the policy: close first */
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	uint64_t sampled_ns;
	struct field_list fields;
	struct group_selection selection;
	struct health health;
	struct endpoint *endpoint;
	sd_event_source *ready, *due;
};

static int sample(struct metrics_endpoint *server)
{
	struct cgw_snapshot *snapshot;
	int r;

	if (server->sampled_ns != 0 && clock_now_ns() - server->sampled_ns <= FRESH_NS)
		return 0;
	r = cgw_sampler_sample(server->sampler, &snapshot);
	if (r < 0) {
		health_count(&server->health, NULL);
		return r;
	}
	r = cgw_frame_update(server->frame, snapshot);
	if (r == 0) {
		health_count(&server->health, snapshot);
		server->sampled_ns = clock_now_ns();
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

static void expose_policy(const struct enforcement *enforcement, struct cgw_exposition *exposition)
{
	static const struct cgw_family phases = {"cgward_policy_groups", "",
						 "Number of rule and group pairs in this phase",
						 CGW_FAMILY_GAUGE};
	static const enum cgw_phase shown[] = {CGW_PHASE_PENDING, CGW_PHASE_ACTIVE,
					       CGW_PHASE_COOLDOWN, CGW_PHASE_BLOCKED};
	size_t count = cgw_engine_instances(enforcement->engine, NULL, 0);
	CLEANUP(cleanup_free)
	struct cgw_instance_state *states = calloc(count + 1, sizeof(*states));

	put(exposition, "cgward_policy_sections", "Sections of the enforced policy",
	    CGW_FAMILY_GAUGE, cgw_policy_section_count(enforcement->policy));
	put(exposition, "cgward_policy_actions", "Policy actions that succeeded",
	    CGW_FAMILY_COUNTER, enforcement->applier.done);
	put(exposition, "cgward_policy_action_failures", "Policy actions that failed",
	    CGW_FAMILY_COUNTER, enforcement->applier.failed);
	put(exposition, "cgward_policy_held_values",
	    "Values and freezes that the policy currently applies", CGW_FAMILY_GAUGE,
	    cgw_engine_applied_values(enforcement->engine, NULL, 0));
	if (states == NULL)
		return;
	(void)cgw_engine_instances(enforcement->engine, states, count);
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
	struct metrics_endpoint *server = context;
	CLEANUP(cleanup_free) uint32_t *groups = NULL;
	struct cgw_exposition *exposition = NULL;
	struct cgw_exposition_group_filter list = {
		.frame = server->frame,
		.fields = server->fields.items,
		.field_count = server->fields.count,
		.groups_max = size_from_u64(server->settings.groups_max),
	};
	int r = sample(server);

	if (r < 0)
		return r;
	groups =
		calloc(cgw_snapshot_topology(cgw_frame_now(server->frame))->count, sizeof(*groups));
	if (groups == NULL)
		return -ENOMEM;
	r = group_select(server->frame, &server->selection, groups, &list.group_count);
	if (r == 0)
		r = cgw_exposition_new(dialect, sink, sink_context, &exposition);
	if (r < 0)
		return r;
	list.groups = groups;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): set where r is 0 */
	cgw_exposition_groups(exposition, &list);
	expose_policy(server->enforcement, exposition);
	health_expose(&server->health, exposition);
	endpoint_expose(server->endpoint, exposition);
	return cgw_exposition_end(exposition);
}

/* Unhealthy if the daemon has not sampled for a while. */
static int health(void *context)
{
	const struct enforcement *enforcement =
		((const struct metrics_endpoint *)context)->enforcement;
	uint64_t late_ns = LATE_INTERVALS * cgw_policy_settings(enforcement->policy)->interval_ns;

	if (late_ns < LATE_MIN_NS)
		late_ns = LATE_MIN_NS;
	return clock_ns(CLOCK_BOOTTIME) - enforcement->wakeup.last_sample_ns > late_ns ? -ETIME : 0;
}

static void rearm(struct metrics_endpoint *server)
{
	uint64_t wait_us = (uint64_t)endpoint_timeout_ms(server->endpoint) * 1000;

	(void)sd_event_source_set_time(server->due, clock_now_ns() / 1000 + wait_us);
	(void)sd_event_source_set_enabled(server->due, SD_EVENT_ONESHOT);
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct metrics_endpoint *server = context;

	(void)endpoint_run(server->endpoint);
	rearm(server);
	return 0;
}

static int on_due(sd_event_source *source, uint64_t usec, void *context)
{
	return on_ready(source, -1, 0, context);
}

static int open_sampler(struct metrics_endpoint *server, struct cgw_diag *diag)
{
	const struct cgw_sampler_options sampling = {
		.depth_max = server->settings.depth_max,
		.descriptors_max = sampler_descriptors(),
	};
	struct cgw_metric_set set = {0};
	int r = field_list_parse(&server->fields, cgw_exposition_default_fields(), diag);

	if (r == 0 && server->settings.columns != NULL)
		r = field_list_parse(&server->fields, server->settings.columns, diag);
	if (r == 0)
		r = cgw_sampler_new(server->enforcement->layout, &sampling, &server->sampler, diag);
	for (size_t i = 0; i < server->fields.count; i++)
		if (cgw_exposition_accepts(server->fields.items[i]))
			cgw_field_metrics(server->fields.items[i], &set);
	if (r == 0)
		r = cgw_sampler_set_metrics(server->sampler, &set);
	return r == 0 ? cgw_frame_new(&server->frame) : r;
}

static int open_endpoint(struct metrics_endpoint *server, struct cgw_diag *diag)
{
	const struct endpoint_options options = {
		.listen = server->settings.listen,
		.fresh_ns = FRESH_NS,
		.metrics = metrics,
		.health = health,
		.context = server,
	};
	sd_event *event = server->enforcement->event;
	int r = endpoint_open(&options, &server->endpoint, diag);

	if (r == 0)
		r = sd_event_add_io(event, &server->ready, endpoint_fd(server->endpoint), EPOLLIN,
				    on_ready, server);
	if (r >= 0)
		r = sd_event_add_time(event, &server->due, CLOCK_MONOTONIC, UINT64_MAX, 1000,
				      on_due, server);
	if (r >= 0)
		rearm(server);
	return r < 0 ? r : 0;
}

void metrics_endpoint_open(struct enforcement *enforcement)
{
	struct cgw_policy_metrics settings;
	struct cgw_diag diag = {0};
	struct metrics_endpoint *server;
	int r;

	if (!cgw_policy_metrics_section(enforcement->policy, &settings))
		return;
	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		log_event(LOG_ERR, "cannot serve metrics: out of memory");
		return;
	}
	server->enforcement = enforcement;
	server->settings = settings;
	server->health.layout = enforcement->layout;
	server->health.started_ns = clock_ns(CLOCK_REALTIME) / NS_PER_S * NS_PER_S;
	server->selection = (struct group_selection){.globs = settings.globs,
						     .glob_count = settings.glob_count,
						     .depth_max = settings.depth_max};
	enforcement->metrics_endpoint = server;
	r = open_sampler(server, &diag);
	if (r == 0)
		r = open_endpoint(server, &diag);
	if (r == 0) {
		log_event(LOG_NOTICE, "serving metrics at %s", endpoint_address(server->endpoint));
		return;
	}
	log_event(LOG_ERR, "cannot serve metrics: %s",
		  diag.text[0] != '\0' ? diag.text : strerror(-r));
	metrics_endpoint_close(enforcement);
}

void metrics_endpoint_close(struct enforcement *enforcement)
{
	struct metrics_endpoint *server = enforcement->metrics_endpoint;

	if (server == NULL)
		return;
	enforcement->metrics_endpoint = NULL;
	sd_event_source_disable_unref(server->ready);
	sd_event_source_disable_unref(server->due);
	endpoint_close(server->endpoint);
	field_list_done(&server->fields);
	cgw_frame_free(server->frame);
	cgw_sampler_free(server->sampler);
	free(server);
}
