/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-property.c - invariants after random sequences of loads, manual writes, created and removed
 * groups, reloads, failures and restarts: values are restored unless changed by hand, and nothing
 * is frozen.
 */
#include "world.h"

#define ROUNDS 6 /* the first argument sets another number */
#define STEPS  120

static const char *const paths[] = {"/a", "/a/x", "/b", "/b/y", "/c", "/d", "/e", "/f"};

static const char *const policies[] = {
	"[policy]\nmax_concurrent = 3\nlimits_on_exit = restore\n"
	"[limit base]\nmatch = /a/**\nmatch = /c\nmemory.max = 2G\n"
	"[rule hog]\nmatch = /**\nexclude = /f\nwhen = cpu > 50%\nfor = 2s\n"
	"step = limit cpu.max 50% hold 5s\nstep = limit cpu.max 20% hold 5s\n"
	"step = freeze 3s hold 8s\n"
	"hold = 5s\nmax_hold = 40s\ncooldown = 3s\nbackoff = 2x max 1m decay 20s\n"
	"[rule big]\nmatch = /*\nwhen = memory.current > 500M\nthen = limit memory.max 1G\n"
	"then = limit cpu.max 80%\nhold = 4s\ncooldown = 2s\npriority = 80\n",
	"[policy]\nmax_concurrent = 100\nmax_fraction = 100\nmax_per_hour = 1000\n"
	"limits_on_exit = restore\n"
	"[rule big]\nmatch = /**\nwhen = memory.current > 300M\n"
	"then = tighten memory.max 20% floor 64M\nthen = freeze 2s\nhold = 2s\ncooldown = 1s\n"
	"[limit base]\nmatch = /b/**\nmemory.max = 1G\npids.max = 100\n"
	"[limit more]\nmatch = /a/**\napply = always\nmemory.max = 3G\n",
	("[policy]\nlimits_on_exit = restore\non_conflict = reassert\n"
	 "[rule hog]\nmatch = /**\nwhen = cpu > 90%\nthen = limit cpu.max 10%\nhold = 3s\n"),
};

/* Deterministic for a given seed. */
static unsigned random_below(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245U + 12345U;
	return (*seed >> 16) % below;
}

struct truth {
	struct cgw_number memory_max, cpu_max, pids_max;
};

static bool is_group(const struct world *world, size_t i)
{
	return world->groups[i].id != 0;
}

static void create_or_remove(struct world *world, size_t i, bool exists, struct truth *truths)
{
	for (size_t j = 0; j < world->count; j++) {
		bool below = strncmp(paths[j], paths[i], strlen(paths[i])) == 0;
		bool above = strncmp(paths[i], paths[j], strlen(paths[j])) == 0;
		struct world_group *group = &world->groups[j];

		if (!(exists ? above : below) || is_group(world, j) == exists)
			continue;
		group->id = exists ? world->next_id++ : 0;
		group->frozen = false;
		group->memory_max = group->cpu_max = group->pids_max =
			(struct cgw_number){0, CGW_MAX};
		truths[j] = (struct truth){group->memory_max, group->cpu_max, group->pids_max};
	}
	world->topology_stale = true;
}

/* A value set by hand is the expected value from then on. */
static void set_by_hand(struct world *world, size_t i, unsigned *seed, struct truth *truths)
{
	struct world_group *group = &world->groups[i];
	struct cgw_number number = {(uint64_t)(random_below(seed, 50) + 10) << 24, CGW_OK};

	if (random_below(seed, 2) == 0) {
		group->memory_max = truths[i].memory_max = number;
	} else {
		number.value = (uint64_t)(random_below(seed, 90) + 5) * 10000000 + 100000;
		group->cpu_max = truths[i].cpu_max = number;
	}
}

static void change_policy(struct world *world, unsigned *seed)
{
	struct cgw_policy *next = world_policy(policies[random_below(seed, ARRAY_SIZE(policies))]);

	assert_int_equal(cgw_engine_reload(world->engine, next), 0);
	cgw_policy_free(world->policy);
	world->policy = next;
}

/* Restores the rest from the held values, as the next start does from the state file. */
static void restore_the_rest(struct world *world)
{
	struct cgw_applied_value held[64];
	size_t count = cgw_engine_applied_values(world->engine, held, ARRAY_SIZE(held));

	assert_true(count <= ARRAY_SIZE(held));
	for (size_t i = 0; i < count; i++) {
		struct world_group *group = world_find(world, held[i].path);
		char text[64];

		if (group == NULL || group->id != held[i].group_id)
			continue;
		if (held[i].control == CGW_CONTROL_NONE) {
			group->frozen = false;
			continue;
		}
		world_format(held[i].control, *world_control(group, held[i].control), text,
			     sizeof(text));
		if (strcmp(text, held[i].accepted) == 0)
			world_set(world, world_control(group, held[i].control), held[i].control,
				  held[i].original);
	}
}

/* Like a restart of the service. */
static void restart(struct world *world)
{
	world_release(world);
	restore_the_rest(world);
	cgw_engine_free(world->engine);
	assert_int_equal(cgw_engine_new(world->policy, &world->engine), 0);
}

static void event(struct world *world, unsigned *seed, struct truth *truths)
{
	size_t i = random_below(seed, (unsigned)world->count);

	switch (random_below(seed, 24)) {
	case 0:
	case 1:
		if (is_group(world, i))
			set_by_hand(world, i, seed, truths);
		break;
	case 2:
		create_or_remove(world, i, !is_group(world, i), truths);
		break;
	case 3:
		change_policy(world, seed);
		break;
	case 4:
		restart(world);
		break;
	case 5:
		world->fail = -EBUSY;
		break;
	case 6:
		world_tick(world, 100);
		break;
	case 7:
		world->groups[i].cpu = -1;
		break;
	case 8:
		world->most = random_below(seed, 3); /* 0: all actions are performed */
		break;
	default:
		world->groups[i].cpu = random_below(seed, 2) * 95;
		world->groups[i].memory = (uint64_t)random_below(seed, 1000) << 20;
	}
}

static bool equal(struct cgw_number a, struct cgw_number b)
{
	return a.state == b.state && (a.state == CGW_MAX || a.value == b.value);
}

static void finish(struct world *world, const struct truth *truths, unsigned round)
{
	world->fail = 0;
	world_release(world);
	for (size_t i = 0; i < world->count; i++) {
		const struct world_group *group = &world->groups[i];

		if (group->id == 0)
			continue;
		if (group->frozen)
			fail_msg("round %u: %s is frozen\n%s", round, group->path, world->log);
		if (!equal(group->memory_max, truths[i].memory_max) ||
		    !equal(group->cpu_max, truths[i].cpu_max) ||
		    !equal(group->pids_max, truths[i].pids_max)) {
			fputs(world->log, stderr);
			fail_msg("round %u: %s was not restored: memory %llu, expected %llu; "
				 "cpu %llu, expected %llu\n%s",
				 round, group->path, (unsigned long long)group->memory_max.value,
				 (unsigned long long)truths[i].memory_max.value,
				 (unsigned long long)group->cpu_max.value,
				 (unsigned long long)truths[i].cpu_max.value, world->log);
		}
	}
}

static void all_values_are_restored(void **state)
{
	const unsigned *rounds = *state;
	unsigned long done = 0;

	for (unsigned round = 0; round < *rounds; round++) {
		struct truth truths[ARRAY_SIZE(paths)];
		unsigned seed = round * 7919 + 1;
		struct world world;

		world_begin(&world, policies[round % ARRAY_SIZE(policies)], paths,
			    ARRAY_SIZE(paths));
		for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
			truths[i] = (struct truth){{0, CGW_MAX}, {0, CGW_MAX}, {0, CGW_MAX}};
		for (unsigned step = 0; step < STEPS; step++) {
			event(&world, &seed, truths);
			world_tick(&world, 1);
		}
		/* Idle at the end, so that failed actions are retried. */
		world.fail = 0;
		world.most = 0;
		for (unsigned i = 0; i < 310; i++)
			world_tick(&world, 2);
		finish(&world, truths, round);
		done += world.done;
		world_end(&world);
	}
	assert_true(done > *rounds * 50UL); /* the rules did act */
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(all_values_are_restored, &rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
