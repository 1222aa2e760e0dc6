/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-policy-report.c - how a policy and its enforcement apply to a group. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "frames.h"
#include "lib/base/cleanup.h"
#include "shared/report/policy-report.h"
#include "test.h"
#include "tree.h"

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define HOUR 3600

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct cgw_policy *policy;
	struct cgw_frame *frame;
	struct daemon_status *status;
	struct policy_report report;
};

static const char policy_text[] = "[protect ssh]\n"
				  "match = /ssh*\n"
				  "[limit web]\n"
				  "match = /web\n"
				  "pids.max = 100\n"
				  "[rule busy]\n"
				  "match = /web\n"
				  "when = pids.current > 10\n"
				  "then = limit pids.max 20\n"
				  "[rule other]\n"
				  "match = /other\n"
				  "when = pids.current > 10\n"
				  "then = limit pids.max 20\n";

static void on_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		fail_msg("line %u: %s", problem->diag.line, problem->diag.text);
}

/* Written an hour ago, when the hold began 30 s before and had two hours and 30 s left. */
static json_t *make_status(void)
{
	json_t *status = json_pack(
		"{s:I, s:[{s:s, s:s, s:s, s:i, s:f, s:f, s:s}, {s:s, s:s, s:s, s:i, s:f, s:n, "
		"s:s}], s:[{s:s, s:s, s:s, s:s, s:s}]}",
		"time", (json_int_t)(time(NULL) - HOUR), "instances", "rule", "busy", "group",
		"/web", "phase", "active", "step", 1, "since_seconds", -30.0, "until_seconds",
		2.0 * HOUR + 30, "why", "", "rule", "busy", "group", "/other", "phase", "cooldown",
		"step", 0, "since_seconds", -1.0, "until_seconds", "why", "", "held", "group",
		"/web", "key", "pids.max", "section", "busy", "value", "20", "original", "100");

	assert_non_null(status);
	return status;
}

static int setup(void **state)
{
	static const struct cgw_policy_reporter reporter = {on_problem, NULL};
	static const struct frame_group groups[] = {{"/", 1}, {"/other", 2}, {"/web", 3}};
	static const struct frame_value values[] = {
		{"/other", CGW_M_PIDS_CURRENT, OK(1)},
		{"/web", CGW_M_PIDS_CURRENT, OK(15)},
	};
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 5, values, ARRAY_SIZE(values));
	char cgroup[300], proc[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};

	assert_non_null(fixture);
	fixture->dir = tree_new();
	tree_machine_v2(fixture->dir);
	tree_at(fixture->dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(fixture->dir, "proc", proc, sizeof(proc));
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	assert_int_equal(cgw_policy_parse("test", policy_text, strlen(policy_text), &reporter,
					  &fixture->policy),
			 0);
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
	assert_int_equal(daemon_status_parse(make_status(), &fixture->status), 0);
	fixture->report = (struct policy_report){.layout = fixture->layout,
						 .policy = fixture->policy,
						 .frame = fixture->frame,
						 .group = 2,
						 .path = "/web",
						 .status = fixture->status};
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	daemon_status_free(fixture->status);
	cgw_frame_free(fixture->frame);
	cgw_policy_free(fixture->policy);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static void print_report(const struct fixture *fixture, struct capture *capture)
{
	capture_begin(capture);
	policy_report_print(&fixture->report);
	capture_end(capture);
}

static void assert_has(const struct capture *capture, const char *part)
{
	if (strstr(capture->out, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, capture->out);
}

/* Times in the status are relative to its writing: an hour passed since. */
static void test_time_left_until_the_hold_ends(void **state)
{
	struct fixture *fixture = *state;
	struct capture capture;

	print_report(fixture, &capture);
	assert_has(&capture, "active, step 2, for 1h00m;");
	assert_has(&capture, " in 1h00m\n");
	assert_has(&capture, "pids.max = 20 (was 100), set by busy\n");
	capture_free(&capture);
}

/* `cgward status` prints the same times and reasons as explain. */
static void test_instance_as_of_now(void **state)
{
	const struct daemon_instance pending = {.rule = "hog",
						.group = "/a",
						.phase = "pending",
						.why = "cpu > 300% (now 312%)",
						.since_seconds = 12,
						.until_seconds = 18};
	const struct daemon_instance blocked = {.rule = "hog",
						.group = "/b",
						.phase = "blocked",
						.why = "",
						.step = 1,
						.since_seconds = NAN,
						.until_seconds = NAN};
	struct capture capture;

	capture_begin(&capture);
	policy_report_print_instance(&pending, 8);
	policy_report_print_instance(&pending, 60);
	policy_report_print_instance(&blocked, 8);
	capture_end(&capture);
	assert_string_equal(
		capture.out,
		"pending    hog on /a, step 1, for 20.0s; acts in 10.0s: cpu > 300% (now 312%)\n"
		"pending    hog on /a, step 1, for 1m12s; acts in 0: cpu > 300% (now 312%)\n"
		"blocked    hog on /b, step 2\n");
	capture_free(&capture);
}

/* Sections of other groups are left out, as is the state of their rules. */
static void test_sections_of_the_group(void **state)
{
	struct fixture *fixture = *state;
	json_t *list = policy_report_json(&fixture->report);

	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "name")),
			    "web");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "name")),
			    "busy");
	assert_true(json_is_null(json_object_get(json_array_get(list, 0), "enforcement")));
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(json_array_get(list, 1), "enforcement"), "phase")),
		"active");
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json_array_get(list, 1), "when"), "truth")),
			    "true");
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_time_left_until_the_hold_ends, setup,
						teardown),
		cmocka_unit_test(test_instance_as_of_now),
		cmocka_unit_test_setup_teardown(test_sections_of_the_group, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
