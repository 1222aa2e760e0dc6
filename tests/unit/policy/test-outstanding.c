/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-outstanding.c - actions that are performed later than requested, because there are too many
 * of them at once, or because the group does not have the file yet.
 */
#include "world.h"

static const char *const groups[] = {"/a", "/b", "/c", "/d", "/e", "/f"};

/* Advances the clock and takes a sample, but performs only the first `most` actions. */
static size_t tick_performing(struct world *world, double seconds, size_t most)
{
	const struct cgw_action *actions;
	size_t count;

	world->seconds += seconds;
	world_sample(world);
	assert_int_equal(cgw_engine_step(world->engine, world->frame, NULL,
					 (uint64_t)(world->seconds * 1e9), &actions, &count),
			 0);
	world_perform_all(world, actions, count < most ? count : most);
	return count;
}

/* Advances the clock without a sample, as the event loop does for what is due. */
static size_t timers_performing(struct world *world, double seconds, size_t most)
{
	const struct cgw_action *actions;
	size_t count;

	world->seconds += seconds;
	assert_int_equal(cgw_engine_timers(world->engine, (uint64_t)(world->seconds * 1e9),
					   &actions, &count),
			 0);
	world_perform_all(world, actions, count < most ? count : most);
	return count;
}

/* What there was no time for is returned again, a thaw that is due before it. */
static void due_thaw_precedes_many_limits(void **state)
{
	struct world world;

	world_begin(&world,
		    "[limit l]\nmatch = /[b-f]\npids.max = 10\n"
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = freeze 2s\n"
		    "hold = 1h\n",
		    groups, 6);
	world.groups[0].memory = UINT64_C(2) << 30;
	assert_int_equal(tick_performing(&world, 1, 2), 6);
	world_expect(&world, "1 freeze /a\n1 limit /b pids.max 10\n");
	assert_int_equal(tick_performing(&world, 1, 1), 4);
	world_expect(&world, "2 limit /c pids.max 10\n");
	assert_int_equal(cgw_engine_due_ns(world.engine), (uint64_t)(1003 * 1e9));
	assert_int_equal(timers_performing(&world, 1, 1), 4);
	world_expect(&world, "3 thaw /a\n");
	assert_int_equal(timers_performing(&world, 0, 1), 3);
	assert_int_equal(tick_performing(&world, 1, 9), 2);
	world_expect(&world,
		     "3 limit /d pids.max 10\n4 limit /e pids.max 10\n4 limit /f pids.max 10\n");
	assert_int_equal(tick_performing(&world, 1, 9), 0);
	assert_int_equal(cgw_engine_applied_values(world.engine, NULL, 0), 5);
	world_end(&world);
}

/* A freeze that there was no time for never starts after its end. */
static void late_freeze_is_dropped(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = freeze 2s\n"
		    "hold = 1h\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	assert_int_equal(tick_performing(&world, 1, 0), 1);
	assert_int_equal(timers_performing(&world, 2, 9), 1);
	assert_int_equal(tick_performing(&world, 1, 9), 0);
	world_expect(&world, "3 thaw /a\n");
	assert_false(world.groups[0].frozen);
	world_end(&world);
}

/* Requests follow what happens before they are performed. */
static void outstanding_actions_follow_groups_and_policy(void **state)
{
	static const char text[] = "[limit l]\nmatch = /?\npids.max = 10\n"
				   "[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
				   "then = limit cpu.max 50%\nthen = kill TERM\nhold = 1s\n";
	struct cgw_policy *next;
	struct world world;

	world_begin(&world, text, groups, 3);
	world.groups[0].memory = UINT64_C(2) << 30;
	assert_int_equal(tick_performing(&world, 1, 0), 5);
	/* A removed group is not limited, and its successor has its own request. */
	world.groups[1].id = 0;
	world.groups[2].id = world.next_id++;
	world.topology_stale = true;
	assert_int_equal(tick_performing(&world, 0.5, 0), 4);
	/* The rule releases the group before it is limited. */
	world.groups[0].memory = 0;
	assert_int_equal(tick_performing(&world, 1, 1), 3);
	world_expect(&world, "2.5 kill /a\n");
	/* Sections move, and one value differs. */
	next = world_policy("[limit other]\nmatch = /none\npids.max = 5\n"
			    "[limit l]\nmatch = /?\npids.max = 20\n");
	assert_int_equal(cgw_engine_reload(world.engine, next), 0);
	cgw_policy_free(world.policy);
	world.policy = next;
	assert_int_equal(tick_performing(&world, 1, 9), 2);
	world_expect(&world, "3.5 limit /a pids.max 20\n3.5 limit /c pids.max 20\n");
	world_end(&world);
}

/* At the end only what is in effect is undone. */
static void release_drops_what_was_not_done(void **state)
{
	struct world world;

	world_begin(&world,
		    "[policy]\nlimits_on_exit = restore\nmax_concurrent = 100\n"
		    "max_fraction = 100\n[limit l]\nmatch = /?\npids.max = 10\n"
		    "[rule r]\nmatch = /?\nwhen = memory.current > 1G\nthen = freeze 1m\n"
		    "hold = 1h\n",
		    groups, 3);
	for (size_t i = 0; i < 3; i++)
		world.groups[i].memory = UINT64_C(2) << 30;
	assert_int_equal(tick_performing(&world, 1, 4), 6);
	world_expect(&world, "1 freeze /a\n1 freeze /b\n1 freeze /c\n1 limit /a pids.max 10\n");
	world_release(&world);
	world_expect(&world, "1 thaw /c\n1 thaw /b\n1 thaw /a\n1 restore /a pids.max max\n");
	world_end(&world);
}

/* A group whose files appear later is limited with the first sample that shows them. */
static void limit_waits_for_file(void **state)
{
	struct world world;

	world_begin(&world, "[limit l]\nmatch = /?\npids.max = 10\n", groups, 2);
	world.groups[1].pids_max.state = CGW_ABSENT;
	world_run(&world, 9);
	world_expect(&world, "1 limit /a pids.max 10\n");
	world.groups[1].pids_max.state = CGW_MAX;
	world_run(&world, 2);
	world_expect(&world, "10 limit /b pids.max 10\n");
	world.groups[1].id = world.next_id++;
	world.topology_stale = true;
	world.groups[1].pids_max.state = CGW_ABSENT;
	world_run(&world, 100);
	world_expect(&world, "22 log /b pids.max\n"); /* once, after ten seconds */
	world.groups[1].pids_max.state = CGW_MAX;
	world_run(&world, 1);
	world_expect(&world, "112 limit /b pids.max 10\n");
	world_end(&world);
}

static void why_of(const struct world *world, char *buffer, size_t size)
{
	struct cgw_instance_state instance = {.why = ""};

	assert_int_equal(cgw_engine_instances(world->engine, &instance, 1), 1);
	snprintf(buffer, size, "%s", instance.why);
}

/* A rule keeps its claim and its freeze, and shows what they wait for. */
/* The manager of a unit may enable the controller, but only if it is asked. */
static void limit_of_unit_is_tried_without_file(void **state)
{
	static const char *const units[] = {"/b.service", "/c"};
	struct world world;

	world_begin(&world, "[limit l]\nmatch = /[bc]*\npids.max = 10\n", units, 2);
	world.groups[0].pids_max.state = CGW_ABSENT;
	world.groups[1].pids_max.state = CGW_ABSENT;
	world.absent = true;
	world_run(&world, 9);
	world_expect(&world, "1 limit /b.service pids.max 10 failed\n");
	world.absent = false;
	world.groups[0].pids_max.state = CGW_MAX;
	world_run(&world, 1);
	world_expect(&world, "10 limit /b.service pids.max 10\n");
	world_end(&world);
}

static void rule_waits_for_files(void **state)
{
	struct world world;
	char why[192];

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
		    "then = limit pids.max 10\nthen = freeze 3s\nhold = 1m\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world.groups[0].pids_max.state = CGW_ABSENT;
	world.groups[0].no_freezer = true;
	world_run(&world, 3);
	world_expect(&world, "");
	why_of(&world, why, sizeof(why));
	assert_non_null(strstr(why, "waiting for a freezer"));
	world.groups[0].pids_max.state = CGW_MAX;
	world_run(&world, 1);
	world_expect(&world, "4 limit /a pids.max 10\n");
	world.groups[0].no_freezer = false;
	world_run(&world, 4);
	world_expect(&world, "5 freeze /a\n8 thaw /a\n"); /* the whole time, from then on */
	world.groups[0].memory = 0;
	world_run(&world, 60);
	world_expect(&world, "61 restore /a pids.max max\n");
	world_end(&world);
}

/* Frames do not show every file: the result reports that it does not exist yet. */
static void refused_for_a_missing_file_is_tried_again(void **state)
{
	struct world world;

	world_begin(&world,
		    "[limit l]\nmatch = /a\npids.max = 10\n"
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = freeze 3s\n"
		    "hold = 1m\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world.absent = true;
	world_run(&world, 2);
	world_expect(&world, "1 freeze /a failed\n1 limit /a pids.max 10 failed\n"
			     "2 freeze /a failed\n2 limit /a pids.max 10 failed\n");
	assert_int_equal(cgw_engine_due_ns(world.engine), UINT64_MAX);
	world.absent = false;
	world_run(&world, 1);
	world_expect(&world, "3 freeze /a\n3 limit /a pids.max 10\n");
	world_end(&world);
}

/* A group that another process froze is not thawed. */
static void foreign_freeze_is_not_ended(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = freeze 3s\n"
		    "hold = 1m\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world.groups[0].frozen = true;
	world_run(&world, 10);
	world_release(&world);
	world_expect(&world, "1 freeze /a\n");
	assert_true(world.groups[0].frozen);
	world_end(&world);
}

/* A standing limit that another process changed before stays as it is. */
static void limit_left_to_another_process_is_not_retried(void **state)
{
	struct world world;

	world_begin(&world, "[limit l]\nmatch = /a\npids.max = 10\n", groups, 1);
	world.fail = -ESTALE;
	world_run(&world, 100);
	world_expect(&world, "1 limit /a pids.max 10 failed\n");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_thaw_precedes_many_limits),
		cmocka_unit_test(late_freeze_is_dropped),
		cmocka_unit_test(outstanding_actions_follow_groups_and_policy),
		cmocka_unit_test(release_drops_what_was_not_done),
		cmocka_unit_test(limit_waits_for_file),
		cmocka_unit_test(rule_waits_for_files),
		cmocka_unit_test(limit_of_unit_is_tried_without_file),
		cmocka_unit_test(refused_for_a_missing_file_is_tried_again),
		cmocka_unit_test(foreign_freeze_is_not_ended),
		cmocka_unit_test(limit_left_to_another_process_is_not_retried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
