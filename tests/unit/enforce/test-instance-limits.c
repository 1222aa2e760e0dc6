/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-instance-limits.c - undo of limits that are set for each disk or page size. */
#include "applier-fixture.h"

/* The value of each page size or device is restored, or left, by itself. */
static void test_instances_are_restored_separately(void **state)
{
	struct fixture fixture;
	struct cgw_action small, large;

	begin(&fixture, 2);
	machine_file(&fixture.machine, "", "/web", "hugetlb.2MB.max", "max\n");
	machine_file(&fixture.machine, "", "/web", "hugetlb.1GB.max", "max\n");
	small = action_of(&fixture, CGW_ACTION_LIMIT, "2MB 64M");
	small.control = CGW_C_HUGETLB_MAX;
	large = small;
	large.value = "1GB 4G";
	assert_int_equal(apply(&fixture, &small, true), 0);
	assert_int_equal(apply(&fixture, &large, true), 0);
	kill_daemon(&fixture);
	assert_int_equal(undo_store_count(fixture.applier.store), 2);
	machine_file(&fixture.machine, "", "/web", "hugetlb.2MB.max", "77\n");
	restore(&fixture);
	machine_assert_file(&fixture.machine, "", "/web", "hugetlb.2MB.max", "77");
	machine_assert_file(&fixture.machine, "", "/web", "hugetlb.1GB.max", "max");
	end(&fixture);
}

/* One limit of a disk: what the policy calls the disk, io.max before, and after the restore. */
static const struct {
	const char *value, *before, *restored;
} disk_limits[] = {
	{"8:0 10M", "", "8:0 rbps=max"},
	{"8:0 10M", "8:0 rbps=1048576 wbps=max\n", "8:0 rbps=1048576"},
	{"sda 10M", "", "8:0 rbps=max"},
	{"sda 10M", "8:0 rbps=1048576 wbps=max\n", "8:0 rbps=1048576"},
};

static struct cgw_action begin_with_disk_limit(struct fixture *fixture, size_t i,
					       struct applied_action *ret_applied)
{
	struct cgw_action action;

	begin(fixture, 2);
	tree_file(fixture->machine.dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	tree_file(fixture->machine.dir, "sys/class/block/sda/dev", "8:0\n");
	machine_file(&fixture->machine, "", "/web", "io.max", disk_limits[i].before);
	action = action_of(fixture, CGW_ACTION_LIMIT, disk_limits[i].value);
	action.control = CGW_C_IO_MAX_RBPS;
	apply_action(&fixture->applier, &action, true, ret_applied);
	assert_int_equal(ret_applied->result.error, 0);
	machine_assert_file(&fixture->machine, "", "/web", "io.max", "8:0 rbps=10485760");
	return action;
}

static void test_limit_of_disk_is_restored(void **state)
{
	struct applied_action applied;
	struct fixture fixture;

	for (size_t i = 0; i < ARRAY_SIZE(disk_limits); i++) {
		(void)begin_with_disk_limit(&fixture, i, &applied);
		kill_daemon(&fixture);
		restore(&fixture);
		machine_assert_file(&fixture.machine, "", "/web", "io.max",
				    disk_limits[i].restored);
		end(&fixture);
	}
}

static void test_rule_restores_limit_of_disk(void **state)
{
	struct applied_action applied;
	struct fixture fixture;

	for (size_t i = 0; i < ARRAY_SIZE(disk_limits); i++) {
		struct cgw_action action = begin_with_disk_limit(&fixture, i, &applied);

		action.kind = CGW_ACTION_RESTORE;
		action.value = applied.old_value;
		action.expected = applied.accepted_value;
		assert_int_equal(apply(&fixture, &action, true), 0);
		machine_assert_file(&fixture.machine, "", "/web", "io.max",
				    disk_limits[i].restored);
		assert_int_equal(undo_store_count(fixture.applier.store), 0);
		end(&fixture);
	}
}

/* Another process has set another limit of the disk, or has removed its line. */
static void test_limit_of_disk_of_another_process_is_left(void **state)
{
	static const char *const now[] = {"8:0 rbps=77", "", "8:16 rbps=10485760"};
	struct applied_action applied;
	struct fixture fixture;

	for (size_t i = 0; i < ARRAY_SIZE(disk_limits) * ARRAY_SIZE(now); i++) {
		const char *text = now[i % ARRAY_SIZE(now)];

		(void)begin_with_disk_limit(&fixture, i / ARRAY_SIZE(now), &applied);
		machine_file(&fixture.machine, "", "/web", "io.max", text);
		kill_daemon(&fixture);
		restore(&fixture);
		machine_assert_file(&fixture.machine, "", "/web", "io.max", text);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances_are_restored_separately),
		cmocka_unit_test(test_limit_of_disk_is_restored),
		cmocka_unit_test(test_rule_restores_limit_of_disk),
		cmocka_unit_test(test_limit_of_disk_of_another_process_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
