/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-candidates.c - scope = sum, and the selection of groups to act on. */
#include "world.h"

static const char *const groups[] = {"/p", "/p/1", "/p/2", "/p/3", "/q", "/q/1", "/q/2", "/q/3"};

enum { P, P1, P2, P3, Q, Q1, Q2, Q3 };

#define MANY "[policy]\nmax_concurrent = 100\n"

static const char *why_of(const struct world *world, const char *path)
{
	struct cgw_instance_state states[16];
	size_t count = cgw_engine_instances(world->engine, states, 16);

	for (size_t i = 0; i < count && i < 16; i++)
		if (strcmp(states[i].path, path) == 0)
			return states[i].why;
	return "idle";
}

/* Sums only the rule's groups with the same parent. */
static void sum_over_groups_of_one_parent(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY "[rule r]\nmatch = /*/*\nexclude = /*/3\nscope = sum\n"
			 "when = memory.current > 1G\nthen = limit cpu.max 50%\nhold = 5s\n"
			 "until = memory.current < 500M\nmax_hold = 1h\n",
		    groups, 8);
	for (size_t i = 0; i < 8; i++)
		world.groups[i].memory = UINT64_C(400) << 20;
	world.groups[P3].memory = world.groups[P].memory = UINT64_C(9) << 30; /* not selected */
	world_run(&world, 5);
	world_expect(&world, "");
	world.groups[Q2].memory = UINT64_C(700) << 20;
	world_run(&world, 1);
	world_expect(&world, "6 limit /q/1 cpu.max 50%\n6 limit /q/2 cpu.max 50%\n");
	world.groups[Q2].memory = UINT64_C(110) << 20; /* 510M in total */
	world_run(&world, 10);
	world_expect(&world, "");
	world.groups[Q1].memory = UINT64_C(300) << 20;
	world_run(&world, 1);
	world_expect(&world, "17 restore /q/1 cpu.max max\n17 restore /q/2 cpu.max max\n");
	world_end(&world);
}

/* With an unknown value, the known ones may exceed a bound, but never fall below it. */
static void sum_with_unknown_values(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY "[rule r]\nmatch = /p/*\nscope = sum\nwhen = cpu > 100%\n"
			 "then = limit pids.max 9\nhold = 2s\nmax_hold = 1m\n",
		    groups, 4);
	world.groups[P1].cpu = 90;
	world.groups[P2].cpu = -1;
	world.groups[P3].cpu = 5;
	world_run(&world, 5);
	world_expect(&world, "");
	world.groups[P3].cpu = 20;
	world_run(&world, 1);
	world_expect(&world, "6 limit /p/1 pids.max 9\n6 limit /p/2 pids.max 9\n"
			     "6 limit /p/3 pids.max 9\n");
	world.groups[P1].cpu = 0;
	world_run(&world, 20);
	world_expect(&world, ""); /* 20% plus an unknown value */
	world.groups[P2].cpu = 1;
	world_run(&world, 2);
	world_expect(&world, "28 restore /p/1 pids.max max\n28 restore /p/2 pids.max max\n"
			     "28 restore /p/3 pids.max max\n");
	world_end(&world);
}

/* With scope = sum, the circuit breaker counts parents, because all groups of one act together. */
static void breaker_counts_parents(void **state)
{
	static const char *const parents[] = {"/a",   "/a/1", "/b",   "/b/1", "/c",
					      "/c/1", "/d",   "/d/1", "/d/2", "/d/3"};
	struct world world;

	world_begin(&world,
		    MANY "[rule r]\nmatch = /*/*\nscope = sum\nwhen = memory.current > 1G\n"
			 "then = limit cpu.max 50%\n",
		    parents, ARRAY_SIZE(parents));
	for (size_t i = 1; i < 6; i += 2)
		world.groups[i].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	world_expect(&world, "1 log /a/1\n");
	assert_non_null(strstr(why_of(&world, "/c/1"), "circuit breaker"));
	world_end(&world);
}

/* With scope = sum, "90% of limit" refers to the parent's limit. */
static void sum_of_limit_uses_parent(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY
		    "[rule r]\nmatch = /p/*\nscope = sum\nwhen = memory.current > 90% of limit\n"
		    "then = limit cpu.max 50%\n",
		    groups, 3);
	world.groups[P1].memory = world.groups[P2].memory = UINT64_C(500) << 20;
	world.groups[P1].memory_max = (struct cgw_number){UINT64_C(500) << 20, CGW_OK};
	world_run(&world, 2);
	world_expect(&world, "");
	world.groups[P].memory_max = (struct cgw_number){UINT64_C(1) << 30, CGW_OK};
	world_run(&world, 1);
	world_expect(&world, "3 limit /p/1 cpu.max 50%\n3 limit /p/2 cpu.max 50%\n");
	world_end(&world);
}

/* One group at a time, highest value first; the next one after its hold and cooldown. */
static void picks_highest_value(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /p/*\nscope = sum\nwhen = memory.current > 1G\n"
		    "pick = memory.current\nthen = kill KILL\nhold = 5s\nmax_hold = 5s\n"
		    "cooldown = 10s\n",
		    groups, 4);
	world.groups[P1].memory = UINT64_C(400) << 20;
	world.groups[P2].memory = UINT64_C(900) << 20;
	world.groups[P3].memory = UINT64_C(500) << 20;
	world_run(&world, 3);
	world_expect(&world, "1 kill /p/2\n");
	assert_non_null(strstr(why_of(&world, "/p/1"), "was picked"));
	world.groups[P2].memory = UINT64_C(300) << 20; /* 1.2 GiB remain */
	world_run(&world, 12);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "16 kill /p/3\n");
	world_end(&world);
	/* The kill removed the group: the others have time to recover. */
	world_begin(&world,
		    "[rule r]\nmatch = /p/*\nwhen = memory.current > 1M\n"
		    "pick = memory.current\nthen = kill KILL\nhold = 1s\ncooldown = 15s\n",
		    groups, 4);
	world.groups[P3].memory = UINT64_C(500) << 20;
	world_run(&world, 1);
	world_expect(&world, "1 kill /p/3\n");
	world.groups[P3].id = 0;
	world.topology_stale = true;
	world_run(&world, 14);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "16 kill /p/1\n");
	world_end(&world);
}

/* Attributes of groups: oomd_avoid on /p/2, oomd_omit on /p/3. */
static enum cgw_truth marks(void *context, const struct cgw_frame *frame, uint32_t group,
			    enum cgw_subject subject, const char *pattern)
{
	const char *which = context;
	char path[64];

	(void)cgw_topology_path(cgw_snapshot_topology(cgw_frame_now(frame)), group, path,
				sizeof(path));
	if (subject != CGW_SUBJECT_ATTRIBUTE)
		return CGW_FALSE;
	return (strcmp(path, "/p/2") == 0 && strncmp(pattern, which, strlen(which)) == 0 &&
		strstr(pattern, "oomd_avoid=1") != NULL) ||
			       (strcmp(path, "/p/3") == 0 &&
				strncmp(pattern, which, strlen(which)) == 0 &&
				strstr(pattern, "oomd_omit=1") != NULL)
		       ? CGW_TRUE
		       : CGW_FALSE;
}

/* oomd_avoid groups come last, oomd_omit groups are never acted on. */
static void avoided_groups_come_last(void **state)
{
	static char families[][16] = {"user.", "trusted."};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		struct world world;

		world_begin(&world,
			    "[rule r]\nmatch = /p/*\nwhen = memory.current > 1M\n"
			    "pick = memory.current\nthen = kill KILL\nhold = 1s\nmax_hold = 1s\n"
			    "cooldown = 9s\n",
			    groups, 4);
		world.facts = (struct cgw_facts){marks, NULL, families[i]};
		world.groups[P2].memory = UINT64_C(800) << 20;
		world.groups[P3].memory = UINT64_C(900) << 20;
		world_run(&world, 1);
		world_expect(&world, "1 log /p/3\n1 kill /p/1\n");
		world.groups[P1].memory = 0;
		world_run(&world, 10);
		world_expect(&world, "11 kill /p/2\n");
		assert_non_null(strstr(why_of(&world, "/p/3"), "oomd_omit"));
		world_end(&world);
		/* When the rule acts on all groups, it comes last. */
		world_begin(&world,
			    "[policy]\nmax_concurrent = 2\nmax_fraction = 100\n[rule r]\n"
			    "match = /*/*\nexclude = /p/3\nwhen = memory.current > 1M\n"
			    "then = limit cpu.max 50%\n",
			    groups, 6);
		world.facts = (struct cgw_facts){marks, NULL, families[i]};
		world_run(&world, 1);
		world_expect(&world, "1 limit /p/1 cpu.max 50%\n1 limit /q/1 cpu.max 50%\n");
		assert_non_null(strstr(why_of(&world, "/p/2"), "max_concurrent"));
		world_end(&world);
	}
}

/* Processes moved into an empty frozen group would be frozen, too: a unit could not start. */
static void empty_groups_are_not_frozen(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY "[rule r]\nmatch = /p/*\nwhen = memory.current > 1M\nfor = 1s\n"
			 "then = freeze 10s\nmax_hold = 1m\n",
		    groups, 3);
	world.groups[P1].empty = true;
	world_run(&world, 5);
	world_expect(&world, "2 freeze /p/2\n");
	assert_false(world.groups[P1].frozen);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sum_over_groups_of_one_parent),
		cmocka_unit_test(sum_with_unknown_values),
		cmocka_unit_test(breaker_counts_parents),
		cmocka_unit_test(sum_of_limit_uses_parent),
		cmocka_unit_test(picks_highest_value),
		cmocka_unit_test(avoided_groups_come_last),
		cmocka_unit_test(empty_groups_are_not_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
