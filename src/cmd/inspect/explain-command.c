/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-command.c - `cgward explain`: what slows a group down, and the command to change that. */
#include <errno.h>
#include <unistd.h>

#include "cmd/inspect/inspect-target.h"
#include "cmd/inspect/postmortem-command.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/kernel/namespace-root.h"
#include "lib/model/sampling.h"
#include "shared/cli/group-facts.h"
#include "shared/cli/listing.h"
#include "shared/cli/options.h"
#include "shared/postmortem/page-store.h"
#include "shared/report/policy-report.h"
#include <cgward/inspect.h>

struct explain {
	const char *file, *state; /* of the policy; NULL: those of the machine and of the policy */
	uint64_t rates_ns;
	bool json;
	struct cgw_policy *policy;  /* NULL: none */
	struct cgw_snapshot *taker; /* of what ran while the tasks of the group waited; or NULL */
};

static const struct cli_option options[] = {
	{'J', "json", NULL, "print one JSON object", CLI_TRUE(struct explain, json)},
	{0, "rates", "TIME", "observe the group for TIME (default: 1s)",
	 CLI_TIME(struct explain, rates_ns)},
	{'p', "policy", "FILE", "use this policy file instead of the machine's",
	 CLI_TEXT(struct explain, file)},
	{0, "state", "DIR", "state directory of the enforcement", CLI_TEXT(struct explain, state)},
	CLI_COMMON_OPTIONS,
};

static const struct cli_example examples[] = {
	{"Show why a service is slow", "cgward explain nginx.service"},
	{"Observe it for three seconds", "cgward explain --rates 3s nginx.service"},
	{0},
};

static const struct cli_command_help help = {
	.usage = "cgward explain [OPTION...] GROUP",
	.text = "Show what slows a group down now, worst first, with values, the group that causes "
		"it and\n"
		"a command to change it. Then show the policy sections that apply to the group and "
		"the\n"
		"state of their enforcement, and where the last kill in the group is described.\n"
		"Nothing is changed.",
	.options = options,
	.examples = examples,
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

/* Prints a cause, or adds it to the list. `changes`: of whether the causes are current. */
static void report_cause(const struct inspect_target *target, const struct cgw_cause *cause,
			 size_t number, bool changes, json_t *list)
{
	CLEANUP(cleanup_free) char *path = path_of(target, cause->group);
	CLEANUP(cleanup_free) char *line = NULL;
	char text[CGW_SENTENCE_SIZE];

	if (path != NULL)
		line = cgw_cause_command(cause, cause->change_taker ? cause->taker : path);
	cgw_cause_sentence(cause, text, sizeof(text));
	if (list != NULL) {
		json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:f, s:o, s:b, s:s, s:f, s:f, s:f, s:f, s:f, s:f, "
				  "s:f, s:o, s:o, s:o}",
				  "cause", cgw_cause_name(cause->kind), "now", (int)cause->current,
				  "percent", cause->percent, "by", json_escaped(path), "machine",
				  (int)cause->system_wide, "text", text, "amount", cause->amount,
				  "bound", cause->bound, "count", cause->count, "lost_ns",
				  cause->lost_ns, "peak_cpus", cause->peak_cpus, "mean_cpus",
				  cause->mean_cpus, "covered_percent", cause->covered_percent,
				  "device", json_escaped(cause->device), "taker",
				  json_escaped(cause->taker), "change", json_escaped(line)));
		return;
	}
	if (changes)
		printf("\n%s\n", cause->current ? "NOW" : "EARLIER");
	printf("%2zu. %s\n", number, text);
	if (path != NULL && cause->group != target->group && !cause->system_wide &&
	    cause->kind != CGW_CAUSE_CPU_WAIT)
		print_escaped("    caused by ancestor: ", path);
	if (line != NULL)
		print_escaped("    remedy:             ", line);
}

/* Reports the sections that apply to the group; with `json`, returns them. */
static json_t *report_policy(const struct explain *explain, const struct inspect_target *target)
{
	struct facts facts_state = {0};
	const struct cgw_facts facts = facts_of(&facts_state, target->layout);
	struct policy_report report = {target->layout, explain->policy, target->frame, &facts,
				       target->group,  target->path,    NULL};
	struct daemon_status *status;
	json_t *list = NULL;

	if (explain->policy == NULL)
		return explain->json ? json_null() : NULL;
	status = policy_report_status(explain->policy, explain->state);
	report.status = status;
	if (explain->json) {
		list = policy_report_json(&report);
	} else {
		printf("\nPOLICY\n");
		policy_report_print(&report);
	}
	daemon_status_free(status);
	facts_done(&facts_state);
	return list;
}

/* Reports the newest page about the group; with `json`, returns it. */
static json_t *report_page(const struct explain *explain, const struct inspect_target *target)
{
	CLEANUP(cleanup_free) char *directory = postmortem_directory(explain->policy);
	CLEANUP(cleanup_free) char *shown_id = NULL;
	CLEANUP(cleanup_json) json_t *page = NULL;
	const char *id, *time, *event;

	if (directory == NULL || page_store_newest(directory, target->path, &page) < 0 ||
	    json_unpack(page, "{s:s, s:s, s:s}", "id", &id, "time", &time, "event", &event) < 0)
		return explain->json ? json_null() : NULL;
	if (explain->json)
		return json_pack("{s:o, s:o, s:o}", "id", json_escaped(id), "time",
				 json_escaped(time), "event", json_escaped(event));
	printf("\nPOST-MORTEM\n");
	print_escaped("  event: ", event);
	print_escaped("  time:  ", time);
	shown_id = escape_copy(id);
	if (shown_id != NULL)
		printf("  page:  `cgward postmortem --directory '%s' show %s`\n", directory,
		       shown_id);
	return NULL;
}

/* Reads the weight of what ran meanwhile, for the remedy. */
static void sample_taker(struct explain *explain, const struct inspect_target *target)
{
	const char *taker = cgw_explain_taker(target->frame, target->group);
	const struct cgw_sampler_options only = {.once = true, .only_group = true, .below = taker};
	struct cgw_metric_set metrics = {0};
	struct cgw_sampler *sampler = NULL;
	struct cgw_diag diag;

	cgw_metric_set_add(&metrics, CGW_M_CPU_WEIGHT);
	if (taker == NULL || cgw_sampler_new(target->layout, &only, &sampler, &diag) < 0)
		return;
	/* Without it, there is no remedy. */
	if (cgw_sampler_set_metrics(sampler, &metrics) == 0)
		(void)cgw_sampler_sample(sampler, &explain->taker);
	cgw_sampler_free(sampler);
}

static enum cli_exit report(const struct explain *explain, const struct inspect_target *target)
{
	struct cgw_cause causes[CGW_CAUSE_MAX];
	size_t count = cgw_explain_traced(target->frame, explain->taker, target->group, causes);
	const char *not_traced = cgw_sampler_trace_reason(target->sampler, CGW_M_CPU_RUN_DELAY);
	json_t *list = explain->json ? json_array() : NULL;

	if (!explain->json)
		print_escaped("", target->path);
	if (!explain->json && count == 0)
		puts("  nothing slows this group down: not throttled, no limit near, no pressure");
	if (!explain->json && not_traced[0] != '\0')
		printf("  what its tasks wait for is not measured: %s\n", not_traced);
	for (size_t i = 0; i < count; i++)
		report_cause(target, &causes[i], i + 1,
			     i == 0 || causes[i].current != causes[i - 1].current, list);
	if (!explain->json && !root_is_of_machine(target->layout))
		puts("  limits of groups above / are not visible here");
	if (!explain->json) {
		report_page(explain, target);
		report_policy(explain, target);
		return CLI_OK;
	}
	return json_print(json_pack("{s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:b}", "schema",
				    CLI_JSON_SCHEMA, "cgward", cgw_version(), "group",
				    json_escaped(target->path), "causes", list, "not_measured",
				    not_traced, "postmortem", report_page(explain, target),
				    "policy", report_policy(explain, target), "all_limits_visible",
				    (int)root_is_of_machine(target->layout)),
			  stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8)) < 0
		       ? CLI_FAILED
		       : CLI_OK;
}

int explain_run(struct cli_context *context, int argc, char **argv)
{
	struct explain explain = {.rates_ns = NS_PER_S};
	struct cgw_metric_set metrics = {0};
	struct inspect_target target;
	enum cli_exit status = CLI_OK;

	if (!cli_parse_options(context, &help, &argc, &argv, &explain, &status))
		return (int)status;
	if (argc != 1)
		return (int)cli_usage_error(context, "expected exactly one GROUP");
	cgw_explain_metrics(&metrics);
	cgw_explain_trace_metrics(&metrics);
	if (explain.file != NULL || access(DAEMON_POLICY, R_OK) == 0)
		status = policy_report_load(explain.file != NULL ? explain.file : DAEMON_POLICY,
					    explain.file != NULL ? NULL : DAEMON_POLICY_DIRECTORY,
					    &explain.policy);
	if (status != CLI_OK)
		return (int)status;
	if (explain.policy != NULL)
		cgw_policy_metrics_used(explain.policy, &metrics);
	/* Conditions of a policy may depend on descendants. */
	status = inspect_target_open(&target, context, argv[0], &metrics, explain.policy == NULL);
	if (status == CLI_OK)
		status = inspect_target_sample_again(&target, explain.rates_ns);
	if (status == CLI_OK) {
		sample_taker(&explain, &target);
		status = report(&explain, &target);
	}
	cgw_snapshot_unref(explain.taker);
	inspect_target_done(&target);
	cgw_policy_free(explain.policy);
	return (int)status;
}
