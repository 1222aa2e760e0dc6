/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-apply.c - actions on a fake v1 machine, and what the next run restores: values of other
 * processes and of recreated groups stay as they are.
 */
#include <sys/stat.h>
#include <time.h>

#include "cmd/enforce/apply-actions.h"
#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "test.h"

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct cgw_policy_settings settings;
	struct applier applier;
	char state[4096];
	unsigned gone; /* groups that recreate() has replaced */
};

static void next_run(struct machine *machine)
{
	struct cgw_diag diag = {0};

	machine->applier.plan = cgw_plan_free(machine->applier.plan);
	undo_store_free(machine->applier.store);
	if (undo_store_open(machine->state, machine->layout, &machine->applier.store, &diag) < 0)
		fail_msg("%s", diag.text);
	assert_int_equal(restore_leftovers(&machine->applier, false), 0);
	assert_int_equal(undo_store_begin(machine->applier.store, &diag), 0);
}

static void make_group(struct tree_dir *dir, const char *controller)
{
	static const char *const files[][2] = {
		{"cpu,cpuacct/web/cpu.shares", "1024\n"},
		{"cpu,cpuacct/web/cgroup.procs", ""},
		{"pids/web/pids.max", "max\n"},
		{"pids/web/pids.current", "3\n"},
		{"pids/web/cgroup.procs", ""},
		{"freezer/web/freezer.state", "THAWED\n"},
		{"freezer/web/freezer.self_freezing", "0\n"},
		{"freezer/web/freezer.parent_freezing", "0\n"},
		{"freezer/web/cgroup.procs", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[256];

		if (strncmp(files[i][0], controller, strlen(controller)) != 0)
			continue;
		snprintf(path, sizeof(path), "cgroup/%s", files[i][0]);
		tree_file(dir, path, files[i][1]);
	}
}

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	machine->dir = tree_new();
	tree_machine_v1(machine->dir);
	make_group(machine->dir, "");
	machine->layout = fake_layout(machine->dir);
	machine->settings =
		(struct cgw_policy_settings){.backend = CGW_BACKEND_DIRECT, .keep_limits = true};
	machine->applier.layout = machine->layout;
	machine->applier.settings = &machine->settings;
	(void)tree_at(machine->dir, "state", machine->state, sizeof(machine->state));
	fake_reset();
	next_run(machine);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	cgw_plan_free(machine->applier.plan);
	thaw_guard_stop(machine->applier.guard);
	undo_store_free(machine->applier.store);
	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static size_t hierarchy_of(const struct machine *machine, enum cgw_controller controller)
{
	int hierarchy = cgw_layout_find(machine->layout, controller);

	assert_true(hierarchy >= 0);
	return (size_t)hierarchy;
}

static uint64_t id_of(const struct machine *machine, enum cgw_controller controller)
{
	uint64_t id = 0;
	int fd = -1;

	assert_int_equal(cgw_group_open(machine->layout, hierarchy_of(machine, controller), "/web",
					&fd, &id),
			 0);
	close(fd);
	return id;
}

static struct cgw_action action_of(const struct machine *machine, enum cgw_action_kind kind,
				   const char *value)
{
	return (struct cgw_action){
		.kind = kind,
		.rule = "test",
		.path = "/web",
		.group_id = id_of(machine, CGW_PIDS),
		.hierarchy = hierarchy_of(machine, CGW_PIDS),
		.control = kind == CGW_ACTION_FREEZE || kind == CGW_ACTION_THAW ? CGW_CONTROL_NONE
										: CGW_C_PIDS_MAX,
		.value = value,
		.reason = "",
	};
}

static int perform(struct machine *machine, struct cgw_action action, bool by_rule,
		   struct applied_action *ret_applied)
{
	struct applied_action applied;

	apply_action(&machine->applier, &action, by_rule, &applied);
	if (ret_applied != NULL)
		*ret_applied = applied;
	return applied.result.error;
}

static int limit(struct machine *machine, const char *value, bool by_rule)
{
	return perform(machine, action_of(machine, CGW_ACTION_LIMIT, value), by_rule, NULL);
}

static void set_by_hand(const struct machine *machine, const char *value)
{
	tree_file(machine->dir, "cgroup/pids/web/pids.max", value);
}

static void expect_file(const struct machine *machine, const char *path, const char *expected)
{
	char file[4096], text[64] = "";
	FILE *stream = fopen(tree_at(machine->dir, path, file, sizeof(file)), "r");

	assert_non_null(stream);
	(void)!fgets(text, sizeof(text), stream);
	fclose(stream);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void expect_pids_max(const struct machine *machine, const char *expected)
{
	expect_file(machine, "cgroup/pids/web/pids.max", expected);
}

static void test_next_run_restores_rules_and_keeps_limits(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(limit(machine, "44", false), 0);
	assert_int_equal(limit(machine, "33", true), 0);
	expect_pids_max(machine, "33");
	next_run(machine);
	expect_pids_max(machine, "44");
	next_run(machine);
	expect_pids_max(machine, "44");
}

/* After a conflict the value belongs to another process, even if it sets the same one. */
static void test_yielded_value_is_never_restored(void **state)
{
	struct machine *machine = *state;

	for (int by_rule = 0; by_rule < 2; by_rule++) {
		machine->settings.keep_limits = false;
		assert_int_equal(limit(machine, "33", by_rule), 0);
		set_by_hand(machine, "55");
		assert_int_equal(
			perform(machine, action_of(machine, CGW_ACTION_YIELD, NULL), true, NULL),
			0);
		set_by_hand(machine, "33");
		next_run(machine);
		expect_pids_max(machine, "33");
		set_by_hand(machine, "max");
	}
}

/* A standing limit that was changed is not set again by the next run, unless the policy differs. */
static void test_next_run_leaves_changed_limit(void **state)
{
	struct machine *machine = *state;
	struct cgw_action action;
	struct applied_action applied;

	assert_int_equal(limit(machine, "33", false), 0);
	next_run(machine);
	set_by_hand(machine, "55"); /* while no daemon runs */
	for (int run = 0; run < 3; run++) {
		assert_int_equal(perform(machine, action_of(machine, CGW_ACTION_LIMIT, "33"), false,
					 &applied),
				 -ESTALE);
		assert_int_equal(applied.result.outcome, CGW_OUTCOME_UNCHANGED);
		expect_pids_max(machine, "55");
		next_run(machine);
	}
	assert_int_equal(machine->applier.failed, 0);
	assert_int_equal(limit(machine, "44", false), 0);
	expect_pids_max(machine, "44");
	set_by_hand(machine, "66");
	action = action_of(machine, CGW_ACTION_LIMIT, "44");
	action.again = true; /* apply = always */
	assert_int_equal(perform(machine, action, false, NULL), 0);
	expect_pids_max(machine, "44");
	/* What another process has set is the value to restore. */
	assert_int_equal(
		perform(machine, action_of(machine, CGW_ACTION_RESTORE, "66"), true, &applied), 0);
	expect_pids_max(machine, "66");
	assert_int_equal(undo_store_count(machine->applier.store), 0);
}

/* A rule that acts on a changed value restores that value, not the one before. */
static void test_changed_value_becomes_the_old_one(void **state)
{
	struct machine *machine = *state;
	struct applied_action applied;

	assert_int_equal(limit(machine, "33", true), 0);
	set_by_hand(machine, "55");
	assert_int_equal(
		perform(machine, action_of(machine, CGW_ACTION_LIMIT, "22"), true, &applied), 0);
	assert_string_equal(applied.old_value, "55");
	next_run(machine);
	expect_pids_max(machine, "55");
}

/* Killed between the record and the write, or before the kernel's value was recorded. */
static void test_crash_around_the_write(void **state)
{
	static const char *const cases[][2] = {{"max", "max"}, {"33", "max"}, {"55", "55"}};
	struct machine *machine = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct undo_record record = {
			.level = STORE_RULE,
			.control = CGW_C_PIDS_MAX,
			.group_id = id_of(machine, CGW_PIDS),
			.hierarchy = hierarchy_of(machine, CGW_PIDS),
			.path = "/web",
			.instance = "",
			.old = "max",
			.asked = "33",
		};

		assert_int_equal(undo_store_put(machine->applier.store, &record), 0);
		set_by_hand(machine, cases[i][0]);
		next_run(machine);
		expect_pids_max(machine, cases[i][1]);
		assert_int_equal(undo_store_count(machine->applier.store), 0);
	}
}

/* Replaces the group in one hierarchy; the old one, renamed, still takes its inode. */
static void recreate(struct machine *machine, const char *controller)
{
	char path[64], before[4096], after[4096];

	snprintf(path, sizeof(path), "cgroup/%s/web", controller);
	(void)tree_at(machine->dir, path, before, sizeof(before));
	snprintf(path, sizeof(path), "cgroup/%s/gone-%u", controller, ++machine->gone);
	assert_int_equal(rename(before, tree_at(machine->dir, path, after, sizeof(after))), 0);
	make_group(machine->dir, controller);
}

/* The group is identified in the hierarchy that is written, not in another one. */
static void test_recreated_group_is_not_restored(void **state)
{
	struct machine *machine = *state;
	struct cgw_action action = action_of(machine, CGW_ACTION_LIMIT, "33");

	action.hierarchy = hierarchy_of(machine, CGW_CPU);
	action.group_id = id_of(machine, CGW_CPU);
	assert_int_equal(perform(machine, action, true, NULL), 0);
	recreate(machine, "pids");
	set_by_hand(machine, "33");
	next_run(machine);
	expect_pids_max(machine, "33");
	assert_int_equal(undo_store_count(machine->applier.store), 0);
	/* The group that the action means was replaced after the sample. */
	action = action_of(machine, CGW_ACTION_LIMIT, "22");
	recreate(machine, "pids");
	assert_int_equal(perform(machine, action, true, NULL), -ESTALE);
	expect_pids_max(machine, "max");
}

static void test_recreated_group_is_not_thawed(void **state)
{
	struct machine *machine = *state;

	assert_int_equal(perform(machine, action_of(machine, CGW_ACTION_FREEZE, NULL), true, NULL),
			 0);
	expect_file(machine, "cgroup/freezer/web/freezer.state", "FROZEN");
	recreate(machine, "freezer");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "FROZEN\n");
	next_run(machine);
	expect_file(machine, "cgroup/freezer/web/freezer.state", "FROZEN");
	assert_int_equal(perform(machine, action_of(machine, CGW_ACTION_THAW, NULL), true, NULL),
			 0);
	expect_file(machine, "cgroup/freezer/web/freezer.state", "FROZEN");
}

/* A group that another process has frozen is not recorded, so nothing thaws it. */
static void test_foreign_freeze_is_kept(void **state)
{
	struct machine *machine = *state;
	struct applied_action applied;

	tree_file(machine->dir, "cgroup/freezer/web/freezer.self_freezing", "1\n");
	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "FROZEN\n");
	assert_int_equal(
		perform(machine, action_of(machine, CGW_ACTION_FREEZE, NULL), true, &applied), 0);
	assert_int_equal(applied.result.outcome, CGW_OUTCOME_UNCHANGED);
	assert_int_equal(undo_store_count(machine->applier.store), 0);
	assert_int_equal(perform(machine, action_of(machine, CGW_ACTION_THAW, NULL), true, NULL),
			 0);
	next_run(machine);
	expect_file(machine, "cgroup/freezer/web/freezer.state", "FROZEN");
}

/* On v1 a group appears in one hierarchy after the other: this is no failure. */
static void test_missing_file_is_not_a_failure(void **state)
{
	struct machine *machine = *state;
	struct cgw_action value = action_of(machine, CGW_ACTION_LIMIT, "33"),
			  freeze = action_of(machine, CGW_ACTION_FREEZE, NULL);
	struct applied_action applied;

	value.hierarchy = freeze.hierarchy = hierarchy_of(machine, CGW_CPU);
	value.group_id = freeze.group_id = id_of(machine, CGW_CPU);
	tree_remove(machine->dir, "cgroup/pids/web");
	tree_remove(machine->dir, "cgroup/freezer/web");
	assert_int_equal(perform(machine, value, false, &applied), -ENOENT);
	assert_int_equal(applied.result.outcome, CGW_OUTCOME_NOT_TRIED);
	assert_string_equal(applied.reason, "the group does not have pids.max yet");
	assert_int_equal(perform(machine, freeze, true, &applied), -ENOENT);
	assert_int_equal(applied.result.outcome, CGW_OUTCOME_NOT_TRIED);
	assert_int_equal(machine->applier.failed, 0);
	assert_int_equal(undo_store_count(machine->applier.store), 0);
	make_group(machine->dir, "pids");
	make_group(machine->dir, "freezer");
	assert_int_equal(perform(machine, value, false, &applied), 0);
	assert_int_equal(applied.result.group_id, id_of(machine, CGW_PIDS));
	assert_int_equal(perform(machine, freeze, true, &applied), 0);
	expect_pids_max(machine, "33");
	/* A group that is gone does not come back. */
	tree_remove(machine->dir, "cgroup/pids/web");
	tree_remove(machine->dir, "cgroup/cpu,cpuacct/web");
	assert_int_equal(perform(machine, value, false, &applied), -ENOENT);
	assert_int_equal(applied.result.outcome, CGW_OUTCOME_FAILED);
}

static bool is_thawed(const struct machine *machine)
{
	char file[4096], text[64] = "";
	FILE *stream = fopen(
		tree_at(machine->dir, "cgroup/freezer/web/freezer.state", file, sizeof(file)), "r");

	assert_non_null(stream);
	(void)!fgets(text, sizeof(text), stream);
	fclose(stream);
	return strncmp(text, "THAWED", 6) == 0;
}

/* The guard thaws in time, whatever the caller does meanwhile; then the thaw is still reported. */
static void test_guard_thaws_in_time(void **state)
{
	struct machine *machine = *state;
	struct cgw_action freeze = action_of(machine, CGW_ACTION_FREEZE, NULL);
	struct applied_action applied;
	uint64_t began_ns = clock_now_ns();

	freeze.duration_ns = 50000000;
	assert_int_equal(thaw_guard_start(machine->layout, &machine->applier.guard), 0);
	assert_int_equal(perform(machine, freeze, true, NULL), 0);
	assert_false(is_thawed(machine));
	while (!is_thawed(machine) && clock_now_ns() - began_ns < UINT64_C(20000000000))
		clock_sleep_ms(1);
	assert_true(is_thawed(machine));
	assert_true(clock_now_ns() - began_ns >= freeze.duration_ns);
	clock_sleep_ms(20); /* the guard takes note of it */
	assert_int_equal(
		perform(machine, action_of(machine, CGW_ACTION_THAW, NULL), true, &applied), 0);
	assert_int_equal(applied.result.outcome, CGW_OUTCOME_DONE);
	assert_int_equal(undo_store_count(machine->applier.store), 0);
	/* Thawed by the caller: the guard does nothing. */
	freeze.duration_ns = 1000000;
	assert_int_equal(perform(machine, freeze, true, NULL), 0);
	assert_int_equal(perform(machine, action_of(machine, CGW_ACTION_THAW, NULL), true, NULL),
			 0);
	tree_file(machine->dir, "cgroup/freezer/web/freezer.state", "FROZEN\n");
	clock_sleep_ms(100);
	assert_false(is_thawed(machine));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_next_run_restores_rules_and_keeps_limits),
		TEST(test_yielded_value_is_never_restored),
		TEST(test_next_run_leaves_changed_limit),
		TEST(test_changed_value_becomes_the_old_one),
		TEST(test_crash_around_the_write),
		TEST(test_recreated_group_is_not_restored),
		TEST(test_recreated_group_is_not_thawed),
		TEST(test_foreign_freeze_is_kept),
		TEST(test_missing_file_is_not_a_failure),
		TEST(test_guard_thaws_in_time),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
