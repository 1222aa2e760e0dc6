/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-command.c - `cgward explain`: what slows a group down, and the command to change that. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/inspect/explain-policy.h"
#include "cmd/inspect/inspect-commands.h"
#include "cmd/inspect/inspect-target.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/escape-copy.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"
#include <cgward/inspect.h>

struct explain {
	struct explained_policy explained;
	const char *policy;
	uint64_t rates_ns;
	bool json;
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print one JSON object", CLI_TRUE(struct explain, json)},
	{0, "rates", "TIME", "observe the group for TIME (default: 1s)",
	 CLI_TIME(struct explain, rates_ns)},
	{'p', "policy", "FILE", "use this policy file instead of the machine's",
	 CLI_TEXT(struct explain, policy)},
	{0, "state", "DIR", "state directory of the enforcement",
	 CLI_TEXT(struct explain, explained.state)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {
	.usage = "cgward explain [OPTION...] GROUP",
	.text = "Show what slows a group down now, worst first, with values, the group that causes "
		"it and\n"
		"a command to change it. Then show the policy sections that apply to the group and "
		"the\n"
		"state of their enforcement. Nothing is changed.",
	.options = options,
};

static char *path_of(const struct inspect_target *target, uint32_t group)
{
	return cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(target->frame)), group);
}

static void print_escaped(const char *before, const char *raw)
{
	CLEANUP(cleanup_free) char *shown = escape_copy(raw);

	if (shown != NULL)
		printf("%s%s\n", before, shown);
}

static void print_text(const struct inspect_target *target, const struct cgw_cause *causes,
		       size_t count)
{
	print_escaped("", target->path);
	if (count == 0)
		puts("  nothing slows this group down: not throttled, no limit near, no pressure");
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *path = path_of(target, causes[i].group);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? cgw_cause_command(&causes[i], path) : NULL;
		char text[CGW_SENTENCE_SIZE];

		if (i == 0 || causes[i].current != causes[i - 1].current)
			printf("\n%s\n", causes[i].current ? "NOW" : "EARLIER");
		cgw_cause_sentence(&causes[i], text, sizeof(text));
		printf("%2zu. %s\n", i + 1, text);
		if (path != NULL && causes[i].group != target->group && !causes[i].system_wide)
			print_escaped("    caused by ancestor: ", path);
		if (line != NULL)
			print_escaped("    remedy:             ", line);
	}
}

static int print_json(const struct inspect_target *target, struct explained_policy *explained,
		      const struct cgw_cause *causes, size_t count)
{
	json_t *list = json_array();
	json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "cgward", cgw_version(), "group",
				 json_escaped(target->path), "causes", list, "policy",
				 explained_policy_json(explained, target));

	for (size_t i = 0; json != NULL && i < count; i++) {
		CLEANUP(cleanup_free) char *path = path_of(target, causes[i].group);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? cgw_cause_command(&causes[i], path) : NULL;
		char text[CGW_SENTENCE_SIZE];

		cgw_cause_sentence(&causes[i], text, sizeof(text));
		json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:f, s:o, s:b, s:s, s:f, s:f, s:f, s:o, s:o}",
				  "cause", cgw_cause_name(causes[i].kind), "now",
				  (int)causes[i].current, "percent", causes[i].percent, "by",
				  json_escaped(path), "machine", (int)causes[i].system_wide, "text",
				  text, "amount", causes[i].amount, "bound", causes[i].bound,
				  "count", causes[i].count, "device",
				  json_escaped(causes[i].device), "change", json_escaped(line)));
	}
	return json_print(json, stdout,
			  JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
}

static enum cli_exit explain(struct inspect_target *target, struct explained_policy *explained,
			     bool json)
{
	struct cgw_cause causes[CGW_CAUSE_MAX];
	size_t count = cgw_explain(target->frame, target->group, causes);

	if (json)
		return print_json(target, explained, causes, count) < 0 ? CLI_FAILED : CLI_OK;
	print_text(target, causes, count);
	explained_policy_print(explained, target);
	return CLI_OK;
}

int explain_run(struct cli_context *context, int argc, char **argv)
{
	struct explain options_given = {.rates_ns = NS_PER_S};
	struct explained_policy *explained = &options_given.explained;
	struct cgw_metric_set metrics = {0};
	struct inspect_target target;
	enum cli_exit status;

	if (!cli_parse_options(context, &help, &argc, &argv, &options_given, &status))
		return (int)status;
	if (argc != 1)
		return (int)cli_usage_error(context, "expected exactly one GROUP");
	cgw_explain_metrics(&metrics);
	status = explained_policy_load(explained, options_given.policy);
	if (status != CLI_OK)
		return (int)status;
	if (explained->policy != NULL)
		cgw_policy_metrics_used(explained->policy, &metrics);
	status = inspect_target_open(&target, context, argv[0], &metrics);
	if (status == CLI_OK)
		status = inspect_target_sample_again(&target, options_given.rates_ns);
	if (status == CLI_OK)
		status = explain(&target, explained, options_given.json);
	inspect_target_done(&target);
	explained_policy_done(explained);
	return (int)status;
}
