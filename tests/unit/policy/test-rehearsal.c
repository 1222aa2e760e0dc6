/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-rehearsal.c - policies run over samples: which actions, when and for how long. */
#include "world.h"

static const char *const groups[] = {"/a", "/b"};

#define POLICY                                                                                   \
	"[limit all]\nmatch = /{a,b}\npids.max = 500\n"                                          \
	"[rule hog]\nmatch = /a\nwhen = cpu > 50%\nfor = 5s\n"                                   \
	"step = limit cpu.max 20% hold 10s\nstep = freeze 3s hold 10s\n"                         \
	"hold = 10s\nuntil = host.load1 < 0\nmax_hold = 1m\ncooldown = 1h\n"                     \
	"[rule old]\nmatch = /b\nwhen = age < 10s\nthen = log\nhold = 1h\n"                      \
	"[rule never]\nmatch = /{a,b}\nwhen = memory.current > 3G\nthen = kill TERM\nfor = 1s\n" \
	"[rule unmatched]\nmatch = /x\nwhen = cpu > 1%\nthen = log\n"

/* Takes the next sample; actions have no effect. */
static void next(struct world *world, struct cgw_rehearsal *rehearsal, uint64_t boot)
{
	world->seconds++;
	for (size_t i = 0; i < world->count; i++)
		world->groups[i].cpu_ns += (uint64_t)(world->groups[i].cpu * 1e7);
	world_sample(world);
	assert_int_equal(cgw_rehearsal_step(rehearsal, world->frame, boot), 0);
}

static const struct cgw_rehearsed_action *find(struct cgw_rehearsal *rehearsal,
					       enum cgw_action_kind kind, const char *path)
{
	size_t count;
	const struct cgw_rehearsed_action *actions = cgw_rehearsal_actions(rehearsal, &count);

	for (size_t i = 0; i < count; i++)
		if (actions[i].kind == kind && strcmp(actions[i].path, path) == 0 &&
		    (kind != CGW_ACTION_LIMIT || actions[i].control == CGW_C_CPU_MAX))
			return &actions[i];
	return NULL;
}

static void actions_and_their_times(void **state)
{
	const struct cgw_rehearsed_action *action;
	struct cgw_rehearsal *rehearsal;
	struct cgw_rehearsed_section counts;
	struct world world;

	world_begin(&world, POLICY, groups, 1);
	assert_int_equal(cgw_rehearsal_new(world.policy, UINT64_C(1000000000), &rehearsal), 0);
	world.groups[0].cpu = 90;
	for (int i = 0; i < 100; i++) {
		if (i == 40) { /* a group created later, with a known age */
			world.groups[1] = (struct world_group){.path = "/b",
							       .id = 999,
							       .memory_max = {0, CGW_MAX},
							       .cpu_max = {0, CGW_MAX},
							       .pids_max = {0, CGW_MAX}};
			world.count = 2;
			world.topology_stale = true;
		}
		next(&world, rehearsal, 1);
	}
	action = find(rehearsal, CGW_ACTION_LIMIT, "/a");
	assert_non_null(action);
	assert_string_equal(action->value, "20%");
	/* The second sample has the first rate; the rule acts five seconds later. */
	assert_int_equal(action->boottime_ns, UINT64_C(1007000000000));
	assert_int_equal(action->active_ns, UINT64_C(60000000000)); /* max_hold */
	assert_false(action->active_at_end);
	assert_non_null(strstr(action->reason, "cpu > 50% (now 90"));
	action = find(rehearsal, CGW_ACTION_FREEZE, "/a");
	assert_non_null(action);
	assert_int_equal(action->active_ns, UINT64_C(3000000000));
	assert_int_equal(action->step, 1);
	action = find(rehearsal, CGW_ACTION_LOG, "/b");
	assert_non_null(action);
	assert_int_equal(action->boottime_ns, UINT64_C(1041000000000));
	counts = cgw_rehearsal_section(rehearsal, 1);
	assert_int_equal(counts.groups, 1);
	assert_int_equal(counts.truths[CGW_UNKNOWN], 1);
	assert_int_equal(counts.truths[CGW_TRUE], 99);
	assert_true(counts.actions >= 2);
	counts = cgw_rehearsal_section(rehearsal, 3);
	assert_int_equal(counts.actions, 0);
	assert_int_equal(counts.groups, 2);
	assert_int_equal(counts.truths[CGW_TRUE], 0);
	assert_int_equal(cgw_rehearsal_section(rehearsal, 4).groups, 0);
	assert_int_equal(cgw_rehearsal_section(rehearsal, 0).actions, 2); /* [limit] values */
	/* The unchanged value is not mistaken for a change by another process. */
	assert_int_equal(world.groups[0].cpu_max.state, CGW_MAX);
	cgw_rehearsal_free(rehearsal);
	world_end(&world);
}

/* Actions end with a reboot; the interval of the recording is not a gap. */
static void reboots_and_long_intervals(void **state)
{
	const struct cgw_rehearsed_action *action;
	struct cgw_rehearsal *rehearsal;
	struct world world;
	size_t count;

	world_begin(&world,
		    "[rule r]\nmatch = /a\nwhen = memory.current > 50M\nthen = limit cpu.max 20%\n"
		    "hold = 10m\n",
		    groups, 1);
	assert_int_equal(cgw_rehearsal_new(world.policy, UINT64_C(30000000000), &rehearsal), 0);
	for (int i = 0; i < 4; i++) {
		world.seconds += 29;
		next(&world, rehearsal, 1);
	}
	action = find(rehearsal, CGW_ACTION_LIMIT, "/a");
	assert_non_null(action);
	assert_true(action->active_at_end);
	assert_int_equal(action->active_ns, UINT64_C(90000000000));
	next(&world, rehearsal, 2);
	action = cgw_rehearsal_actions(rehearsal, &count);
	assert_int_equal(count, 2); /* the second one is from the new boot */
	assert_false(action[0].active_at_end);
	assert_int_equal(action[0].active_ns, UINT64_C(90000000000));
	assert_true(action[1].active_at_end);
	cgw_rehearsal_free(rehearsal);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_and_their_times),
		cmocka_unit_test(reboots_and_long_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
