/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-engine.c - rules over simulated hours: windows, holds, ladders, budgets, conflicts. */
#include "world.h"

static const char *const groups[] = {"/a", "/b", "/c", "/d", "/e", "/f"};

#define MANY "[policy]\nmax_concurrent = 100\nmax_fraction = 100\n"

static enum cgw_phase phase_of(const struct world *world, const char *path, const char **ret_why)
{
	struct cgw_instance_state states[16];
	size_t count = cgw_engine_instances(world->engine, states, 16);

	for (size_t i = 0; i < count && i < 16; i++)
		if (strcmp(states[i].path, path) == 0) {
			if (ret_why != NULL)
				*ret_why = states[i].why;
			return states[i].phase;
		}
	return CGW_PHASE_IDLE;
}

/* One full cycle: pending, active, hold, release when the condition is false, cooldown. */
static void one_full_cycle(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nfor = 10s\n"
		    "then = limit memory.max 50M\nhold = 30s\ncooldown = 20s\n",
		    groups, 2);
	world.groups[0].cpu = 90;
	world.groups[1].cpu = 90; /* not selected */
	world_tick(&world, 1);    /* no rate yet: unknown, not true */
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_IDLE);
	world_run(&world, 10);
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_PENDING);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "12 limit /a memory.max 50M\n");
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_ACTIVE);
	world.groups[0].cpu = 0;
	world_run(&world, 29);
	world_expect(&world, ""); /* not released before the hold is over */
	world_run(&world, 1);
	world_expect(&world, "42 restore /a memory.max max\n");
	assert_int_equal(world.groups[0].memory_max.state, CGW_MAX);
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_COOLDOWN);
	world.groups[0].cpu = 90;
	world_run(&world, 30); /* 20 s of cooldown, then the window starts again */
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "73 limit /a memory.max 50M\n");
	world_end(&world);
}

/* One sample that is false or unknown restarts the window. */
static void false_or_unknown_restarts_window(void **state)
{
	static const double breaks[] = {0, -1};

	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++) {
		struct world world;

		world_begin(&world,
			    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nfor = 10s\nthen = log\n",
			    groups, 1);
		world.groups[0].cpu = 90;
		world_run(&world, 9);
		world.groups[0].cpu = breaks[i];
		world_run(&world, 1);
		world.groups[0].cpu = 90;
		world_run(&world, breaks[i] < 0 ? 11 : 10); /* unknown: one more sample */
		world_expect(&world, "");
		world_run(&world, 1);
		world_expect(&world, breaks[i] < 0 ? "22 log /a\n" : "21 log /a\n");
		world_end(&world);
	}
}

/* An unknown condition does not release the group; only max_hold does. */
static void unknown_ends_nothing(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 50M\n"
		    "hold = 10s\nmax_hold = 1m\n",
		    groups, 1);
	world.groups[0].cpu = 90;
	world_run(&world, 2);
	world_expect(&world, "2 limit /a memory.max 50M\n");
	world.groups[0].cpu = -1;
	world_run(&world, 59);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "62 restore /a memory.max max\n"); /* max_hold */
	world_end(&world);
}

static void ladder_steps(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
		    "step = limit cpu.max 50% hold 10s\nstep = limit cpu.max 20% hold 10s\n"
		    "step = freeze 3s hold 10s\nuntil = host.load1 < 5\ncooldown = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 35);
	world_expect(&world, "1 limit /a cpu.max 50%\n"
			     "11 limit /a cpu.max 20%\n"
			     "21 freeze /a\n"
			     "24 thaw /a\n"
			     "31 freeze /a\n" /* the last step again */
			     "34 thaw /a\n");
	world_release(&world);
	world_expect(&world, "35 restore /a cpu.max max\n");
	assert_int_equal(world.groups[0].cpu_max.state, CGW_MAX);
	world_end(&world);
}

static void until_ends_the_rule(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\nuntil = memory.current < 512M\nuntil_for = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	world_expect(&world, "1 limit /a cpu.max 50%\n");
	world.groups[0].memory = UINT64_C(700) << 20; /* neither `when` nor `until` holds */
	world_run(&world, 60);
	world_expect(&world, "");
	world.groups[0].memory = UINT64_C(100) << 20;
	world_run(&world, 5);
	world.groups[0].memory = UINT64_C(700) << 20; /* not for long enough */
	world_run(&world, 1);
	world.groups[0].memory = UINT64_C(100) << 20;
	world_run(&world, 5);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "73 restore /a cpu.max max\n");
	world_end(&world);
}

/* The cooldown doubles each time; each quiet decay time undoes one doubling. */
static void backoff_grows_and_decays(void **state)
{
	struct world world;
	char *at;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 1s\nmax_hold = 1s\ncooldown = 10s\nbackoff = 2x max 35s decay 100s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 130);
	world_expect(&world, "1 limit /a cpu.max 50%\n2 restore /a cpu.max max\n"
			     "13 limit /a cpu.max 50%\n14 restore /a cpu.max max\n"
			     "35 limit /a cpu.max 50%\n36 restore /a cpu.max max\n"
			     "72 limit /a cpu.max 50%\n73 restore /a cpu.max max\n"
			     "109 limit /a cpu.max 50%\n110 restore /a cpu.max max\n");
	world.groups[0].memory = 0;
	world_run(&world, 1000); /* all five strikes expire */
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 20);
	at = strrchr(world.log, 'l');
	assert_non_null(at);
	world_expect(&world, "1131 limit /a cpu.max 50%\n1132 restore /a cpu.max max\n"
			     "1143 limit /a cpu.max 50%\n1144 restore /a cpu.max max\n");
	world_end(&world);
}

/* Two rules on one group: the strictest value wins; on release the next strictest is set. */
static void strictest_wins(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY "[limit base]\nmatch = /a\nmemory.max = 2G\n"
			 "[rule hard]\nmatch = /a\nwhen = cpu > 90%\nthen = limit memory.max 512M\n"
			 "hold = 10s\n"
			 "[rule mild]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 1G\n"
			 "hold = 100s\n",
		    groups, 1);
	world.groups[0].memory_max = (struct cgw_number){UINT64_C(3) << 30, CGW_OK};
	world.groups[0].cpu = 100;
	world_run(&world, 2);
	world_expect(&world, "1 limit /a memory.max 2G\n2 limit /a memory.max 512M\n");
	world.groups[0].cpu = 60;
	world_run(&world, 11);
	world_expect(
		&world,
		"12 limit /a memory.max 1G\n"); /* the next strictest value, not the original */
	world.groups[0].cpu = 0;
	world_run(&world, 100);
	world_expect(&world, "102 limit /a memory.max 2G\n");
	world_release(&world);
	world_expect(&world, ""); /* [limit] values stay by default */
	world_end(&world);
}

/* A rule never loosens a stricter value; a [limit] section sets exactly its value. */
static void never_looser(void **state)
{
	struct world world;

	world_begin(&world,
		    "[policy]\nlimits_on_exit = restore\n[limit l]\nmatch = /b\nmemory.max = 2G\n"
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 1G\n",
		    groups, 2);
	world.groups[0].memory_max = (struct cgw_number){UINT64_C(200) << 20, CGW_OK};
	world.groups[1].memory_max = (struct cgw_number){UINT64_C(200) << 20, CGW_OK};
	world.groups[0].cpu = 100;
	world_run(&world, 5);
	world_expect(&world, "1 limit /b memory.max 2G\n");
	world_release(&world);
	world_expect(&world, "5 restore /b memory.max 209715200\n");
	world_end(&world);
}

static void changes_by_other_processes(void **state)
{
	struct world world;
	const char *why = NULL;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world_expect(&world, "1 limit /a cpu.max 50%\n");
	world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK}; /* 70%, set by hand */
	world_run(&world, 1);
	world_expect(&world, "4 yield /a cpu.max\n");
	assert_int_equal(phase_of(&world, "/a", &why), CGW_PHASE_BLOCKED);
	assert_non_null(strstr(why, "another process changed cpu.max"));
	world.groups[0].memory = 0;
	world_run(&world, 20);
	world_release(&world);
	world_expect(&world, "");
	assert_int_equal(world.groups[0].cpu_max.value, 700000000);
	world_end(&world);
	/* Changed between the write and the next sample. */
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK};
	world.groups[0].memory = 0;
	world_run(&world, 20);
	world_expect(&world, "1 limit /a cpu.max 50%\n2 yield /a cpu.max\n");
	assert_int_equal(world.groups[0].cpu_max.value, 700000000);
	world_end(&world);
	/* Changed after the last sample: detected on release. */
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK};
	world_release(&world);
	world_expect(&world, "1 limit /a cpu.max 50%\n3 restore /a cpu.max max failed\n");
	assert_int_equal(world.groups[0].cpu_max.value, 700000000);
	world_end(&world);
	/* With apply = always it is set again, at growing intervals. */
	world_begin(&world, "[limit l]\nmatch = /a\napply = always\ncpu.max = 50%\n", groups, 1);
	world_run(&world, 3);
	for (size_t i = 0; i < 20; i++) {
		world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK};
		world_run(&world, 1);
	}
	assert_true(world.done >= 3 && world.done <= 5);
	world_end(&world);
}

static void budgets(void **state)
{
	struct world world;
	const char *why = NULL;
	unsigned active = 0;

	world_begin(&world,
		    "[policy]\nmax_concurrent = 2\nmax_fraction = 100\n[rule r]\nmatch = /*\n"
		    "when = memory.current > 1G\nthen = limit cpu.max 50%\nhold = 10s\n",
		    groups, 6);
	for (size_t i = 0; i < 6; i++)
		world.groups[i].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world_expect(&world, "1 limit /a cpu.max 50%\n1 limit /b cpu.max 50%\n");
	assert_int_equal(phase_of(&world, "/c", &why), CGW_PHASE_BLOCKED);
	assert_non_null(strstr(why, "max_concurrent"));
	world.groups[0].memory = 0;
	world_run(&world, 9);
	world_expect(&world, "11 restore /a cpu.max max\n11 limit /c cpu.max 50%\n");
	for (size_t i = 0; i < 6; i++)
		active += world.groups[i].cpu_max.state == CGW_OK;
	assert_int_equal(active, 2);
	world_end(&world);
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = log\nhold = 1s\n"
		    "max_hold = 1s\ncooldown = 1s\nmax_per_hour = 4\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 600);
	assert_int_equal(world.done, 4);
	world_run(&world, 3000); /* the budget refills evenly: 4 per hour */
	assert_in_range(world.done, 7, 8);
	world_end(&world);
}

/* Actions that are not taken in one hour are not saved for a later one. */
static void unused_budget_expires(void **state)
{
	struct world world;

	world_begin(&world,
		    "[policy]\nmax_per_hour = 2\n[rule r]\nmatch = /a\nthen = log\nhold = 1s\n"
		    "when = memory.current > 1G\nmax_hold = 1s\ncooldown = 1s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 60);
	assert_int_equal(world.done, 2);
	world.groups[0].memory = 0;
	for (int i = 0; i < 5 * 60; i++)
		world_tick(&world, 60);
	assert_int_equal(world.done, 2);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 60);
	assert_int_equal(world.done, 4);
	world_end(&world);
}

/* A condition that holds for most groups is probably wrong: no action. */
static void circuit_breaker(void **state)
{
	struct world world;
	const char *why = NULL;

	world_begin(
		&world,
		"[policy]\nmax_concurrent = 100\n[rule r]\nmatch = /*\nwhen = memory.current > 1M\n"
		"then = freeze 10s\nfor = 2s\n",
		groups, 6);
	world_run(&world, 30);
	world_expect(&world, "3 log /a\n");
	assert_int_equal(phase_of(&world, "/d", &why), CGW_PHASE_BLOCKED);
	assert_non_null(strstr(why, "circuit breaker"));
	for (size_t i = 0; i < 6; i++)
		assert_false(world.groups[i].frozen);
	world_end(&world);
}

/* A gap between samples restarts windows, extends holds and starts no action. */
static void gaps_between_samples(void **state)
{
	struct world world;

	world_begin(
		&world,
		"[rule r]\nmatch = /a\nwhen = cpu > 50%\nfor = 10s\nthen = limit memory.max 50M\n"
		"hold = 10s\n",
		groups, 1);
	world.groups[0].cpu = 90;
	world_run(&world, 10);
	world_tick(&world, 3600); /* asleep */
	world_run(&world, 9);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "3620 limit /a memory.max 50M\n");
	world.groups[0].cpu = 0;
	world_run(&world, 5);
	world_tick(&world, 3600);
	world_run(&world, 4);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "7230 restore /a memory.max max\n");
	world_end(&world);
	/* A rate over a gap is an average of unobserved time. */
	world_begin(&world, "[rule r]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 50M\n",
		    groups, 1);
	world_run(&world, 2);
	world.groups[0].cpu = 90;
	world_tick(&world, 3600);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "3603 limit /a memory.max 50M\n");
	world_end(&world);
	/* Freezes end on time even during a gap. */
	world_begin(&world, "[rule r]\nmatch = /a\nwhen = memory.current > 1M\nthen = freeze 10s\n",
		    groups, 1);
	world_run(&world, 1);
	world_tick(&world, 3600);
	world_expect(&world, "1 freeze /a\n3601 thaw /a\n");
	world_end(&world);
}

/* Slots are freed with their group; a group recreated under the same name is a new one. */
static void removed_and_recreated_groups(void **state)
{
	struct world world;

	world_begin(&world,
		    MANY "[limit l]\nmatch = /b\npids.max = 10\n[rule r]\nmatch = /*\n"
			 "when = memory.current > 1G\nthen = limit cpu.max 50%\nthen = freeze 1m\n"
			 "hold = 1h\n",
		    groups, 3);
	world.groups[0].memory = world.groups[1].memory = UINT64_C(2) << 30;
	world_run(&world, 2);
	world_expect(&world, "1 limit /a cpu.max 50%\n1 freeze /a\n1 limit /b cpu.max 50%\n"
			     "1 freeze /b\n1 limit /b pids.max 10\n"); /* standing limits last */
	world.groups[0].id = 0;
	world.groups[1].id = 999; /* recreated, without limits and thawed */
	world.groups[1].cpu_max = world.groups[1].pids_max = (struct cgw_number){0, CGW_MAX};
	world.groups[1].frozen = false;
	world.groups[1].memory = 0;
	world.topology_stale = true;
	world_run(&world, 100);
	world_expect(&world, "3 limit /b pids.max 10\n");
	assert_int_equal(cgw_engine_instances(world.engine, NULL, 0), 0);
	assert_int_equal(cgw_engine_applied_values(world.engine, NULL, 0), 1);
	world_end(&world);
}

static void second_signal_after_grace(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
		    "then = kill TERM grace 5s then KILL\nhold = 1m\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	assert_int_equal(cgw_engine_due_ns(world.engine), (uint64_t)(1006 * 1e9));
	assert_int_equal(world.groups[0].signals, 1U << 15);
	world_run(&world, 5);
	assert_int_equal(world.groups[0].signals, 1U << 15 | 1U << 9);
	world_expect(&world, "1 kill /a\n6 kill /a\n");
	assert_int_equal(cgw_engine_due_ns(world.engine), UINT64_MAX);
	world_end(&world);
}

/* No action on protected groups; logged once per hour. */
static void protected_groups_are_skipped(void **state)
{
	static const char *const paths[] = {"/init.scope", "/s", "/s/sshd.service", "/w"};
	struct world world;
	const char *why = NULL;

	world_begin(&world,
		    MANY
		    "[protect p]\nmatch = /w\n[protect q]\nmatch = /s\nallow = soft\n"
		    "[rule r]\nmatch = /**\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "[limit l]\nmatch = /w\npids.max = 5\n",
		    paths, 4);
	for (size_t i = 0; i < 4; i++)
		world.groups[i].memory = UINT64_C(2) << 30;
	world_run(&world, 100);
	world_expect(&world, "1 log /w\n1 log /init.scope\n1 log /s\n1 log /s/sshd.service\n"
			     "1 log /w\n");
	assert_int_equal(phase_of(&world, "/w", &why), CGW_PHASE_BLOCKED);
	assert_non_null(strstr(why, "protected by [protect p] at test:4"));
	(void)phase_of(&world, "/init.scope", &why);
	assert_non_null(strstr(why, "built-in"));
	world_end(&world);
}

static void dry_run(void **state)
{
	struct world world;

	world_begin(&world,
		    "[policy]\nmode = dry-run\n[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
		    "then = limit cpu.max 50%\nthen = freeze 5s\nhold = 10s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 10);
	world.groups[0].memory = 0;
	world_run(&world, 10);
	world_expect(&world, "1 dry limit /a cpu.max 50%\n1 dry freeze /a\n6 dry thaw /a\n"
			     "11 dry restore /a cpu.max max\n");
	assert_int_equal(world.groups[0].cpu_max.state, CGW_MAX);
	world_end(&world);
	world_begin(&world,
		    "[policy]\nmode = observe\n[rule r]\nmatch = /a\nwhen = memory.current > 1G\n"
		    "then = limit cpu.max 50%\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 10);
	world_expect(&world, "");
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_PENDING);
	world_end(&world);
}

/* Starts from the limit or the usage, down to the floor; below the usage only with force. */
static void tighten_stops_at_floor_and_usage(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nforce = yes\n"
		    "then = tighten memory.max 50% floor 100M\nhold = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(300) << 20;
	world.groups[0].cpu = 90;
	world_run(&world, 30);
	world_expect(&world, "2 limit /a memory.max 157286400\n7 limit /a memory.max 104857600\n");
	world.groups[0].cpu = 0;
	world_run(&world, 10);
	world_expect(&world, "32 restore /a memory.max max\n");
	world_end(&world);
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\n"
		    "then = tighten memory.max 50% floor 100M\nhold = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(400) << 20;
	world.groups[0].cpu = 90;
	world_run(&world, 10);
	/* 105% of the usage: no new memory, but nothing is killed. */
	world_expect(&world, "2 limit /a memory.max 440401920\n");
	world.groups[0].memory = UINT64_C(200) << 20;
	world_run(&world, 10);
	world_expect(&world, "12 limit /a memory.max 220200960\n");
	world_end(&world);
}

/* A failed restore or thaw is retried until it succeeds. */
static void failures_are_retried(void **state)
{
	struct world world;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 50M\n"
		    "hold = 5s\ncooldown = 1h\n",
		    groups, 1);
	world.groups[0].cpu = 90;
	world_run(&world, 2);
	world.groups[0].cpu = 0;
	world_run(&world, 4);
	world.fail = -EBUSY;
	world_run(&world, 10);
	world_expect(&world, "2 limit /a memory.max 50M\n7 restore /a memory.max max failed\n"
			     "12 restore /a memory.max max\n");
	assert_int_equal(cgw_engine_applied_values(world.engine, NULL, 0), 0);
	world_end(&world);
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1M\nthen = freeze 3s\n"
		    "hold = 1h\n",
		    groups, 1);
	world_run(&world, 3);
	world.fail = -EIO;
	world_run(&world, 5);
	world_expect(&world, "1 freeze /a\n4 thaw /a failed\n5 thaw /a\n");
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_full_cycle),
		cmocka_unit_test(false_or_unknown_restarts_window),
		cmocka_unit_test(unknown_ends_nothing),
		cmocka_unit_test(ladder_steps),
		cmocka_unit_test(until_ends_the_rule),
		cmocka_unit_test(backoff_grows_and_decays),
		cmocka_unit_test(strictest_wins),
		cmocka_unit_test(never_looser),
		cmocka_unit_test(changes_by_other_processes),
		cmocka_unit_test(budgets),
		cmocka_unit_test(unused_budget_expires),
		cmocka_unit_test(circuit_breaker),
		cmocka_unit_test(gaps_between_samples),
		cmocka_unit_test(removed_and_recreated_groups),
		cmocka_unit_test(second_signal_after_grace),
		cmocka_unit_test(protected_groups_are_skipped),
		cmocka_unit_test(dry_run),
		cmocka_unit_test(tighten_stops_at_floor_and_usage),
		cmocka_unit_test(failures_are_retried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
