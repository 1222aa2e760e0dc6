/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* event-page.c - the description of an event in a group, as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/string-builder.h"
#include "lib/render/value-text.h"
#include "shared/cli/group-facts.h"
#include "shared/cli/listing.h"
#include "shared/postmortem/event-page.h"
#include "shared/report/policy-report.h"
#include <cgward/inspect.h>

#define LARGEST_MAX 10

static const enum cgw_metric memory_kinds[] = {
	CGW_M_MEMORY_CURRENT,       CGW_M_MEMORY_ANON,       CGW_M_MEMORY_FILE,
	CGW_M_MEMORY_SHMEM,         CGW_M_MEMORY_KERNEL,     CGW_M_MEMORY_SLAB,
	CGW_M_MEMORY_SOCK,          CGW_M_MEMORY_FILE_DIRTY, CGW_M_MEMORY_UNEVICTABLE,
	CGW_M_MEMORY_INACTIVE_FILE, CGW_M_MEMORY_PEAK,       CGW_M_MEMORY_SWAP_CURRENT,
};

void event_page_metrics(const struct cgw_policy *policy, struct cgw_metric_set *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(memory_kinds); i++)
		cgw_metric_set_add(set, memory_kinds[i]);
	cgw_metric_set_add(set, CGW_M_MEMORY_EVENTS_OOM_KILL);
	cgw_metric_set_add(set, CGW_M_PIDS_EVENTS_MAX);
	for (int series = CGW_HISTORY_CPU; series <= CGW_HISTORY_PIDS; series++)
		cgw_history_metrics((enum cgw_history_series)series, set);
	cgw_bounds_metrics(set);
	if (policy != NULL)
		cgw_policy_metrics_used(policy, set);
}

static json_t *number_json(struct cgw_number number)
{
	if (number.state == CGW_MAX)
		return json_string("max");
	return number.state == CGW_OK && number.value <= INT64_MAX
		       ? json_integer((json_int_t)number.value)
		       : json_null();
}

static json_t *time_json(uint64_t realtime_ns)
{
	return json_string(TIME_TEXT(realtime_ns));
}

/* The number as people read it, or null. */
static json_t *human_json(struct cgw_number number, enum cgw_metric metric)
{
	const struct cgw_value value = {number.state, true, number.value, (double)number.value};

	if (number.state != CGW_OK && number.state != CGW_MAX)
		return json_null();
	return json_string(VALUE_TEXT(value, cgw_metric_info(metric)->unit, CGW_STYLE_HUMAN));
}

/*
 * A limit that was lowered between the samples causes the event, so those after it count, while use
 * is that before it.
 */
static const struct cgw_frame *limits_frame(const struct event_page *page, uint32_t *ret_group)
{
	bool exists = page->group_now != CGW_NO_GROUP;

	*ret_group = exists ? page->group_now : page->group;
	return exists ? page->now : page->frame;
}

/* The newest change of a limit in the journal. */
struct change_search {
	const char *path;
	const struct cgw_topology *topology;
	uint32_t group;
	enum cgw_metric metric;
	json_t *found;
};

/* Another group may have had the same path before. */
static bool is_of_group(const struct change_search *search, const struct cgw_change *change)
{
	const struct cgw_layout *layout = search->topology->layout;

	for (size_t h = 0; layout != NULL && h < layout->hierarchy_count; h++)
		if (strcmp(layout->hierarchies[h].label, change->hierarchy) == 0)
			return search->topology->id[h][search->group] == change->group_id;
	return false;
}

static int on_change(void *context, const struct cgw_change *change)
{
	struct change_search *search = context;
	int control = change->kind == CGW_STEP_SET ? cgw_control_find(change->key, NULL) : -1;

	if (control < 0 ||
	    cgw_control_info((enum cgw_control)control)->metric != (int)search->metric ||
	    strcmp(change->path, search->path) != 0 || !is_of_group(search, change))
		return 0;
	search->found =
		json_pack("{s:I, s:o, s:o, s:o, s:o}", "change", (json_int_t)change->id, "time",
			  time_json(change->realtime_ns), "who", json_escaped(change->who), "value",
			  json_escaped(change->new_value), "why", json_escaped(change->why));
	return 1;
}

static json_t *last_change(const struct event_page *page, const struct cgw_frame *frame,
			   const struct cgw_bound *bound, const char *path)
{
	struct change_search search = {
		.path = path,
		.topology = cgw_snapshot_topology(cgw_frame_now(frame)),
		.group = bound->set_by,
		.metric = bound->limit,
	};

	if (path != NULL)
		(void)cgw_journal_read(page->state, on_change, &search, NULL);
	return search.found != NULL ? search.found : json_null();
}

static char *path_of(const struct cgw_frame *frame, uint32_t group)
{
	return group != CGW_NO_GROUP
		       ? cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(frame)), group)
		       : NULL;
}

static json_t *limits_json(const struct event_page *page)
{
	struct cgw_bound bounds[CGW_BOUND_MAX], old[CGW_BOUND_MAX];
	uint32_t group;
	const struct cgw_frame *frame = limits_frame(page, &group);
	size_t count = cgw_bounds(frame, group, bounds);
	json_t *list = json_array();

	(void)cgw_bounds(page->frame, page->group, old); /* the same resources */
	for (size_t i = 0; i < count; i++) {
		const struct cgw_bound *bound = &bounds[i];
		bool limited = bound->bound.state == CGW_OK;
		CLEANUP(cleanup_free) char *path = limited ? path_of(frame, bound->set_by) : NULL;
		/* A counter since the start of the group does not compare with its limit. */
		struct cgw_number used = cgw_metric_info(bound->use_metric)->kind == CGW_COUNTER
						 ? (struct cgw_number){0, CGW_ABSENT}
						 : old[i].use;

		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				  "resource", bound->resource, "key",
				  limited ? json_string(cgw_metric_info(bound->limit)->key)
					  : json_null(),
				  "limit", number_json(bound->bound), "limit_text",
				  human_json(bound->bound, bound->limit), "limit_before",
				  number_json(old[i].bound), "limit_before_text",
				  human_json(old[i].bound, old[i].limit), "used", number_json(used),
				  "used_text", human_json(used, bound->use_metric), "set_by",
				  json_escaped(path), "device", json_escaped(bound->device),
				  "last_change", last_change(page, frame, bound, path)));
	}
	return list;
}

static json_t *series_json(const struct event_page *page, enum cgw_history_series series,
			   double *values)
{
	json_t *list = json_array();

	cgw_history_read(page->history, page->group, series, 1, values, page->history_seconds);
	for (unsigned i = 0; i < page->history_seconds; i++)
		json_array_append_new(list, isnan(values[i]) ? json_null() : json_real(values[i]));
	return list;
}

static json_t *history_json(const struct event_page *page)
{
	CLEANUP(cleanup_free) double *values = calloc(page->history_seconds, sizeof(*values));

	if (page->history == NULL || values == NULL)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "memory_bytes",
			 series_json(page, CGW_HISTORY_MEMORY, values), "cpu_percent",
			 series_json(page, CGW_HISTORY_CPU, values), "io_bytes_per_s",
			 series_json(page, CGW_HISTORY_IO, values), "pids",
			 series_json(page, CGW_HISTORY_PIDS, values));
}

static json_t *memory_json(const struct event_page *page)
{
	json_t *memory = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(memory_kinds); i++)
		json_object_set_new(memory, cgw_metric_info(memory_kinds[i])->key,
				    number_json(cgw_snapshot_number(cgw_frame_now(page->frame),
								    memory_kinds[i], page->group)));
	return memory;
}

static int by_resident(const void *a, const void *b)
{
	const struct cgw_process *first = a, *second = b;

	return first->resident_bytes < second->resident_bytes ? 1 : -1;
}

/* Adds how much a process has grown since its size was first read; null: it was not. */
static void add_growth(const struct event_page *page, json_t *process, uint64_t start_ticks,
		       const char *name)
{
	pid_t pid = (pid_t)json_integer_value(json_object_get(process, "pid"));
	json_int_t bytes = json_integer_value(json_object_get(process, "resident_bytes"));
	const struct process_size *before =
		page->sizes != NULL ? process_sizes_find(page->sizes, pid, start_ticks, name)
				    : NULL;

	json_object_set_new(process, "growth_bytes",
			    before != NULL
				    ? json_integer(bytes - (json_int_t)before->resident_bytes)
				    : json_null());
	json_object_set_new(
		process, "growth_seconds",
		before != NULL ? json_integer((json_int_t)((page->monotonic_ns - before->time_ns) /
							   NS_PER_S))
			       : json_null());
}

/* Those alive now. */
static json_t *processes_json(const struct event_page *page)
{
	const struct cgw_inspect_options options = {0};
	struct cgw_inspection *inspection;
	json_t *list;

	if (page->group_now == CGW_NO_GROUP ||
	    cgw_inspect(page->layout, page->now, page->group_now, &options, &inspection, NULL) < 0)
		return json_null();
	list = json_array();
	if (inspection->process_count > 0)
		qsort(inspection->processes, inspection->process_count,
		      sizeof(*inspection->processes), by_resident);
	for (size_t i = 0; i < inspection->process_count && i < LARGEST_MAX; i++) {
		const struct cgw_process *process = &inspection->processes[i];
		CLEANUP(cleanup_free) char *path = path_of(page->now, process->group);

		json_t *json;

		if (process->resident_bytes == 0)
			break; /* killed, and only waits to be reaped */
		json = json_pack("{s:i, s:o, s:o, s:I, s:o}", "pid", (int)process->pid, "name",
				 json_escaped(process->name), "command",
				 json_escaped(process->command), "resident_bytes",
				 (json_int_t)process->resident_bytes, "group", json_escaped(path));
		add_growth(page, json, process->start_ticks, process->name);
		json_array_append_new(list, json);
	}
	cgw_inspection_free(inspection);
	return list;
}

static json_t *tasks_json(const struct event_page *page)
{
	struct oom_task tasks[LARGEST_MAX];
	size_t count = oom_report_largest(page->report, tasks, LARGEST_MAX);
	json_int_t page_bytes = sysconf(_SC_PAGESIZE);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *json = json_pack("{s:i, s:o, s:I}", "pid", (int)tasks[i].pid, "name",
					 json_escaped(tasks[i].name), "resident_bytes",
					 (json_int_t)tasks[i].resident_pages * page_bytes);

		add_growth(page, json, 0, tasks[i].name);
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *lines_json(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		CLEANUP(cleanup_free) char *line = strndup(text, length);

		json_array_append_new(list, json_escaped(line));
		text += length + (text[length] == '\n');
	}
	return list;
}

/* The group whose limit was reached, as far as the kernel log states it. */
static char *limit_group(const struct event_page *page)
{
	return page->report != NULL && page->decision.limit_length > 0
		       ? strndup(page->path, page->decision.limit_length)
		       : NULL;
}

static json_t *kernel_log_json(const struct event_page *page)
{
	CLEANUP(cleanup_free) char *limit = limit_group(page);

	if (page->event != PAGE_OOM_KILL)
		return json_null();
	if (page->report == NULL)
		return json_pack("{s:s}", "missing", page->report_missing);
	return json_pack("{s:i, s:o, s:o, s:b, s:o, s:o, s:I}", "killed_pid",
			 (int)page->decision.pid, "killed_name", json_escaped(page->decision.name),
			 "limit_of", json_escaped(limit), "machine", (int)page->decision.machine,
			 "processes", tasks_json(page), "lines", lines_json(page->report->text),
			 "omitted_lines", (json_int_t)page->report->omitted);
}

static json_t *policy_json(const struct event_page *page)
{
	struct facts facts_state = {0};
	const struct cgw_facts facts = facts_of(&facts_state, page->layout);
	struct policy_report report = {page->layout, page->policy, page->frame, &facts,
				       page->group,  page->path,   NULL};
	struct daemon_status *status;
	json_t *list;

	if (page->policy == NULL)
		return json_null();
	status = policy_report_status(page->policy, page->state);
	report.status = status;
	list = policy_report_json(&report);
	daemon_status_free(status);
	facts_done(&facts_state);
	return list;
}

/* "memory.max=64M of /a" */
static void add_limit(struct string_builder *text, const char *before, enum cgw_metric metric,
		      struct cgw_number number, const char *path)
{
	CLEANUP(cleanup_json) json_t *limit = human_json(number, metric);

	if (number.state != CGW_OK || path == NULL)
		return;
	string_builder_printf(text, "; %s%s=%s of ", before, cgw_metric_info(metric)->key,
			      json_string_value(limit));
	string_builder_add_escaped(text, path);
}

static void add_effective(struct string_builder *text, const struct event_page *page,
			  enum cgw_metric metric)
{
	uint32_t group, by = CGW_NO_GROUP;
	const struct cgw_frame *frame = limits_frame(page, &group);
	struct cgw_number number = cgw_frame_effective(frame, metric, group, &by);
	CLEANUP(cleanup_free) char *path = path_of(frame, by);

	add_limit(text, "effective limit: ", metric, number, path);
}

/* What the kernel stated about the limit, or else the one that applied. */
static void add_oom_limit(struct string_builder *text, const struct event_page *page)
{
	CLEANUP(cleanup_free) char *limit = limit_group(page);
	uint32_t group;
	const struct cgw_snapshot *snapshot = cgw_frame_now(limits_frame(page, &group));

	group = limit != NULL ? cgw_topology_find(cgw_snapshot_topology(snapshot), limit)
			      : CGW_NO_GROUP;

	if (page->report != NULL && page->decision.machine) {
		string_builder_add(text, "; the machine was out of memory");
	} else if (limit == NULL) {
		add_effective(text, page, CGW_M_MEMORY_MAX);
	} else {
		string_builder_add(text, "; the memory limit of ");
		string_builder_add_escaped(text, limit);
		string_builder_add(text, " was reached");
		if (group != CGW_NO_GROUP)
			add_limit(text, "", CGW_M_MEMORY_MAX,
				  cgw_snapshot_number(snapshot, CGW_M_MEMORY_MAX, group), limit);
	}
}

/* One sentence; only what was counted, or what the kernel or the rule stated. */
static json_t *summary_json(const struct event_page *page)
{
	CLEANUP(string_builder_free) struct string_builder text = {0};
	char start[EVENT_SUMMARY_BYTES];

	event_summary(page, start, sizeof(start));
	string_builder_add_escaped(&text, start);
	if (page->event == PAGE_FORK_REFUSED)
		add_effective(&text, page, CGW_M_PIDS_MAX);
	else if (page->event != PAGE_KILL && page->event != PAGE_FREEZE)
		add_oom_limit(&text, page);
	return json_string(string_builder_text(&text));
}

int event_page_make(const struct event_page *page, json_t **ret_page)
{
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:o, s:s, s:o, s:b, s:o, s:I, s:I, s:s?, s:o, s:o}", "schema",
		CLI_JSON_SCHEMA, "cgward", cgw_version(), "id", "", "time",
		time_json(page->realtime_ns), "event", page_event_name(page->event), "group",
		json_escaped(page->path), "removed", (int)(page->group_now == CGW_NO_GROUP),
		"summary", summary_json(page), "count", (json_int_t)page->count, "skipped",
		(json_int_t)page->skipped, "rule", page->rule, "reason", json_escaped(page->reason),
		"sampled", time_json(cgw_snapshot_realtime_ns(cgw_frame_now(page->frame))));

	if (json == NULL || json_object_set_new(json, "limits", limits_json(page)) < 0 ||
	    json_object_set_new(json, "history", history_json(page)) < 0 ||
	    json_object_set_new(json, "memory", memory_json(page)) < 0 ||
	    json_object_set_new(json, "processes", processes_json(page)) < 0 ||
	    json_object_set_new(json, "policy", policy_json(page)) < 0 ||
	    json_object_set_new(json, "kernel_log", kernel_log_json(page)) < 0) {
		json_decref(json);
		return -ENOMEM;
	}
	*ret_page = json;
	return 0;
}
