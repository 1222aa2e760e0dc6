/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-command.c - `cgward explain`: what slows a group down, and the command to change that. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/inspect/explain-policy.h"
#include "cmd/inspect/inspect-entry.h"
#include "cmd/inspect/inspect-target.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
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
	size_t size = 4 * strlen(raw) + 1;
	char *shown = malloc(size);

	if (shown == NULL)
		return;
	cgw_escape(shown, size, raw, strlen(raw));
	printf("%s%s\n", before, shown);
	free(shown);
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

static json_t *text_or_null(const char *raw)
{
	size_t size = raw != NULL ? 4 * strlen(raw) + 1 : 1;
	CLEANUP(cleanup_free) char *safe = malloc(size);

	if (raw == NULL || *raw == '\0' || safe == NULL)
		return json_null();
	cgw_escape(safe, size, raw, strlen(raw));
	return json_string(safe);
}

static int print_json(const struct inspect_target *target, struct explained_policy *explained,
		      const struct cgw_cause *causes, size_t count)
{
	json_t *list = json_array();
	json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "cgward", cgw_version(), "group",
				 text_or_null(target->path), "causes", list, "policy",
				 explained_policy_json(explained, target));
	int r;

	for (size_t i = 0; json != NULL && i < count; i++) {
		CLEANUP(cleanup_free) char *path = path_of(target, causes[i].group);
		CLEANUP(cleanup_free)
		char *line = path != NULL ? cgw_cause_command(&causes[i], path) : NULL;
		char text[CGW_SENTENCE_SIZE];

		cgw_cause_sentence(&causes[i], text, sizeof(text));
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:f, s:o, s:b, s:s, s:f, s:f, s:f, s:o, s:o}",
				  "cause", cgw_cause_name(causes[i].kind), "now",
				  (int)causes[i].current, "percent", causes[i].percent, "by",
				  text_or_null(path), "machine", (int)causes[i].system_wide, "text",
				  text, "amount", causes[i].amount, "bound", causes[i].bound,
				  "count", causes[i].count, "device",
				  text_or_null(causes[i].device), "change", text_or_null(line)));
	}
	if (json == NULL)
		return -ENOMEM;
	r = json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(json);
	return r < 0 ? -EIO : 0;
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
