/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-reload.c - policy reloads while rules are active. */
#include "world.h"

static const char *const groups[] = {"/a", "/b", "/c", "/d", "/e", "/f"};

#define MANY "[policy]\nmax_concurrent = 100\nmax_fraction = 100\n"

static void load(struct world *world, const char *text)
{
	struct cgw_policy *next = world_policy(text);

	assert_int_equal(cgw_engine_reload(world->engine, next), 0);
	cgw_policy_free(world->policy);
	world->policy = next;
}

/* Instances continue if the new policy has a rule of the same name. */
static void rules_continue_by_name(void **state)
{
	static const char *const old_text = MANY
		"[rule stays]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		"hold = 20s\n[rule goes]\nmatch = /b\nwhen = memory.current > 1G\n"
		"then = limit cpu.max 50%\nthen = freeze 1m\nhold = 1h\n"
		"[limit same]\nmatch = /c\npids.max = 5\n[limit gone]\nmatch = /d\npids.max = 5\n"
		"[limit other]\nmatch = /e\npids.max = 5\n";
	static const char *const new_text = MANY
		"[limit other]\nmatch = /e\npids.max = 7\n[limit same]\nmatch = /c\npids.max = 5\n"
		"[rule stays]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		"hold = 20s\n";
	struct world world;

	world_begin(&world, old_text, groups, 5);
	world.groups[0].memory = world.groups[1].memory = UINT64_C(2) << 30;
	world_run(&world, 5);
	world_expect(&world, "1 limit /a cpu.max 50%\n1 limit /b cpu.max 50%\n1 freeze /b\n"
			     "1 limit /c pids.max 5\n1 limit /d pids.max 5\n"
			     "1 limit /e pids.max 5\n");
	load(&world, new_text);
	world_run(&world, 3);
	world_expect(&world, "6 thaw /b\n6 restore /d pids.max max\n6 restore /b cpu.max max\n"
			     "6 limit /e pids.max 7\n");
	world.groups[0].memory = 0;
	world_run(&world, 20);
	world_expect(&world, "21 restore /a cpu.max max\n"); /* its hold continued */
	world_end(&world);
}

#define HEAD "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nhold = 20s\n"

/* Values change to those of the new rule; the original values are restored in the end. */
static void values_change_to_new_rule(void **state)
{
	struct world world;

	world_begin(&world,
		    HEAD "then = limit cpu.max 50%\nthen = limit pids.max 10\n"
			 "then = freeze 1h\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world_expect(&world, "1 limit /a cpu.max 50%\n1 limit /a pids.max 10\n1 freeze /a\n");
	load(&world, HEAD "then = limit cpu.max 80%\nthen = limit memory.max 3G\n"
			  "then = freeze 5s\n");
	world_run(&world, 3);
	world_expect(&world, "4 limit /a memory.max 3G\n4 limit /a cpu.max 80%\n"
			     "4 restore /a pids.max max\n");
	world_run(&world, 3); /* the new, shorter freeze, counted from the reload */
	world_expect(&world, "9 thaw /a\n");
	load(&world, HEAD "then = limit cpu.max 80%\nthen = limit memory.max 3G\n");
	world.groups[0].memory = 0;
	world_run(&world, 11);
	world_expect(&world, "");
	world_run(&world, 1); /* its hold continued */
	world_expect(&world, "21 restore /a memory.max max\n21 restore /a cpu.max max\n");
	assert_int_equal(cgw_engine_applied_values(world.engine, NULL, 0), 0);
	world_end(&world);
}

/* A freeze that was removed from the rule ends at once; a hold gets its new length. */
static void freezes_and_holds_change(void **state)
{
	struct world world;

	world_begin(&world, HEAD "then = limit cpu.max 50%\nthen = freeze 1h\n", groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world.log[0] = '\0';
	load(&world, "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nhold = 8s\n"
		     "then = limit cpu.max 50%\n");
	world.groups[0].memory = 0;
	world_run(&world, 5);
	world_expect(&world, "4 thaw /a\n");
	world_run(&world, 1);
	world_expect(&world, "9 restore /a cpu.max max\n");
	world_end(&world);
}

/* With a shorter ladder, the group is on the last step. */
static void shorter_ladder(void **state)
{
	struct world world;

	world_begin(&world,
		    HEAD "step = limit cpu.max 50% hold 2s\nstep = limit pids.max 9 hold 2s\n"
			 "step = limit cpu.max 10% hold 1h\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 6);
	world_expect(&world, "1 limit /a cpu.max 50%\n3 limit /a pids.max 9\n"
			     "5 limit /a cpu.max 10%\n");
	load(&world, HEAD "step = limit cpu.max 50% hold 2s\nstep = limit pids.max 9 hold 1h\n");
	world_run(&world, 10);
	world_expect(&world, "7 limit /a cpu.max 50%\n");
	world_release(&world);
	world_expect(&world, "16 restore /a pids.max max\n16 restore /a cpu.max max\n");
	world_end(&world);
}

/* Tightened values stay, but not below a higher new floor. */
static void tightened_values_stay(void **state)
{
	struct world world;

	world_begin(&world, HEAD "then = tighten memory.max 50% floor 1G\nforce = yes\n", groups,
		    1);
	world.groups[0].memory = UINT64_C(4) << 30;
	world_run(&world, 2);
	world_expect(&world, "1 limit /a memory.max 2147483648\n");
	load(&world, HEAD "then = tighten memory.max 20% floor 1500M\nforce = yes\n");
	world_run(&world, 5);
	world_expect(&world, "");
	load(&world, HEAD "then = tighten memory.max 20% floor 3G\nforce = yes\n");
	world_run(&world, 5);
	world_expect(&world, "8 limit /a memory.max 3G\n");
	load(&world, HEAD "then = log\n");
	world_run(&world, 2);
	world_expect(&world, "13 restore /a memory.max max\n");
	world_end(&world);
}

/* Releases groups that are no longer selected, are now protected, or whose rule is now dry-run. */
static void unselected_and_protected_are_released(void **state)
{
	static const char *const texts[] = {
		MANY "[rule r]\nmatch = /b\nwhen = memory.current > 1G\nhold = 20s\n"
		     "then = limit cpu.max 50%\n",
		MANY "[protect p]\nmatch = /a\n" HEAD "then = limit cpu.max 50%\n",
		MANY HEAD "then = limit cpu.max 50%\ndry_run = yes\n",
	};
	static const char *const after[] = {
		"4 restore /a cpu.max max\n", "4 restore /a cpu.max max\n4 log /a\n",
		"4 restore /a cpu.max max\n", /* dry run: not stricter than the current value */
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct world world;

		world_begin(&world, MANY HEAD "then = limit cpu.max 50%\n", groups, 2);
		world.groups[0].memory = UINT64_C(2) << 30;
		world_run(&world, 3);
		world_expect(&world, "1 limit /a cpu.max 50%\n");
		load(&world, texts[i]);
		world_run(&world, 1);
		world_expect(&world, after[i]);
		world_run(&world, 60);
		assert_int_equal(world.groups[0].cpu_max.state, CGW_MAX);
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_continue_by_name),
		cmocka_unit_test(values_change_to_new_rule),
		cmocka_unit_test(freezes_and_holds_change),
		cmocka_unit_test(shorter_ladder),
		cmocka_unit_test(tightened_values_stay),
		cmocka_unit_test(unselected_and_protected_are_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
