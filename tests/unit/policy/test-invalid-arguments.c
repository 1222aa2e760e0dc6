/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-invalid-arguments.c - public functions with values outside of their enumerations, indexes
 * beyond the end and small buffers. Those of limit are in test-refusals.c.
 */
#include <errno.h>
#include <math.h>

#include <cgward/history.h>
#include <cgward/inspect.h>
#include <cgward/policy.h>
#include <cgward/recording.h>
#include <cgward/render.h>

#include "frames.h"
#include "lib/base/cleanup.h"

#define INVALID 9999

static const struct frame_group groups[] = {{"/", 1}, {"/a", 2}};

/* Names of values that do not exist are printable. */
static void test_names(void **state)
{
	const char *const names[] = {
		cgw_state_name(INVALID),         cgw_state_sign(INVALID),
		cgw_truth_name(INVALID),         cgw_subject_name(INVALID),
		cgw_layout_kind_name(INVALID),   cgw_controller_name(INVALID, 1),
		cgw_namespace_name(INVALID),     cgw_identity_kind_name(INVALID),
		cgw_identity_part_name(INVALID), cgw_unit_name(INVALID),
		cgw_kind_name(INVALID),          cgw_risk_name(INVALID),
		cgw_step_kind_name(INVALID),     cgw_outcome_name(INVALID),
		cgw_section_kind_name(INVALID),  cgw_action_kind_name(INVALID),
		cgw_phase_name(INVALID),         cgw_exposition_content_type(INVALID),
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] == NULL || names[i][0] == '\0')
			fail_msg("name %zu", i);
	assert_null(cgw_metric_info(INVALID));
	assert_null(cgw_control_info(INVALID));
}

static void test_metrics(void **state)
{
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_metric_set set = {0}, empty = {0};
	struct cgw_snapshot *snapshot;
	struct cgw_layout layout = {0};
	enum cgw_state text_state;
	size_t count;
	char path[8] = "x";

	cgw_metric_set_add(&set, INVALID);
	assert_memory_equal(&set, &empty, sizeof(set));
	assert_false(cgw_metric_set_has(&set, INVALID));
	cgw_history_metrics(INVALID, &set);
	assert_memory_equal(&set, &empty, sizeof(set));
	assert_int_equal(cgw_metric_hierarchies(&layout, INVALID), 0);
	assert_int_equal(cgw_control_hierarchies(&layout, INVALID), 0);
	assert_int_equal(cgw_layout_find(&layout, INVALID), -EINVAL);
	cgw_metric_set_add(&set, CGW_M_PIDS_CURRENT);
	assert_int_equal(snapshot_begin(NULL, topology, &set, &snapshot), 0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_snapshot_number(snapshot, INVALID, 0).state, CGW_ABSENT);
	assert_int_equal(cgw_snapshot_number(snapshot, CGW_M_PIDS_CURRENT, INVALID).state,
			 CGW_ABSENT);
	assert_null(cgw_snapshot_instances(snapshot, INVALID, 0, &count));
	assert_null(cgw_snapshot_instances(snapshot, CGW_M_PIDS_CURRENT, INVALID, &count));
	assert_int_equal(count, 0);
	assert_null(cgw_snapshot_text(snapshot, CGW_M_CGROUP_TYPE, INVALID, &text_state));
	assert_int_equal(text_state, CGW_ABSENT);
	assert_null(cgw_snapshot_source(snapshot, INVALID));
	assert_false(cgw_snapshot_is_system_wide(snapshot, INVALID));
	assert_int_equal(cgw_snapshot_read_ns(snapshot, INVALID), 0);
	assert_int_equal(
		cgw_topology_path(cgw_snapshot_topology(snapshot), INVALID, path, sizeof(path)), 0);
	assert_string_equal(path, "");
	/* Like snprintf(): what does not fit is cut, and the whole length is returned. */
	assert_int_equal(cgw_topology_path(cgw_snapshot_topology(snapshot), 1, path, 1), 2);
	assert_string_equal(path, "");
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

static void test_history(void **state)
{
	struct cgw_history *history;
	double value = 0;

	assert_int_equal(cgw_history_new(&history), 0);
	cgw_history_read(history, 0, INVALID, 1, &value, 1);
	assert_true(isnan(value));
	cgw_history_free(history);
}

static enum cgw_truth never(void *context, enum cgw_subject subject, const char *pattern)
{
	fail_msg("%s", pattern);
	return CGW_FALSE;
}

static void test_policy_sections(void **state)
{
	static const char text[] = "[limit a]\nmatch = /a\npids.max = 5\n";
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_metric_set set = {0};
	struct cgw_snapshot *snapshot;
	struct cgw_rehearsal *rehearsal;
	struct cgw_frame *frame;
	struct cgw_policy *policy;
	enum cgw_control control;
	uint32_t *members;
	const char *value;
	size_t count;

	assert_int_equal(cgw_policy_parse("test", text, strlen(text), NULL, &policy), 0);
	assert_int_equal(snapshot_begin(NULL, topology, &set, &snapshot), 0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	assert_int_equal(cgw_policy_section(policy, 1).kind, CGW_SECTION_KIND_COUNT);
	assert_int_equal(cgw_policy_assignment(policy, 1, 0, &control, &value), -ENOENT);
	assert_int_equal(cgw_policy_assignment(policy, 0, 1, &control, &value), -ENOENT);
	assert_int_equal(cgw_policy_section_matches(policy, 1, frame, NULL, 1), CGW_UNKNOWN);
	assert_int_equal(cgw_policy_section_matches(policy, 0, frame, NULL, INVALID), CGW_UNKNOWN);
	assert_int_equal(cgw_policy_sum_members(policy, 1, frame, NULL, 1, &members, &count), 0);
	assert_int_equal(cgw_policy_sum_members(policy, 0, frame, NULL, INVALID, &members, &count),
			 0);
	assert_int_equal(cgw_policy_place_matches(policy, 1, never, NULL), CGW_UNKNOWN);
	assert_int_equal(cgw_rehearsal_new(policy, UINT64_C(1000000000), &rehearsal), 0);
	(void)cgw_rehearsal_section(rehearsal, 1);
	cgw_rehearsal_free(rehearsal);
	cgw_policy_free(policy);
	cgw_frame_free(frame);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

static void test_expression_terms(void **state)
{
	struct cgw_expression *expression;
	struct cgw_value value, bound;
	struct cgw_term term;
	struct cgw_diag diag;

	assert_int_equal(cgw_expression_parse("cpu > 5%", &expression, &diag), 0);
	cgw_expression_term(expression, 1, &term);
	assert_string_equal(term.text, "");
	assert_int_equal(cgw_expression_evaluate_term(expression, 1, NULL, &value, &bound),
			 CGW_UNKNOWN);
	assert_int_equal(value.state, CGW_ABSENT);
	cgw_expression_free(expression);
}

static int sink(void *context, const char *text, size_t length)
{
	return 0;
}

static void test_dialects(void **state)
{
	struct cgw_exposition *exposition;

	assert_int_equal(cgw_exposition_new(INVALID, sink, NULL, &exposition), -EINVAL);
}

/* Fields that no key names, with every view and shape. */
static void test_fields(void **state)
{
	static const int16_t indexes[] = {
		INT16_MIN,       -1,      CGW_M_CPU_USAGE, CGW_M_MEMORY_MAX, CGW_M_CGROUP_TYPE,
		CGW_M_IO_RBYTES, INVALID, INT16_MAX};
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_metric_set set = {0};
	struct cgw_snapshot *snapshot;
	struct cgw_frame *frame;
	char text[64];

	assert_int_equal(snapshot_begin(NULL, topology, &set, &snapshot), 0);
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	for (int view = 0; view <= UINT8_MAX; view++)
		for (size_t i = 0; i < ARRAY_SIZE(indexes); i++)
			for (uint8_t shape = 0; shape < 4; shape++) {
				struct cgw_field field = {
					.view = (uint8_t)view, .shape = shape, .index = indexes[i]};
				struct cgw_field own = cgw_field_own(field);
				bool known = cgw_field_key(field, text, sizeof(text)) > 0;

				assert_int_equal(cgw_field_title(field, NULL, 0) > 0, known);
				assert_int_equal(cgw_field_help(field)[0] != '\0', known);
				assert_int_equal(cgw_field_parse(text, &own, NULL),
						 known ? 0 : -ENOENT);
				assert_true(known || !cgw_field_includes_descendants(field));
				assert_true(known || !cgw_field_is_additive(field));
				cgw_field_metrics(field, &set);
				(void)cgw_frame_instance(frame, field, 1, "8:0");
				(void)cgw_frame_text(frame, field, 1, text, sizeof(text), NULL);
				if (!known)
					assert_int_equal(cgw_frame_value(frame, field, 1).state,
							 CGW_ABSENT);
			}
	cgw_frame_free(frame);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

/* No frame, a frame without a snapshot, and groups that are not in it. */
static void test_frames(void **state)
{
	struct topology *topology = frame_topology(groups, ARRAY_SIZE(groups));
	struct cgw_metric_set set = {0};
	struct cgw_snapshot *snapshot;
	struct cgw_frame *frame;
	struct cgw_field field;
	size_t count = 1;

	assert_int_equal(cgw_field_parse(NULL, &field, NULL), -EINVAL);
	assert_int_equal(cgw_field_parse("cpu", NULL, NULL), -EINVAL);
	assert_int_equal(cgw_field_nth(0, NULL), -EINVAL);
	assert_int_equal(cgw_field_parse("group", &field, NULL), 0);
	assert_int_equal(cgw_frame_new(NULL), -EINVAL);
	assert_int_equal(cgw_frame_new(&frame), 0);
	for (int round = 0; round < 3; round++) {
		const struct cgw_frame *used = round > 0 ? frame : NULL;

		if (round == 2) {
			assert_int_equal(snapshot_begin(NULL, topology, &set, &snapshot), 0);
			assert_int_equal(snapshot_finish(snapshot), 0);
			assert_int_equal(cgw_frame_update(NULL, snapshot), -EINVAL);
			assert_int_equal(cgw_frame_update(frame, NULL), -EINVAL);
			assert_int_equal(cgw_frame_update(frame, snapshot), 0);
			cgw_snapshot_unref(snapshot);
		}
		assert_int_equal(cgw_frame_now(used) != NULL, round == 2);
		assert_null(cgw_frame_before(used));
		assert_true(cgw_frame_seconds(used) == 0);
		assert_int_equal(cgw_frame_flags(used, INVALID), 0);
		assert_int_equal(cgw_frame_previous(used, INVALID), CGW_NO_GROUP);
		(void)cgw_frame_removed_groups(used, &count);
		assert_int_equal(count, 0);
		assert_int_equal(cgw_frame_value(used, field, INVALID).state, CGW_ABSENT);
		assert_int_equal(cgw_frame_text(used, field, INVALID, NULL, 8, NULL), 0);
		assert_int_equal(cgw_frame_instance(used, field, INVALID, NULL).state, CGW_ABSENT);
		assert_int_equal(cgw_frame_effective(used, CGW_M_PIDS_MAX, INVALID, NULL).state,
				 CGW_ABSENT);
	}
	assert_int_equal(cgw_frame_effective(frame, INVALID, 1, NULL).state, CGW_ABSENT);
	cgw_frame_free(frame);
	topology_unref(topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_policy_sections),
		cmocka_unit_test(test_expression_terms),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
