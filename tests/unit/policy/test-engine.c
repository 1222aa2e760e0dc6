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

/* The whole way once: waits, acts, holds, releases when the condition is gone, cools down. */
static void one_round(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nfor = 10s\n"
		    "then = limit memory.max 50M\nhold = 30s\ncooldown = 20s\n",
		    groups, 2);
	world.groups[0].cpu = 90;
	world.groups[1].cpu = 90; /* not selected */
	world_tick(&world, 1);    /* no rate yet: unknown is not true */
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_IDLE);
	world_run(&world, 10);
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_PENDING);
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "12 limit /a memory.max 50M\n");
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_ACTIVE);
	world.groups[0].cpu = 0;
	world_run(&world, 29);
	world_expect(&world, ""); /* the hold counts, whatever the condition says */
	world_run(&world, 1);
	world_expect(&world, "42 restore /a memory.max max\n");
	assert_int_equal(world.groups[0].memory_max.state, CGW_MAX);
	assert_int_equal(phase_of(&world, "/a", NULL), CGW_PHASE_COOLDOWN);
	world.groups[0].cpu = 90;
	world_run(&world, 30); /* 20 of cooldown, then the window anew */
	world_expect(&world, "");
	world_run(&world, 1);
	world_expect(&world, "73 limit /a memory.max 50M\n");
	world_end(&world);
}

/* One sample that is false, or not known, starts the window anew. */
static void windows(void **state)
{
	static const double breaks[] = {0, -1};

	(void)state;
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
		world_run(&world, breaks[i] < 0 ? 11 : 10); /* unknown: one more for the rate */
		world_expect(&world, "");
		world_run(&world, 1);
		world_expect(&world, breaks[i] < 0 ? "22 log /a\n" : "21 log /a\n");
		world_end(&world);
	}
}

/* An unknown condition ends nothing: the group keeps its limit while nobody can tell. */
static void unknown_ends_nothing(void **state)
{
	struct world world;

	(void)state;
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

static void ladder(void **state)
{
	struct world world;

	(void)state;
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
			     "31 freeze /a\n" /* the last rung again */
			     "34 thaw /a\n");
	world_release(&world);
	world_expect(&world, "35 restore /a cpu.max max\n");
	assert_int_equal(world.groups[0].cpu_max.state, CGW_MAX);
	world_end(&world);
}

static void until(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\nuntil = memory.current < 512M\nuntil_for = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	world_expect(&world, "1 limit /a cpu.max 50%\n");
	world.groups[0].memory = UINT64_C(700) << 20; /* neither the one nor the other */
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

/* Each time again the cooldown doubles; a quiet decay takes one back. */
static void backoff(void **state)
{
	struct world world;
	char *at;

	(void)state;
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
	world_run(&world, 1000); /* all five are forgotten */
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 20);
	at = strrchr(world.log, 'l');
	assert_non_null(at);
	world_expect(&world, "1131 limit /a cpu.max 50%\n1132 restore /a cpu.max max\n"
			     "1143 limit /a cpu.max 50%\n1144 restore /a cpu.max max\n");
	world_end(&world);
}

/* Two rules on one group: the strictest value stands, and its release gives way to the next. */
static void strictest_wins(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world,
		    MANY "[limit base]\nmatch = /a\nmemory.max = 2G\n"
			 "[rule mild]\nmatch = /a\nwhen = cpu > 50%\nthen = limit memory.max 1G\n"
			 "hold = 100s\n"
			 "[rule hard]\nmatch = /a\nwhen = cpu > 90%\nthen = limit memory.max 512M\n"
			 "hold = 10s\n",
		    groups, 1);
	world.groups[0].memory_max = (struct cgw_number){UINT64_C(3) << 30, CGW_OK};
	world.groups[0].cpu = 100;
	world_run(&world, 2);
	world_expect(&world, "1 limit /a memory.max 2G\n2 limit /a memory.max 512M\n");
	world.groups[0].cpu = 60;
	world_run(&world, 11);
	world_expect(&world,
		     "12 limit /a memory.max 1G\n"); /* the next-strictest, not the original */
	world.groups[0].cpu = 0;
	world_run(&world, 100);
	world_expect(&world, "102 limit /a memory.max 2G\n");
	world_release(&world);
	world_expect(&world, ""); /* standing limits stay by default */
	world_end(&world);
}

/* A rule never loosens what is stricter already; a standing limit says exactly what it wants. */
static void never_looser(void **state)
{
	struct world world;

	(void)state;
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

static void somebody_else(void **state)
{
	struct world world;
	const char *why = NULL;

	(void)state;
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 3);
	world_expect(&world, "1 limit /a cpu.max 50%\n");
	world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK}; /* 70 %, by hand */
	world_run(&world, 1);
	world_expect(&world, "4 log /a cpu.max\n");
	assert_int_equal(phase_of(&world, "/a", &why), CGW_PHASE_BLOCKED);
	assert_non_null(strstr(why, "somebody else changed cpu.max"));
	world.groups[0].memory = 0;
	world_run(&world, 20);
	world_release(&world);
	world_expect(&world, "");
	assert_int_equal(world.groups[0].cpu_max.value, 700000000);
	world_end(&world);
	/* The same between our write and the next sample. */
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 1G\nthen = limit cpu.max 50%\n"
		    "hold = 10s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(2) << 30;
	world_run(&world, 1);
	world.groups[0].cpu_max = (struct cgw_number){700000000, CGW_OK};
	world.groups[0].memory = 0;
	world_run(&world, 20);
	world_expect(&world, "1 limit /a cpu.max 50%\n2 log /a cpu.max\n");
	assert_int_equal(world.groups[0].cpu_max.value, 700000000);
	world_end(&world);
	/* The same after the last sample: found when it would be given back. */
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
	/* By order it is set again, ever more rarely. */
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

	(void)state;
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
	world_run(&world, 3000); /* the budget fills evenly: 4 an hour */
	assert_in_range(world.done, 7, 8);
	world_end(&world);
}

/* A threshold that fits everybody is wrong, not everybody. */
static void circuit_breaker(void **state)
{
	struct world world;
	const char *why = NULL;

	(void)state;
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

/* Samples far apart: the window starts anew, holds go on, nothing is decided by rates over it. */
static void gaps(void **state)
{
	struct world world;

	(void)state;
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
	/* A freeze does not sleep on: its time is a time of the world. */
	world_begin(&world, "[rule r]\nmatch = /a\nwhen = memory.current > 1M\nthen = freeze 10s\n",
		    groups, 1);
	world_run(&world, 1);
	world_tick(&world, 3600);
	world_expect(&world, "1 freeze /a\n3601 thaw /a\n");
	world_end(&world);
}

/* A group that went takes its books with it; one made again under its name is another. */
static void vanished(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world,
		    MANY "[limit l]\nmatch = /b\npids.max = 10\n[rule r]\nmatch = /*\n"
			 "when = memory.current > 1G\nthen = limit cpu.max 50%\nthen = freeze 1m\n"
			 "hold = 1h\n",
		    groups, 3);
	world.groups[0].memory = world.groups[1].memory = UINT64_C(2) << 30;
	world_run(&world, 2);
	world_expect(&world, "1 limit /b pids.max 10\n1 limit /a cpu.max 50%\n1 freeze /a\n"
			     "1 limit /b cpu.max 50%\n1 freeze /b\n");
	world.groups[0].id = 0;
	world.groups[1].id = 999; /* made again, without limits and thawed */
	world.groups[1].cpu_max = world.groups[1].pids_max = (struct cgw_number){0, CGW_MAX};
	world.groups[1].frozen = false;
	world.groups[1].memory = 0;
	world.topology_stale = true;
	world_run(&world, 100);
	world_expect(&world, "3 limit /b pids.max 10\n");
	assert_int_equal(cgw_engine_instances(world.engine, NULL, 0), 0);
	assert_int_equal(cgw_engine_held_values(world.engine, NULL, 0), 1);
	world_end(&world);
}

static void kills(void **state)
{
	struct world world;

	(void)state;
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

/* Protected groups are left alone and named once an hour. */
static void protection(void **state)
{
	static const char *const paths[] = {"/init.scope", "/s", "/s/sshd.service", "/w"};
	struct world world;
	const char *why = NULL;

	(void)state;
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

	(void)state;
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

/* From the limit, or from what is used, down to the floor; below what is used only by force. */
static void tighten(void **state)
{
	struct world world;

	(void)state;
	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = cpu > 50%\nforce = yes\n"
		    "then = tighten memory.max 50% floor 100M\nhold = 5s\n",
		    groups, 1);
	world.groups[0].memory = UINT64_C(400) << 20;
	world.groups[0].cpu = 90;
	world_run(&world, 30);
	world_expect(&world, "2 limit /a memory.max 209715200\n7 limit /a memory.max 104857600\n");
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
	/* 105 % of it: no more is let in, nobody is killed. */
	world_expect(&world, "2 limit /a memory.max 440401920\n");
	world.groups[0].memory = UINT64_C(200) << 20;
	world_run(&world, 10);
	world_expect(&world, "12 limit /a memory.max 220200960\n");
	world_end(&world);
}

/* What could not be given back is tried again until it can. */
static void failures(void **state)
{
	struct world world;

	(void)state;
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
	assert_int_equal(cgw_engine_held_values(world.engine, NULL, 0), 0);
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
		cmocka_unit_test(one_round),
		cmocka_unit_test(windows),
		cmocka_unit_test(unknown_ends_nothing),
		cmocka_unit_test(ladder),
		cmocka_unit_test(until),
		cmocka_unit_test(backoff),
		cmocka_unit_test(strictest_wins),
		cmocka_unit_test(never_looser),
		cmocka_unit_test(somebody_else),
		cmocka_unit_test(budgets),
		cmocka_unit_test(circuit_breaker),
		cmocka_unit_test(gaps),
		cmocka_unit_test(vanished),
		cmocka_unit_test(kills),
		cmocka_unit_test(protection),
		cmocka_unit_test(dry_run),
		cmocka_unit_test(tighten),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
