/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-property.c - after any sequence of loads, people's writes, groups that come and go, reloads,
 * failures and restarts, each value is what it was, unless a person wrote it, and nothing is frozen.
 */
#include "world.h"

#define ROUNDS 6 /* an argument asks for more */
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

/* Always the same sequence for one seed. */
static unsigned chance(unsigned *seed, unsigned below)
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

static void parent_and_children(struct world *world, size_t i, bool there, struct truth *truths)
{
	for (size_t j = 0; j < world->count; j++) {
		bool below = strncmp(paths[j], paths[i], strlen(paths[i])) == 0;
		bool above = strncmp(paths[i], paths[j], strlen(paths[j])) == 0;
		struct world_group *group = &world->groups[j];

		if (!(there ? above : below) || is_group(world, j) == there)
			continue;
		group->id = there ? world->next_id++ : 0;
		group->frozen = false;
		group->memory_max = group->cpu_max = group->pids_max =
			(struct cgw_number){0, CGW_MAX};
		truths[j] = (struct truth){group->memory_max, group->cpu_max, group->pids_max};
	}
	world->topology_stale = true;
}

/* A person sets a value: it is the truth from then on. */
static void person(struct world *world, size_t i, unsigned *seed, struct truth *truths)
{
	struct world_group *group = &world->groups[i];
	struct cgw_number number = {(uint64_t)(chance(seed, 50) + 10) << 24, CGW_OK};

	if (chance(seed, 2) == 0) {
		group->memory_max = truths[i].memory_max = number;
	} else {
		number.value = (uint64_t)(chance(seed, 90) + 5) * 10000000 + 100000;
		group->cpu_max = truths[i].cpu_max = number;
	}
}

static void change_policy(struct world *world, unsigned *seed)
{
	struct cgw_policy *next = world_policy(policies[chance(seed, ARRAY_SIZE(policies))]);

	assert_int_equal(cgw_engine_reload(world->engine, next), 0);
	cgw_policy_free(world->policy);
	world->policy = next;
}

/* What could not be given back at the end is given back from the state file by the next start. */
static void give_back_the_rest(struct world *world)
{
	struct cgw_applied_value held[64];
	size_t count = cgw_engine_applied_values(world->engine, held, ARRAY_SIZE(held));

	assert_true(count <= ARRAY_SIZE(held));
	for (size_t i = 0; i < count; i++) {
		struct world_group *group = world_find(world, held[i].path);
		char text[64];

		if (group == NULL || group->id != held[i].group_id)
			continue;
		if (held[i].control == CGW_CONTROL_COUNT) {
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

/* The end and a new beginning, as of a service that is restarted. */
static void restart(struct world *world)
{
	world_release(world);
	give_back_the_rest(world);
	cgw_engine_free(world->engine);
	assert_int_equal(cgw_engine_new(world->policy, &world->engine), 0);
}

static void event(struct world *world, unsigned *seed, struct truth *truths)
{
	size_t i = chance(seed, (unsigned)world->count);

	switch (chance(seed, 24)) {
	case 0:
	case 1:
		if (is_group(world, i))
			person(world, i, seed, truths);
		break;
	case 2:
		parent_and_children(world, i, !is_group(world, i), truths);
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
	default:
		world->groups[i].cpu = chance(seed, 2) * 95;
		world->groups[i].memory = (uint64_t)chance(seed, 1000) << 20;
	}
}

static bool is(struct cgw_number a, struct cgw_number b)
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
		if (!is(group->memory_max, truths[i].memory_max) ||
		    !is(group->cpu_max, truths[i].cpu_max) ||
		    !is(group->pids_max, truths[i].pids_max)) {
			fputs(world->log, stderr);
			fail_msg("round %u: %s kept a value that was never its own: memory %llu, "
				 "not %llu; cpu %llu, not %llu\n%s",
				 round, group->path, (unsigned long long)group->memory_max.value,
				 (unsigned long long)truths[i].memory_max.value,
				 (unsigned long long)group->cpu_max.value,
				 (unsigned long long)truths[i].cpu_max.value, world->log);
		}
	}
}

static void nothing_is_left(void **state)
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
		/* A last quiet time, in which what failed is tried again. */
		world.fail = 0;
		for (unsigned i = 0; i < 310; i++)
			world_tick(&world, 2);
		finish(&world, truths, round);
		done += world.done;
		world_end(&world);
	}
	assert_true(done > *rounds * 50UL); /* it was about something */
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(nothing_is_left, &rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
