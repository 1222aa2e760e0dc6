/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-apply-actions.c - actions and their undo change only their own group and value. */
#include "applier-fixture.h"
#include "cmd/enforce/run-program.h"

static const struct cgw_policy_settings keeping = {
	.backend = CGW_BACKEND_DIRECT, .keep_on_exit = true, .keep_limits = true};

/* A rule has set pids.max to 64, and its daemon was killed. */
static void begin_with_leftover(struct fixture *fixture, unsigned version)
{
	struct cgw_action action;

	begin(fixture, version);
	action = action_of(fixture, CGW_ACTION_LIMIT, "64");
	assert_int_equal(apply(fixture, &action, true), 0);
	machine_assert_file(&fixture->machine, "pids", "/web", "pids.max", "64");
	kill_daemon(fixture);
	assert_int_equal(undo_store_count(fixture->applier.store), 1);
}

static void test_leftover_is_restored(void **state)
{
	struct fixture fixture;

	for (unsigned version = 1; version <= 2; version++) {
		begin_with_leftover(&fixture, version);
		restore(&fixture);
		machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "max");
		kill_daemon(&fixture);
		assert_int_equal(undo_store_count(fixture.applier.store), 0);
		end(&fixture);
	}
}

/* Killed, then another process sets 77, then `--restore`: 77 stays. */
static void test_restore_leaves_value_of_another_process(void **state)
{
	struct fixture fixture;

	for (unsigned version = 1; version <= 2; version++) {
		begin_with_leftover(&fixture, version);
		machine_file(&fixture.machine, "pids", "/web", "pids.max", "77\n");
		restore(&fixture);
		machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "77");
		/* Not even the next start may restore it. */
		machine_file(&fixture.machine, "pids", "/web", "pids.max", "64\n");
		kill_daemon(&fixture);
		restore(&fixture);
		assert_string_equal(fake_log, "");
		end(&fixture);
	}
}

static void test_restore_leaves_replaced_group(void **state)
{
	struct fixture fixture;

	for (unsigned version = 1; version <= 2; version++) {
		begin_with_leftover(&fixture, version);
		machine_replace(&fixture.machine);
		machine_file(&fixture.machine, "pids", "/web", "pids.max", "64\n");
		restore(&fixture);
		assert_string_equal(fake_log, "");
		end(&fixture);
	}
}

/* Inode numbers are unique within a hierarchy only. */
static void test_restore_leaves_group_of_another_hierarchy(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	begin(&fixture, 1);
	fake_id = 4711;
	action = action_of(&fixture, CGW_ACTION_LIMIT, "64");
	assert_int_equal(apply(&fixture, &action, true), 0);
	kill_daemon(&fixture);
	machine_set_aside(&fixture.machine, "pids");
	restore(&fixture);
	assert_string_equal(fake_log, "");
	end(&fixture);
}

static void test_restore_of_removed_group_is_complete(void **state)
{
	struct fixture fixture;

	begin_with_leftover(&fixture, 2);
	machine_set_aside(&fixture.machine, "");
	restore(&fixture);
	assert_string_equal(fake_log, "");
	end(&fixture);
}

/* The record stays for the next attempt when the kernel refuses the write. */
static void test_failed_restore_is_repeated(void **state)
{
	struct fixture fixture;

	begin_with_leftover(&fixture, 2);
	fake_fail_at = fake_writes + 1;
	fake_fail_with = -EIO;
	assert_int_equal(restore_leftovers(&fixture.applier, false), 1);
	kill_daemon(&fixture);
	restore(&fixture);
	machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "max");
	end(&fixture);
}

/* What a policy keeps on purpose is restored only if all limits are to go. */
static void test_kept_limit_is_not_restored(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	for (int by_rule = 0; by_rule <= 1; by_rule++) {
		begin(&fixture, 2);
		fixture.applier.settings = &keeping;
		action = action_of(&fixture, CGW_ACTION_LIMIT, "64");
		assert_int_equal(apply(&fixture, &action, by_rule), 0);
		kill_daemon(&fixture);
		assert_int_equal(restore_leftovers(&fixture.applier, false), 0);
		machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "64");
		assert_int_equal(restore_leftovers(&fixture.applier, true), 0);
		machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "max");
		assert_int_equal(undo_store_count(fixture.applier.store), 0);
		end(&fixture);
	}
}

/* A rule's override of a standing limit is restored first, and the standing limit stays or goes. */
static void test_override_and_standing_limit(void **state)
{
	struct fixture fixture;
	struct cgw_action standing, override;

	begin(&fixture, 2);
	standing = action_of(&fixture, CGW_ACTION_LIMIT, "64");
	override = action_of(&fixture, CGW_ACTION_LIMIT, "32");
	assert_int_equal(apply(&fixture, &standing, false), 0);
	assert_int_equal(apply(&fixture, &override, true), 0);
	kill_daemon(&fixture);
	assert_int_equal(undo_store_count(fixture.applier.store), 2);
	restore(&fixture);
	assert_string_equal(fake_log, "pids.max=64\npids.max=max\n");
	end(&fixture);
}

static void test_frozen_group_is_thawed(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		action = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
		assert_int_equal(apply(&fixture, &action, true), 0);
		if (version == 1)
			machine_file(&fixture.machine, "freezer", "/web", "freezer.self_freezing",
				     "1\n");
		kill_daemon(&fixture);
		assert_int_equal(undo_store_count(fixture.applier.store), 1);
		restore(&fixture);
		assert_string_equal(fake_log,
				    version == 1 ? "freezer.state=THAWED\n" : "cgroup.freeze=0\n");
		end(&fixture);
	}
}

/* A later run must not thaw what this run has thawed already. */
static void test_thawed_group_is_forgotten(void **state)
{
	struct fixture fixture;
	struct cgw_action freeze, thaw;

	begin(&fixture, 1);
	freeze = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
	thaw = action_of(&fixture, CGW_ACTION_THAW, NULL);
	assert_int_equal(apply(&fixture, &freeze, true), 0);
	machine_file(&fixture.machine, "freezer", "/web", "freezer.self_freezing", "1\n");
	assert_int_equal(apply(&fixture, &thaw, true), 0);
	assert_string_equal(fake_log, "freezer.state=FROZEN\nfreezer.state=THAWED\n");
	kill_daemon(&fixture);
	restore(&fixture);
	assert_string_equal(fake_log, "");
	end(&fixture);
}

/* A rule that freezes the group again makes the time longer. */
static void test_group_is_frozen_for_longer(void **state)
{
	struct fixture fixture;
	struct cgw_action action;
	struct applied_action applied;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		action = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
		for (int i = 0; i < 2; i++) {
			apply_action(&fixture.applier, &action, true, &applied);
			assert_int_equal(applied.result.error, 0);
			assert_int_equal(applied.result.outcome, CGW_OUTCOME_DONE);
			if (version == 1)
				machine_file(&fixture.machine, "freezer", "/web",
					     "freezer.self_freezing", "1\n");
		}
		assert_int_equal(undo_store_count(fixture.applier.store), 1);
		end(&fixture);
	}
}

/* Processes in the kernel delay freezing: the group freezes later, and so has to be thawed. */
static void test_slow_freeze_is_thawed(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	begin(&fixture, 1);
	fake_stuck = true;
	action = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
	assert_int_equal(apply(&fixture, &action, true), -ETIMEDOUT);
	fake_stuck = false;
	machine_file(&fixture.machine, "freezer", "/web", "freezer.self_freezing", "1\n");
	machine_file(&fixture.machine, "freezer", "/web", "freezer.state", "FROZEN\n");
	kill_daemon(&fixture);
	restore(&fixture);
	assert_string_equal(fake_log, "freezer.state=THAWED\n");
	end(&fixture);
}

/* The group that has the name now was frozen by another process, which thaws it. */
static void test_replaced_frozen_group_is_left(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		action = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
		assert_int_equal(apply(&fixture, &action, true), 0);
		fixture.machine.is_frozen = true;
		machine_replace(&fixture.machine);
		kill_daemon(&fixture);
		restore(&fixture);
		assert_string_equal(fake_log, "");
		end(&fixture);
	}
}

/* The engine decides on a sample: the group may have been replaced since. */
static void test_actions_leave_replaced_group(void **state)
{
	static const struct {
		enum cgw_action_kind kind;
		const char *value, *expected;
		bool largest_only;
	} rows[] = {
		{.kind = CGW_ACTION_LIMIT, .value = "64"},
		{.kind = CGW_ACTION_RESTORE, .value = "64", .expected = "max"},
		{.kind = CGW_ACTION_FREEZE},
		{.kind = CGW_ACTION_THAW},
		{.kind = CGW_ACTION_KILL},
		{.kind = CGW_ACTION_KILL, .largest_only = true},
	};

	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct fixture fixture;
			struct cgw_action action;
			int r;

			begin(&fixture, version);
			fixture.machine.is_populated = true;
			fixture.machine.is_frozen = rows[i].kind == CGW_ACTION_THAW;
			action = action_of(&fixture, rows[i].kind, rows[i].value);
			action.expected = rows[i].expected;
			action.largest_only = rows[i].largest_only;
			machine_replace(&fixture.machine);
			r = apply(&fixture, &action, true);
			if (r != -ESTALE)
				fail_msg("v%u, row %zu: %d", version, i, r);
			assert_string_equal(fake_log, "");
			assert_int_equal(undo_store_count(fixture.applier.store), 0);
			end(&fixture);
		}
}

static struct machine *replaced_machine;
static unsigned opens, replaced_at;

static void replace_at_open(void)
{
	if (++opens == replaced_at)
		machine_replace(replaced_machine);
}

/* Whenever the group is replaced while an action is applied, the new one is left as it is. */
static void test_group_replaced_during_an_action_is_left(void **state)
{
	static const enum cgw_action_kind kinds[] = {CGW_ACTION_LIMIT, CGW_ACTION_FREEZE};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(kinds); i++) {
		unsigned version = 1 + (unsigned)i % 2;
		struct fixture fixture;
		struct cgw_action action;

		opens = replaced_at = 0;
		do {
			begin(&fixture, version);
			action = action_of(&fixture, kinds[i / 2], "64");
			replaced_machine = &fixture.machine;
			opens = 0;
			replaced_at++;
			fake_before_open = replace_at_open;
			(void)apply(&fixture, &action, true);
			fake_before_open = NULL;
			if (opens >= replaced_at) {
				machine_assert_file(&fixture.machine, "pids", "/web", "pids.max",
						    "max");
				machine_assert_file(&fixture.machine, "freezer", "/web",
						    version == 1 ? "freezer.state"
								 : "cgroup.freeze",
						    version == 1 ? "THAWED" : "0");
			}
			end(&fixture);
		} while (opens >= replaced_at);
		assert_true(replaced_at > 1);
	}
}

/* Within one run, the end of a rule leaves what another process has set meanwhile. */
static void test_end_of_rule_leaves_value_of_another_process(void **state)
{
	struct fixture fixture;
	struct cgw_action limit, end_of_rule;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		limit = action_of(&fixture, CGW_ACTION_LIMIT, "64");
		end_of_rule = action_of(&fixture, CGW_ACTION_RESTORE, "max");
		end_of_rule.expected = "64";
		assert_int_equal(apply(&fixture, &limit, true), 0);
		machine_file(&fixture.machine, "pids", "/web", "pids.max", "77\n");
		assert_int_equal(apply(&fixture, &end_of_rule, true), -ESTALE);
		machine_assert_file(&fixture.machine, "pids", "/web", "pids.max", "77");
		assert_int_equal(undo_store_count(fixture.applier.store), 0);
		end(&fixture);
	}
}

/* What is refused leaves no record that a later run would "restore". */
static void test_protected_group_is_left(void **state)
{
	static const enum cgw_action_kind kinds[] = {CGW_ACTION_LIMIT, CGW_ACTION_FREEZE,
						     CGW_ACTION_KILL};
	struct cgw_step step = {.path = "/sshd.service"};
	struct fixture fixture;
	struct cgw_action action;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		begin(&fixture, 2);
		machine_add_group(&fixture.machine, "/sshd.service");
		action = action_of(&fixture, kinds[i], "64");
		action.path = step.path;
		machine_expect_group(&fixture.machine, &step);
		action.group_id = step.expected_id;
		action.hierarchy = step.expected_hierarchy;
		assert_int_equal(apply(&fixture, &action, true), -EPERM);
		assert_string_equal(fake_log, "");
		assert_int_equal(undo_store_count(fixture.applier.store), 0);
		end(&fixture);
	}
}

/* Records of removed and replaced groups are dropped, those of other groups are kept. */
static void test_records_of_gone_groups_are_forgotten(void **state)
{
	struct fixture fixture;
	struct cgw_action action, other;
	struct cgw_step step = {.path = "/other"};

	begin(&fixture, 2);
	action = action_of(&fixture, CGW_ACTION_LIMIT, "64");
	other = action;
	machine_expect_group(&fixture.machine, &step);
	other.path = "/other";
	other.group_id = step.expected_id;
	assert_int_equal(apply(&fixture, &action, true), 0);
	assert_int_equal(apply(&fixture, &other, true), 0);
	forget_gone_groups(&fixture.applier);
	assert_int_equal(undo_store_count(fixture.applier.store), 2);
	machine_replace(&fixture.machine);
	fixture.applier.forget_threshold = 0;
	forget_gone_groups(&fixture.applier);
	assert_int_equal(undo_store_count(fixture.applier.store), 1);
	assert_string_equal(undo_store_at(fixture.applier.store, 0)->path, "/other");
	end(&fixture);
}

/* Lists the process of /web with its resident pages. */
static void list_process(struct fixture *fixture, const char *groups)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/statm", (int)fixture->machine.process.pid);
	tree_file(fixture->machine.dir, path, "100 50 10 1 0 30 0\n");
	test_process_list(fixture->machine.dir, fixture->machine.process.pid, groups, false);
}

static void test_largest_process_is_killed(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		fixture.machine.is_populated = true;
		machine_add_group(&fixture.machine, "/web");
		list_process(&fixture, "3:pids:/web\n0::/web\n");
		action = action_of(&fixture, CGW_ACTION_KILL, NULL);
		action.largest_only = true;
		assert_int_equal(apply(&fixture, &action, true), 0);
		undo_store_free(fixture.applier.store);
		assert_int_equal(machine_end(&fixture.machine), SIGTERM);
	}
}

/* Its PID can be reused, or it can be moved, while the memory of the others is read. */
static void test_process_that_left_is_not_killed(void **state)
{
	struct fixture fixture;
	struct cgw_action action;

	for (unsigned version = 1; version <= 2; version++) {
		begin(&fixture, version);
		fixture.machine.is_populated = true;
		machine_add_group(&fixture.machine, "/web");
		list_process(&fixture, "3:pids:/other\n2:memory:/web\n0::/other\n");
		action = action_of(&fixture, CGW_ACTION_KILL, NULL);
		action.largest_only = true;
		assert_int_equal(apply(&fixture, &action, true), -ESRCH);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leftover_is_restored),
		cmocka_unit_test(test_restore_leaves_value_of_another_process),
		cmocka_unit_test(test_restore_leaves_replaced_group),
		cmocka_unit_test(test_restore_leaves_group_of_another_hierarchy),
		cmocka_unit_test(test_restore_of_removed_group_is_complete),
		cmocka_unit_test(test_failed_restore_is_repeated),
		cmocka_unit_test(test_kept_limit_is_not_restored),
		cmocka_unit_test(test_override_and_standing_limit),
		cmocka_unit_test(test_frozen_group_is_thawed),
		cmocka_unit_test(test_thawed_group_is_forgotten),
		cmocka_unit_test(test_group_is_frozen_for_longer),
		cmocka_unit_test(test_slow_freeze_is_thawed),
		cmocka_unit_test(test_replaced_frozen_group_is_left),
		cmocka_unit_test(test_actions_leave_replaced_group),
		cmocka_unit_test(test_group_replaced_during_an_action_is_left),
		cmocka_unit_test(test_end_of_rule_leaves_value_of_another_process),
		cmocka_unit_test(test_protected_group_is_left),
		cmocka_unit_test(test_records_of_gone_groups_are_forgotten),
		cmocka_unit_test(test_largest_process_is_killed),
		cmocka_unit_test(test_process_that_left_is_not_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
