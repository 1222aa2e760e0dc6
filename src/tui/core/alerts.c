/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* alerts.c - checks all groups at each sample, on raw counters to keep the cost negligible. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/alerts.h"
#include "tui/list/name-cut.h"

/* Thresholds for "nearly full" and "throttled". */
#define FULL_PERCENT      90
#define THROTTLED_PERCENT 5

static const struct {
	enum role role;
	const char *before, *after; /* text around the value */
} kinds[ALERT_KIND_COUNT] = {
	[ALERT_OOM_KILL] = {ROLE_BAD, "", " OOM-killed in"},
	[ALERT_FORK_REFUSED] = {ROLE_BAD, "", " forks refused in"},
	[ALERT_MEMORY_FULL] = {ROLE_HOT, "memory at ", "% of the limit of"},
	[ALERT_PIDS_FULL] = {ROLE_HOT, "pids at ", "% of the limit of"},
	[ALERT_THROTTLED] = {ROLE_WARM, "CPU throttled (", "% of periods) in"},
};

static void describe(enum alert_kind kind, double value, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s%.0f%s", kinds[kind].before, value, kinds[kind].after);
}

void alerts_done(struct alerts *alerts)
{
	for (size_t i = 0; i < ALERTS_MAX; i++)
		free(alerts->ring[i].path);
	free(alerts->limits);
	*alerts = (struct alerts){0};
}

void alerts_metrics(struct cgw_metric_set *set)
{
	static const enum cgw_metric metrics[] = {
		CGW_M_MEMORY_EVENTS_OOM_KILL,
		CGW_M_PIDS_EVENTS_MAX,
		CGW_M_MEMORY_CURRENT,
		CGW_M_MEMORY_INACTIVE_FILE,
		CGW_M_MEMORY_MAX,
		CGW_M_PIDS_CURRENT,
		CGW_M_PIDS_MAX,
		CGW_M_CPU_NR_THROTTLED,
		CGW_M_CPU_NR_PERIODS,
	};

	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++)
		cgw_metric_set_add(set, metrics[i]);
}

const struct alert *alerts_nth(const struct alerts *alerts, size_t i)
{
	if (i >= alerts->count)
		return NULL;
	return &alerts->ring[(alerts->next + ALERTS_MAX - 1 - i) % ALERTS_MAX];
}

/* Adds an entry with the time of the frame. Takes ownership of the path. */
static struct alert *add(struct alerts *alerts, const struct cgw_frame *frame, enum role role,
			 char *path)
{
	struct alert *alert = &alerts->ring[alerts->next];

	free(alert->path);
	*alert = (struct alert){
		.realtime_ns = cgw_snapshot_realtime_ns(cgw_frame_now(frame)),
		.monotonic_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(frame)),
		.role = role,
		.path = path,
	};
	alerts->next = (alerts->next + 1) % ALERTS_MAX;
	alerts->count += alerts->count < ALERTS_MAX;
	return alert;
}

static void add_event(struct alerts *alerts, const struct cgw_frame *frame, enum alert_kind kind,
		      uint32_t group, double value)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	char *path = cgw_topology_path_copy(topology, group);
	struct alert *alert;

	if (path == NULL)
		return;
	alert = add(alerts, frame, kinds[kind].role, path);
	describe(kind, value, alert->text, sizeof(alert->text));
}

static enum role event_role(enum cgw_event_kind kind)
{
	switch (kind) {
	case CGW_EVENT_OOM_KILL:
		return ROLE_BAD;
	case CGW_EVENT_ACTION:
	case CGW_EVENT_GAP:
	case CGW_EVENT_CLOCK:
	case CGW_EVENT_SUSPEND:
		return ROLE_WARM;
	default:
		return ROLE_LIMIT;
	}
}

void alerts_collect(struct alerts *alerts, const struct cgw_frame *frame,
		    const struct source_event *event)
{
	const struct cgw_metric_set *metrics = cgw_snapshot_metrics(cgw_frame_now(frame));
	struct alert *alert;
	char *path;

	/* The list marks new and gone groups; kills are counted from samples that include them. */
	if (event->kind == CGW_EVENT_APPEARED || event->kind == CGW_EVENT_GONE ||
	    event->kind == CGW_EVENT_RECREATED ||
	    (event->kind == CGW_EVENT_OOM_KILL &&
	     cgw_metric_set_has(metrics, CGW_M_MEMORY_EVENTS_OOM_KILL)))
		return;
	path = strdup(event->path);
	if (path == NULL)
		return;
	alert = add(alerts, frame, event_role(event->kind), path);
	cgw_escape(alert->text, sizeof(alert->text), event->text, strlen(event->text));
}

void alerts_forget(struct alerts *alerts)
{
	for (size_t i = 0; i < ALERTS_MAX; i++) {
		free(alerts->ring[i].path);
		alerts->ring[i].path = NULL;
	}
	alerts->count = alerts->next = 0;
}

static void observe(struct alerts *alerts, enum alert_kind kind, uint32_t group, double value)
{
	struct alert_state *state = &alerts->now[kind];

	state->count++;
	if (value > state->value) {
		state->value = value;
		state->worst = group;
	}
}

static uint64_t growth(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group)
{
	uint32_t old = cgw_frame_previous(frame, group);
	struct cgw_number now = cgw_snapshot_number(cgw_frame_now(frame), metric, group), before;

	if (now.state != CGW_OK || old == CGW_NO_GROUP || cgw_frame_before(frame) == NULL ||
	    cgw_frame_flags(frame, group) != 0)
		return 0;
	before = cgw_snapshot_number(cgw_frame_before(frame), metric, old);
	return before.state == CGW_OK && now.value > before.value ? now.value - before.value : 0;
}

/* Hierarchical counters include the children, so subtract theirs to attribute each event once. */
static void check_events(struct alerts *alerts, const struct cgw_frame *frame, enum alert_kind kind,
			 enum cgw_metric metric)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	bool adds_up = cgw_metric_info(metric)->hierarchical;

	for (uint32_t group = 0; group < topology->count; group++) {
		uint64_t grown = growth(frame, metric, group);
		uint32_t end = group + topology->below[group] + 1;

		if (grown == 0)
			continue;
		for (uint32_t child = group + 1; adds_up && child < end && grown > 0;
		     child += topology->below[child] + 1) {
			uint64_t part = growth(frame, metric, child);

			grown -= part < grown ? part : grown;
		}
		if (grown > 0)
			add_event(alerts, frame, kind, group, (double)grown);
	}
}

/* Groups are in pre-order, so the effective limit of a parent is known before its children. */
static void check_full(struct alerts *alerts, const struct cgw_frame *frame, enum alert_kind kind,
		       enum cgw_metric use, enum cgw_metric limit)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_topology *topology = cgw_snapshot_topology(now);

	for (uint32_t group = 0; group < topology->count; group++) {
		uint32_t parent = topology->parent[group];
		struct cgw_number own = cgw_snapshot_number(now, limit, group);
		struct cgw_number used;
		uint64_t cache = 0;

		alerts->limits[group] =
			parent == CGW_NO_GROUP ? UINT64_MAX : alerts->limits[parent];
		/* Report a limit only in the group that sets it, not in every group below. */
		if (own.state != CGW_OK || own.value >= alerts->limits[group] || own.value == 0)
			continue;
		alerts->limits[group] = own.value;
		used = cgw_snapshot_number(now, use, group);
		if (use == CGW_M_MEMORY_CURRENT)
			cache = cgw_snapshot_number(now, CGW_M_MEMORY_INACTIVE_FILE, group).value;
		if (used.state != CGW_OK)
			continue;
		used.value -= cache < used.value ? cache : used.value;
		if ((double)used.value >= (double)own.value * FULL_PERCENT / 100)
			observe(alerts, kind, group, (double)used.value * 100 / (double)own.value);
	}
}

static void check_throttled(struct alerts *alerts, const struct cgw_frame *frame)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));

	for (uint32_t group = 0; group < topology->count; group++) {
		uint64_t throttled = growth(frame, CGW_M_CPU_NR_THROTTLED, group);
		uint64_t periods = throttled > 0 ? growth(frame, CGW_M_CPU_NR_PERIODS, group) : 0;

		if (periods > 0 && throttled * 100 >= periods * THROTTLED_PERCENT)
			observe(alerts, ALERT_THROTTLED, group,
				(double)throttled * 100 / (double)periods);
	}
}

int alerts_update(struct alerts *alerts, const struct cgw_frame *frame)
{
	const struct cgw_snapshot *now = cgw_frame_now(frame);
	const struct cgw_metric_set *metrics = cgw_snapshot_metrics(now);
	uint32_t count = cgw_snapshot_topology(now)->count;

	memset(alerts->now, 0, sizeof(alerts->now));
	if (ARRAY_RESERVE(alerts->limits, alerts->capacity, count) < 0)
		return -ENOMEM;
	if (cgw_metric_set_has(metrics, CGW_M_MEMORY_EVENTS_OOM_KILL))
		check_events(alerts, frame, ALERT_OOM_KILL, CGW_M_MEMORY_EVENTS_OOM_KILL);
	if (cgw_metric_set_has(metrics, CGW_M_PIDS_EVENTS_MAX))
		check_events(alerts, frame, ALERT_FORK_REFUSED, CGW_M_PIDS_EVENTS_MAX);
	if (cgw_metric_set_has(metrics, CGW_M_MEMORY_MAX))
		check_full(alerts, frame, ALERT_MEMORY_FULL, CGW_M_MEMORY_CURRENT,
			   CGW_M_MEMORY_MAX);
	if (cgw_metric_set_has(metrics, CGW_M_PIDS_MAX))
		check_full(alerts, frame, ALERT_PIDS_FULL, CGW_M_PIDS_CURRENT, CGW_M_PIDS_MAX);
	if (cgw_metric_set_has(metrics, CGW_M_CPU_NR_THROTTLED))
		check_throttled(alerts, frame);
	return 0;
}

/* The line of warnings: drawn, or searched for the warning at a column, or the n-th one. */
struct line_out {
	struct canvas *canvas; /* NULL: not drawn */
	int row, column, left;
	bool any;
	size_t count; /* of warnings whose group exists */
	size_t nth;   /* the one to find, or SIZE_MAX */
	int at;       /* the column to find, or -1 */
	uint32_t group, found;
};

static void put(struct line_out *out, enum role role, const char *text)
{
	int used = canvas_width(text);

	if (out->left <= 0)
		return;
	if (out->canvas != NULL)
		used = canvas_text_cut(out->canvas, out->row, out->column, out->left, role, text);
	if (out->at >= out->column && out->at < out->column + used)
		out->found = out->group;
	out->column += used;
	out->left -= used;
}

static void put_path(struct line_out *out, const char *path)
{
	char cut[4096];

	/* The end distinguishes groups. */
	name_cut(ESCAPED(4096, path), NAME_CUT_START, NULL, out->left, cut, sizeof(cut));
	put(out, ROLE_STRONG, cut);
}

static void begin(struct line_out *out, enum role role, uint32_t group)
{
	out->group = CGW_NO_GROUP;
	put(out, ROLE_DIM, out->any ? "  " : "");
	out->group = group;
	if (group != CGW_NO_GROUP && out->count++ == out->nth)
		out->found = group;
	put(out, role, "⚠ ");
	out->any = true;
}

static void put_states(const struct alerts *alerts, const struct cgw_frame *frame,
		       struct line_out *out)
{
	const struct cgw_topology *topology = cgw_snapshot_topology(cgw_frame_now(frame));
	char text[128], path[1024];

	for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
		const struct alert_state *state = &alerts->now[kind];

		if (state->count == 0)
			continue;
		begin(out, kinds[kind].role, state->worst);
		describe((enum alert_kind)kind, state->value, text, sizeof(text));
		put(out, kinds[kind].role, text);
		put(out, ROLE_TEXT, " ");
		cgw_topology_path(topology, state->worst, path, sizeof(path));
		put_path(out, path);
		if (state->count > 1) {
			snprintf(text, sizeof(text), " and %u more", state->count - 1);
			put(out, ROLE_DIM, text);
		}
	}
}

static void put_all(const struct alerts *alerts, const struct cgw_frame *frame,
		    struct line_out *out)
{
	uint64_t now_ns = cgw_snapshot_monotonic_ns(cgw_frame_now(frame));
	const struct alert *alert;

	out->found = CGW_NO_GROUP;
	for (size_t i = 0; (alert = alerts_nth(alerts, i)) != NULL && i < 3; i++) {
		if (alert->monotonic_ns + ALERT_NS < now_ns)
			break;
		begin(out, alert->role,
		      cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), alert->path));
		put(out, alert->role, alert->text);
		put(out, ROLE_TEXT, " ");
		put_path(out, alert->path);
	}
	put_states(alerts, frame, out);
}

void alerts_draw(const struct alerts *alerts, const struct cgw_frame *frame, struct canvas *canvas,
		 int row, int column, int width)
{
	struct line_out out = {
		.canvas = canvas, .row = row, .column = column, .left = width, .at = -1};

	out.nth = SIZE_MAX;
	put_all(alerts, frame, &out);
	if (!out.any)
		put(&out, ROLE_DIM, "no warnings");
}

uint32_t alerts_at(const struct alerts *alerts, const struct cgw_frame *frame, int width, int at)
{
	struct line_out out = {.left = width, .nth = SIZE_MAX, .at = at};

	put_all(alerts, frame, &out);
	return out.found;
}

uint32_t alerts_group(const struct alerts *alerts, const struct cgw_frame *frame, size_t i)
{
	struct line_out out = {.left = INT_MAX, .nth = i, .at = -1};

	put_all(alerts, frame, &out);
	return out.found;
}
