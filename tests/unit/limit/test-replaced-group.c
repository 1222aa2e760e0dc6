/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-replaced-group.c - a group that replaced the one that was meant is never changed. */
#include "replaced-machine.h"

static const enum cgw_step_kind kinds[] = {
	CGW_STEP_SET, CGW_STEP_FREEZE, CGW_STEP_THAW, CGW_STEP_KILL, CGW_STEP_MOVE, CGW_STEP_DELETE,
};

static struct machine begin(unsigned version, enum cgw_step_kind kind)
{
	return machine_begin(version, kind == CGW_STEP_KILL, kind == CGW_STEP_THAW);
}

static struct cgw_step step_of(const struct machine *machine, enum cgw_step_kind kind)
{
	struct cgw_step step = {
		.kind = kind,
		.path = "/web",
		.control = CGW_C_PIDS_MAX,
		.value = "64",
		.signal = SIGTERM,
		.pid = machine->process.pid,
	};

	machine_expect_group(machine, &step);
	return step;
}

static void fail_step(unsigned version, enum cgw_step_kind kind, int error,
		      const struct cgw_result *result)
{
	fail_msg("v%u %s: %d %s", version, cgw_step_kind_name(kind), error, result->diag.text);
}

/* The counterpart of the tests below: the group that was meant is changed. */
static void test_expected_group_is_changed(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			struct machine machine = begin(version, kinds[i]);
			const struct cgw_limit_options options = machine_options(&machine);
			const struct cgw_step step = step_of(&machine, kinds[i]);
			struct cgw_result result;
			int r = machine_apply(&machine, &options, &step, 1, &result);
			uint64_t id;
			int fd;

			if (r < 0 || result.outcome != CGW_OUTCOME_DONE)
				fail_step(version, kinds[i], r, &result);
			if (kinds[i] == CGW_STEP_DELETE)
				assert_int_equal(cgw_group_open(machine.layout,
								step.expected_hierarchy, "/web",
								&fd, &id),
						 -ENOENT);
			else if (kinds[i] != CGW_STEP_KILL)
				assert_true(fake_writes > 0);
			assert_int_equal(machine_end(&machine),
					 kinds[i] == CGW_STEP_KILL ? SIGTERM : 0);
		}
}

static void assert_untouched(struct machine *machine, const struct cgw_step *stranger)
{
	struct cgw_step now = *stranger;

	machine_expect_group(machine, &now);
	assert_int_equal(now.expected_id, stranger->expected_id);
	machine_assert_file(machine, "pids", "/web", "pids.max", "max");
	if (machine->version == 1)
		machine_assert_file(machine, "freezer", "/web", "freezer.state",
				    machine->is_frozen ? "FROZEN" : "THAWED");
	else
		machine_assert_file(machine, "", "/web", "cgroup.freeze",
				    machine->is_frozen ? "1" : "0");
}

static void test_replaced_group_is_refused(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			struct machine machine = begin(version, kinds[i]);
			const struct cgw_limit_options options = machine_options(&machine);
			const struct cgw_step step = step_of(&machine, kinds[i]);
			struct cgw_step stranger;
			struct cgw_result result;
			int r;

			machine_replace(&machine);
			stranger = step_of(&machine, kinds[i]);
			r = machine_apply(&machine, &options, &step, 1, &result);
			if (r != -ESTALE || result.outcome != CGW_OUTCOME_FAILED ||
			    strstr(result.diag.text, "another group now has this name") == NULL)
				fail_step(version, kinds[i], r, &result);
			assert_int_equal(fake_writes, 0);
			assert_untouched(&machine, &stranger);
			assert_int_equal(machine_end(&machine), 0);
		}
}

/* v1: only one of the group's directories is that of another group now. */
static void test_group_replaced_in_one_hierarchy_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t which = 0; which < ARRAY_SIZE(v1_hierarchies); which++) {
			struct machine machine = begin(1, kinds[i]);
			const struct cgw_limit_options options = machine_options(&machine);
			struct cgw_step step = step_of(&machine, kinds[i]);
			uint64_t ids[CGW_HIERARCHY_MAX] = {0};
			struct cgw_result result;
			int r;

			for (size_t h = 0; h < machine.layout->hierarchy_count; h++) {
				int fd;

				if (cgw_group_open(machine.layout, h, "/web", &fd, &ids[h]) == 0)
					close(fd);
			}
			step.expected_id = 0;
			step.expected_ids = ids;
			step.expected_id_count = machine.layout->hierarchy_count;
			machine_replace_in(&machine, v1_hierarchies[which]);
			r = machine_apply(&machine, &options, &step, 1, &result);
			if (r != -ESTALE)
				fail_step(1, kinds[i], r, &result);
			assert_int_equal(fake_writes, 0);
			assert_int_equal(machine_end(&machine), 0);
		}
}

static struct machine *replaced_machine; /* by replace_web() */

static void replace_web(const char *file)
{
	fake_before_write = NULL;
	machine_replace(replaced_machine);
}

static void replace_during_plan(unsigned version, enum cgw_step_kind kind, bool is_expected)
{
	struct machine machine = begin(version, kind);
	const struct cgw_limit_options options = machine_options(&machine);
	struct cgw_step steps[] = {
		{.kind = CGW_STEP_SET, .path = "/other", .control = CGW_C_PIDS_MAX, .value = "7"},
		step_of(&machine, kind),
	};
	struct cgw_step stranger;
	struct cgw_result result;
	uint64_t id = steps[1].expected_id;
	int r;

	if (!is_expected)
		steps[1].expected_id = 0;
	replaced_machine = &machine;
	fake_before_write = replace_web;
	r = machine_apply(&machine, &options, steps, 2, &result);
	if (r != -ESTALE)
		fail_step(version, kind, r, &result);
	stranger = step_of(&machine, kind);
	assert_int_not_equal(stranger.expected_id, id);
	assert_untouched(&machine, &stranger);
	/* All or nothing: the first step is rolled back. */
	assert_string_equal(fake_log, "pids.max=7\npids.max=max\n");
	assert_int_equal(machine_end(&machine), 0);
}

/* A plan may take seconds, for example to freeze a group, in which a later one is replaced. */
static void test_group_replaced_during_plan_is_refused(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			replace_during_plan(version, kinds[i], true);
			if (kinds[i] != CGW_STEP_KILL && kinds[i] != CGW_STEP_DELETE)
				replace_during_plan(version, kinds[i], false);
		}
}

static void replace_web_at_second_write(const char *file)
{
	fake_before_write = replace_web;
}

/* The old value belongs to a group that no longer exists, not to the new one. */
static void test_rollback_leaves_replaced_group(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);
		const struct cgw_limit_options options = machine_options(&machine);
		const struct cgw_step steps[] = {
			{.kind = CGW_STEP_SET,
			 .path = "/web",
			 .control = CGW_C_PIDS_MAX,
			 .value = "64"},
			{.kind = CGW_STEP_SET,
			 .path = "/other",
			 .control = CGW_C_PIDS_MAX,
			 .value = "7"},
		};
		struct cgw_result result;

		replaced_machine = &machine;
		fake_before_write = replace_web_at_second_write;
		fake_fail_at = 2;
		fake_fail_with = -EIO;
		assert_int_equal(machine_apply(&machine, &options, steps, 2, &result), -EIO);
		assert_string_equal(fake_log, "pids.max=64\n");
		machine_assert_file(&machine, "pids", "/web", "pids.max", "max");
		assert_int_equal(machine_end(&machine), 0);
	}
}

static int refuse_web(void *context, const char *path, enum cgw_step_kind kind,
		      struct cgw_diag *diag)
{
	assert_string_equal(context, "policy");
	return strcmp(path, "/web") == 0 ? cgw_diag_set(diag, -EPERM, "protected by the policy")
					 : 0;
}

/* What the policy protects is asked before anything is read, for each kind of step. */
static void test_protected_group_is_refused(void **state)
{
	static char context[] = "policy";

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			struct machine machine = begin(version, kinds[i]);
			struct cgw_limit_options options = machine_options(&machine);
			const struct cgw_step steps[] = {
				{.kind = CGW_STEP_SET,
				 .path = "/other",
				 .control = CGW_C_PIDS_MAX,
				 .value = "7"},
				step_of(&machine, kinds[i]),
			};
			struct cgw_result result;
			int r;

			options.protect = refuse_web;
			options.protect_context = context;
			options.yes_really = options.force = true;
			r = machine_apply(&machine, &options, steps, 2, &result);
			if (r != -EPERM || result.outcome != CGW_OUTCOME_REFUSED ||
			    strstr(result.diag.text, "protected by the policy") == NULL)
				fail_step(version, kinds[i], r, &result);
			assert_int_equal(fake_writes, 0);
			assert_untouched(&machine, &steps[1]);
			assert_int_equal(machine_end(&machine), 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expected_group_is_changed),
		cmocka_unit_test(test_replaced_group_is_refused),
		cmocka_unit_test(test_group_replaced_in_one_hierarchy_is_refused),
		cmocka_unit_test(test_group_replaced_during_plan_is_refused),
		cmocka_unit_test(test_rollback_leaves_replaced_group),
		cmocka_unit_test(test_protected_group_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
