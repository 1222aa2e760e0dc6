/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* backtest.c - `cgward check --recording`: run a policy over a recording. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/enforce/backtest.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/render/value-text.h"
#include "shared/cli/recording-common.h"
#include <cgward/recording.h>

#define CAVEAT                                                                               \
	"Note: the recorded groups were not limited. After the first action, actual values " \
	"would have been different."

struct backtest {
	const struct cli_context *context;
	const struct cgw_policy *policy;
	struct cgw_replay *replay;
	struct cgw_rehearsal *rehearsal;
	struct cgw_recording_info info;
	struct cgw_metric_set missing; /* used by conditions, in no sample so far */
	uint64_t samples;
	bool all;
};

DEFINE_CLEANUP(cleanup_rehearsal, struct cgw_rehearsal *, cgw_rehearsal_free)

static void format_time(uint64_t realtime_ns, char *buffer, size_t size)
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct tm broken;
	size_t length;

	gmtime_r(&seconds, &broken);
	length = strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &broken);
	snprintf(buffer + length, size - length, ".%03uZ",
		 (unsigned)(realtime_ns / NS_PER_MS % 1000));
}

static const char *section_name(const struct backtest *backtest, uint32_t section)
{
	return section == UINT32_MAX ? "cgward"
				     : cgw_policy_section(backtest->policy, section).name;
}

static bool is_standing_limit(const struct backtest *backtest,
			      const struct cgw_rehearsed_action *action)
{
	return action->section != UINT32_MAX &&
	       cgw_policy_section(backtest->policy, action->section).kind == CGW_SECTION_LIMIT;
}

static void describe(const struct cgw_rehearsed_action *action, char *buffer, size_t size)
{
	cgw_action_format(action->kind, action->control, action->value, action->signal, buffer,
			  size);
}

static void print_action(const struct backtest *backtest, const struct cgw_rehearsed_action *action)
{
	CLEANUP(cleanup_free) char *path = escape_copy(action->path);
	char when[40], what[400];

	format_time(action->realtime_ns, when, sizeof(when));
	describe(action, what, sizeof(what));
	printf("%s  %s  %s  %s", when, section_name(backtest, action->section),
	       path != NULL ? path : "", what);
	if (action->step > 0)
		printf(", step %u", action->step + 1);
	if (action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_FREEZE) {
		printf(", for %s%s", DURATION_TEXT(action->active_ns),
		       action->active_at_end ? " (until the end)" : "");
	}
	printf("  (%s)\n", action->reason);
}

static void print_section(const struct backtest *backtest, size_t index)
{
	struct cgw_section_info section = cgw_policy_section(backtest->policy, index);
	struct cgw_rehearsed_section counts = cgw_rehearsal_section(backtest->rehearsal, index);
	unsigned long long truths = counts.truths[0];
	char longest[32];

	truths += counts.truths[1];
	truths += counts.truths[2];
	printf("[%s %s] ", cgw_section_kind_name(section.kind), section.name);
	if (section.kind == CGW_SECTION_LIMIT) {
		printf("would have set %llu values on %u groups\n",
		       (unsigned long long)counts.actions, counts.groups);
		return;
	}
	if (counts.actions > 0)
		printf("acted %llu times", (unsigned long long)counts.actions);
	else
		printf("never acted");
	if (counts.groups == 0) {
		printf(": no matching group in the recording\n");
		return;
	}
	cgw_format_duration((double)counts.longest_ns, longest, sizeof(longest));
	printf("; %u groups, condition true in %llu of %llu samples, longest %s", counts.groups,
	       (unsigned long long)counts.truths[CGW_TRUE], truths, longest);
	if (counts.truths[CGW_UNKNOWN] > 0)
		printf(", unknown in %llu", (unsigned long long)counts.truths[CGW_UNKNOWN]);
	putchar('\n');
}

static void print_missing(const struct backtest *backtest)
{
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(&backtest->missing, metric))
			printf("%s is not in the recording: conditions that use it are unknown\n",
			       cgw_metric_info(metric)->key);
}

static void print_text(struct backtest *backtest)
{
	char first[40], last[40];
	size_t count, limits = 0;
	const struct cgw_rehearsed_action *actions =
		cgw_rehearsal_actions(backtest->rehearsal, &count);

	format_time(backtest->info.first_ns, first, sizeof(first));
	format_time(backtest->info.last_ns, last, sizeof(last));
	printf("%llu samples from %s to %s, one every %s\n", (unsigned long long)backtest->samples,
	       first, last, DURATION_TEXT(cgw_replay_interval_ns(backtest->replay)));
	if (cgw_replay_interval_ns(backtest->replay) >
	    cgw_policy_settings(backtest->policy)->interval_ns)
		printf("The policy samples more often than the recording: short peaks may be "
		       "missing.\n");
	print_missing(backtest);
	putchar('\n');
	for (size_t i = 0; i < count; i++) {
		if (is_standing_limit(backtest, &actions[i]) && !backtest->all)
			limits++;
		else
			print_action(backtest, &actions[i]);
	}
	if (limits > 0)
		printf("and %zu standing limits (--all lists them)\n", limits);
	if (count > 0)
		putchar('\n');
	for (size_t i = 0; i < cgw_policy_section_count(backtest->policy); i++) {
		enum cgw_section_kind kind = cgw_policy_section(backtest->policy, i).kind;

		if (kind == CGW_SECTION_RULE || kind == CGW_SECTION_LIMIT)
			print_section(backtest, i);
	}
	printf("\n%s\n", CAVEAT);
}

/* Group names are arbitrary bytes, JSON is UTF-8. */
static json_t *escaped(const char *text)
{
	CLEANUP(cleanup_free) char *copy = escape_copy(text);

	return copy != NULL ? json_string(copy) : NULL;
}

static json_t *json_time(uint64_t realtime_ns)
{
	char text[40];

	format_time(realtime_ns, text, sizeof(text));
	return json_string(text);
}

static json_t *json_action(const struct backtest *backtest,
			   const struct cgw_rehearsed_action *action)
{
	bool held = action->kind == CGW_ACTION_LIMIT || action->kind == CGW_ACTION_FREEZE;
	char what[400];

	describe(action, what, sizeof(what));
	return json_pack(
		"{s:o, s:s, s:s, s:o, s:I, s:i, s:o, s:s?, s:o, s:o, s:b}", "time",
		json_time(action->realtime_ns), "section", section_name(backtest, action->section),
		"action", cgw_action_kind_name(action->kind), "group", escaped(action->path),
		"group_id", (json_int_t)action->group_id, "step", (int)action->step + 1, "what",
		escaped(what), "key",
		action->control < CGW_CONTROL_COUNT ? cgw_control_info(action->control)->key : NULL,
		"reason", escaped(action->reason), "held_seconds",
		held ? json_real((double)action->active_ns / 1e9) : json_null(), "stands_at_end",
		(int)action->active_at_end);
}

static json_t *json_sections(const struct backtest *backtest)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cgw_policy_section_count(backtest->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(backtest->policy, i);
		struct cgw_rehearsed_section counts = cgw_rehearsal_section(backtest->rehearsal, i);

		if (section.kind != CGW_SECTION_RULE && section.kind != CGW_SECTION_LIMIT)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:I, s:i, s:I, s:I, s:I, s:f}", "kind",
				  cgw_section_kind_name(section.kind), "name", section.name,
				  "actions", (json_int_t)counts.actions, "groups",
				  (int)counts.groups, "held", (json_int_t)counts.truths[CGW_TRUE],
				  "not_held", (json_int_t)counts.truths[CGW_FALSE], "unknown",
				  (json_int_t)counts.truths[CGW_UNKNOWN], "longest_seconds",
				  (double)counts.longest_ns / 1e9));
	}
	return list;
}

static int print_json(struct backtest *backtest)
{
	json_t *list = json_array(), *missing = json_array(), *root;
	size_t count;
	const struct cgw_rehearsed_action *actions =
		cgw_rehearsal_actions(backtest->rehearsal, &count);
	int r;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_action(backtest, &actions[i]));
	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(&backtest->missing, metric))
			json_array_append_new(missing, json_string(cgw_metric_info(metric)->key));
	root = json_pack("{s:i, s:s, s:{s:o, s:o, s:I, s:f}, s:o, s:o, s:o, s:s}", "schema",
			 CLI_JSON_SCHEMA, "cgward", cgw_version(), "recording", "first",
			 json_time(backtest->info.first_ns), "last",
			 json_time(backtest->info.last_ns), "samples",
			 (json_int_t)backtest->samples, "interval_seconds",
			 (double)cgw_replay_interval_ns(backtest->replay) / 1e9, "missing", missing,
			 "actions", list, "sections", json_sections(backtest), "caveat", CAVEAT);
	if (root == NULL)
		return -ENOMEM;
	r = json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(root);
	return r < 0 ? -EIO : 0;
}

/* Removes metrics that this sample has. */
static void update_missing(struct backtest *backtest)
{
	const struct cgw_snapshot *now = cgw_frame_now(cgw_replay_frame(backtest->replay));
	struct cgw_metric_set missing = {0};

	for (enum cgw_metric metric = 0; metric < CGW_METRIC_COUNT; metric++)
		if (cgw_metric_set_has(&backtest->missing, metric) &&
		    cgw_snapshot_source(now, metric) == NULL)
			cgw_metric_set_add(&missing, metric);
	backtest->missing = missing;
}

static int run(struct backtest *backtest)
{
	struct cgw_metric_set used = {0};
	int r;

	cgw_policy_metrics_used(backtest->policy, &used);
	(void)cgw_replay_select(backtest->replay, &used); /* no sample was read yet */
	for (size_t i = 0; i < cgw_policy_section_count(backtest->policy); i++) {
		struct cgw_section_info section = cgw_policy_section(backtest->policy, i);

		if (section.when != NULL)
			cgw_expression_metrics(section.when, &backtest->missing);
		if (section.until != NULL)
			cgw_expression_metrics(section.until, &backtest->missing);
	}
	while ((r = cgw_replay_next(backtest->replay)) > 0) {
		update_missing(backtest);
		backtest->samples++;
		r = cgw_rehearsal_step(backtest->rehearsal, cgw_replay_frame(backtest->replay),
				       cgw_replay_boot(backtest->replay));
		if (r < 0)
			break;
	}
	cgw_replay_info(backtest->replay, &backtest->info);
	return r;
}

enum cli_exit backtest_run(const struct cli_context *context, const struct cgw_policy *policy,
			   const char *recording, bool json, bool all)
{
	CLEANUP(cleanup_replay) struct cgw_replay *replay = NULL;
	CLEANUP(cleanup_rehearsal) struct cgw_rehearsal *rehearsal = NULL;
	struct backtest backtest = {.context = context, .policy = policy, .all = all};
	struct cgw_diag diag = {0};
	int r = cgw_replay_open(recording, &replay, &diag);

	if (r == 0)
		r = cgw_rehearsal_new(policy, cgw_replay_interval_ns(replay), &rehearsal);
	backtest.replay = replay;
	backtest.rehearsal = rehearsal;
	if (r == 0)
		r = run(&backtest);
	if (r < 0)
		return cli_error(context, "%s", diag.text[0] != '\0' ? diag.text : strerror(-r));
	if (json)
		r = print_json(&backtest);
	else
		print_text(&backtest);
	return recording_report_damage(context, replay, r < 0 ? CLI_FAILED : CLI_OK);
}
