/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* get-command.c - `cgward get GROUP KEY...`: prints metrics of one group, one per line. */
#include <cgward/inspect.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/dump/dump-report.h"
#include "cmd/dump/dump-sources.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/model/sampling.h"
#include "lib/sample/group-tree.h"
#include "shared/cli/options.h"
#include "shared/cli/select-groups.h"

struct get {
	struct cli_context *context;
	const struct cgw_layout *layout;
	struct field_list fields;
	bool exact, json;
	uint64_t rates_ns;
	char *path; /* of the group with the fields */
};

static const struct cli_option options[] = {
	{'b', "bytes", NULL, "print exact bytes and times", CLI_TRUE(struct get, exact)},
	{'J', "json", NULL, "print one JSON object", CLI_TRUE(struct get, json)},
	{0, "rates", "TIME", "time between two samples for rates (default: 1s)",
	 CLI_TIME(struct get, rates_ns)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Print the memory that a service uses, in bytes",
	 "cgward get --bytes nginx.service memory.working_set"},
	{"Print what the group of a process uses",
	 "cgward get pid:1234 cpu.usage memory.current pids.current"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward get [OPTION...] GROUP KEY...",
	.text = "Print one metric per line. GROUP is a path, a systemd unit, the name or ID of a\n"
		"container, or pid:N. The exit status is 1 if a value is not available ('-').",
	.options = options,
	.examples = examples,
};

static bool has_value(enum cgw_state state)
{
	return state == CGW_OK || state == CGW_MAX || state == CGW_RESET;
}

static enum cgw_state read_state(const struct cgw_frame *frame, struct cgw_field field,
				 uint32_t group)
{
	enum cgw_state state;

	if (field.shape == CGW_STRING)
		cgw_frame_text(frame, field, group, NULL, 0, &state);
	else
		state = cgw_frame_value(frame, field, group).state;
	return state;
}

static enum cli_exit print_values(const struct get *get, const struct cgw_frame *frame,
				  uint32_t group)
{
	const struct report report = {
		.out = stdout,
		.layout = get->layout,
		.frame = frame,
		.fields = get->fields.items,
		.field_count = get->fields.count,
		.groups = &group,
		.group_count = 1,
		.exact = get->exact,
		.versioned = true,
	};
	enum cli_exit status = CLI_OK;

	for (size_t i = 0; i < get->fields.count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t instances;

		(void)report_instances(&report, get->fields.items[i], group, &instances);
		if (instances == 0 && !has_value(read_state(frame, get->fields.items[i], group)))
			status = CLI_FAILED;
		if (get->json)
			continue;
		if (report_cell(&report, get->fields.items[i], group,
				get->exact ? CGW_STYLE_EXACT : CGW_STYLE_HUMAN, &text) < 0)
			return CLI_FAILED;
		puts(text);
	}
	if (get->json && report_ndjson(&report) < 0)
		return CLI_FAILED;
	return status;
}

static bool needs_second_sample(const struct get *get, const struct cgw_frame *frame,
				uint32_t group)
{
	for (size_t i = 0; i < get->fields.count; i++)
		if (read_state(frame, get->fields.items[i], group) == CGW_WARMUP)
			return true;
	return false;
}

static enum cli_exit sample_and_print(const struct get *get, struct cgw_sampler *sampler,
				      struct cgw_frame *frame)
{
	uint32_t group = CGW_NO_GROUP;
	int r = sample_into_frame(sampler, frame);

	if (r == 0)
		group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), get->path);
	if (group != CGW_NO_GROUP && needs_second_sample(get, frame, group)) {
		struct timespec wait = timespec_from_ns(get->rates_ns);

		while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
			continue;
		r = sample_into_frame(sampler, frame);
		if (r == 0)
			group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)),
						  get->path);
	}
	if (r < 0)
		return cli_error(get->context, "%s", strerror(-r));
	if (group == CGW_NO_GROUP) {
		cli_error(get->context, "the group no longer exists");
		return CLI_NO_SUCH_GROUP;
	}
	return print_values(get, frame, group);
}

static enum cli_exit read_and_print(const struct get *get)
{
	struct cgw_sampler_options sampler_options = {
		.below = get->path, .once = true, .only_group = true};
	struct cgw_metric_set metrics = {0};
	CLEANUP(cleanup_sampler) struct cgw_sampler *sampler = NULL;
	CLEANUP(cleanup_frame) struct cgw_frame *frame = NULL;
	struct container_columns names = {0};
	struct cgw_diag diag = {0};

	for (size_t i = 0; i < get->fields.count; i++) {
		cgw_field_metrics(get->fields.items[i], &metrics);
		if (cgw_field_needs_children(get->fields.items[i]))
			sampler_options.with_children = true;
	}
	if (cgw_sampler_new(get->layout, &sampler_options, &sampler, &diag) < 0)
		return cli_diag(get->context, &diag);
	if (cgw_frame_new(&frame) < 0 || cgw_sampler_set_metrics(sampler, &metrics) < 0)
		return CLI_FAILED;
	container_columns_use(&names, frame);
	return sample_and_print(get, sampler, frame);
}

static enum cli_exit parse_keys(struct get *get, int argc, char **argv)
{
	struct cgw_diag diag = {0};

	for (int i = 0; i < argc; i++) {
		CLEANUP(cleanup_free) char *added = NULL;

		if (asprintf(&added, "+%s", argv[i]) < 0)
			return CLI_FAILED;
		if (field_list_parse(&get->fields, added, &diag) < 0)
			return cli_usage_error(get->context, "%s", diag.text);
	}
	return CLI_OK;
}

static uint32_t hierarchies_of(const struct cgw_layout *layout, struct cgw_field field)
{
	struct cgw_metric_set metrics = {0};
	uint32_t hierarchies = 0;

	cgw_field_metrics(field, &metrics);
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(&metrics, metric))
			hierarchies |= cgw_metric_hierarchies(layout, metric);
	return hierarchies;
}

/*
 * Reads the first fields, as many as are in the same hierarchies: on v1 a process may be in a
 * different group of each.
 */
static enum cli_exit get_from_one_group(struct get *get, const char *name, size_t *ret_count)
{
	CLEANUP(cleanup_free) char *path = NULL;
	bool by_process = strncmp(name, "pid:", 4) == 0;
	uint32_t hierarchies = 0;
	struct cgw_diag diag = {0};
	size_t count;
	int r;

	for (count = 0; count < get->fields.count; count++) {
		uint32_t each = hierarchies_of(get->layout, get->fields.items[count]);

		if (by_process && each != 0 && hierarchies != 0 && each != hierarchies)
			break;
		hierarchies = each != 0 ? each : hierarchies;
	}
	r = cgw_names_find(get->layout, name, hierarchies != 0 ? hierarchies : UINT32_MAX, NULL,
			   &path, &diag);
	if (r < 0)
		return cli_fail(get->context, r, &diag);
	get->path = path;
	*ret_count = get->fields.count = count;
	return read_and_print(get);
}

static enum cli_exit run_get(const struct get *get, const char *name)
{
	enum cli_exit worst = CLI_OK, status;
	CLEANUP(cleanup_layout) struct cgw_layout *layout = cli_layout(get->context, &status);

	if (layout == NULL)
		return status;
	for (size_t first = 0, count; first < get->fields.count; first += count) {
		struct get part = *get;

		count = get->fields.count - first;
		part.layout = layout;
		part.fields.items += first;
		part.fields.count -= first;
		status = get_from_one_group(&part, name, &count);
		worst = status != CLI_OK ? status : worst;
		if (status != CLI_OK && status != CLI_FAILED)
			break;
	}
	return worst;
}

int get_run(struct cli_context *context, int argc, char **argv)
{
	struct get get = {.context = context, .rates_ns = NS_PER_S};
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &get, &status))
		return (int)status;
	if (argc < 2)
		return (int)cli_usage_error(context, "missing GROUP or KEY");
	status = parse_keys(&get, argc - 1, argv + 1);
	if (status == CLI_OK)
		status = run_get(&get, argv[0]);
	field_list_done(&get.fields);
	return (int)status;
}
