/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-trace-takers.c - what ran while the tasks of a group waited for a CPU, by its rivals. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/sample/trace-takers.h"
#include "test.h"

enum { A = 10, A_IN, A_OTHER, B, B_IN, B_DEEP, C, C_IN, D, ROOT = 1, REMOVED = 99 };

struct machine {
	struct group_tree tree;
	struct tree_group *a, *a_in, *a_other, *b, *b_in, *b_deep;
};

static struct tree_group *add(struct machine *machine, struct tree_group *parent, const char *name,
			      uint64_t id)
{
	struct tree_group *group;

	assert_int_equal(group_tree_add(&machine->tree, parent, name, strlen(name), 0, id, &group),
			 0);
	return group;
}

static void machine_done(struct machine *machine)
{
	group_tree_done(&machine->tree);
}

/* /a/in, /a/other, /b/in/deep */
static void machine_init(struct machine *machine)
{
	assert_int_equal(group_tree_init(&machine->tree, 1), 0);
	machine->tree.root->id[0] = ROOT;
	machine->tree.root->present = 1;
	machine->a = add(machine, machine->tree.root, "a", A);
	machine->a_in = add(machine, machine->a, "in", A_IN);
	machine->a_other = add(machine, machine->a, "other", A_OTHER);
	machine->b = add(machine, machine->tree.root, "b", B);
	machine->b_in = add(machine, machine->b, "in", B_IN);
	machine->b_deep = add(machine, machine->b_in, "deep", B_DEEP);
}

/* Of groups that are not in the tree: /a/in/c/in, /a/d, and /a/in without a name. */
static uint64_t parent_id(const void *context, uint64_t id)
{
	return id == C_IN ? C : id == C ? A_IN : id == D || id == A_IN ? A : 0;
}

static int child_path(const void *context, const char *parent, uint64_t id, char **ret_path)
{
	if (id != D)
		return -ENOENT;
	assert_string_equal(parent, "/a");
	*ret_path = strdup("/a/d");
	return 0;
}

static const struct taker_lookup lookup = {parent_id, child_path, NULL};

/* Appends "NAME=MS ". */
static int append(void *context, uint32_t slot, const char *name, size_t name_length,
		  struct cgw_number number)
{
	char *text = context;

	sprintf(text + strlen(text), "%.*s=%llu ", (int)name_length, name,
		(unsigned long long)(number.value / NS_PER_MS));
	return 0;
}

static void assert_takers(const struct takers *takers, const struct tree_group *group,
			  uint64_t total_ms, const char *expected)
{
	char text[400] = "";
	const struct decode_sink sink = {append, NULL, text};

	assert_int_equal(
		takers_add_instances(takers, &lookup, group, total_ms * NS_PER_MS, 0, &sink), 0);
	for (const char *at = expected; *at != '\0';) {
		const char *end = strchr(at, ' ') + 1;
		char part[100];

		snprintf(part, sizeof(part), "%.*s", (int)(end - at), at);
		if (strstr(text, part) == NULL)
			fail_msg("'%s' lacks '%s'", text, part);
		at = end;
	}
	assert_int_equal(strlen(text), strlen(expected));
}

#define PAIR(waiting, running, ms)                     \
	{                                              \
		{(waiting), (running)}, (ms)*NS_PER_MS \
	}

/* A taker is the sibling that weights are shared out with, or an ancestor for its own tasks. */
static void test_takers_are_siblings_below_the_common_ancestor(void **state)
{
	static const struct trace_taker pairs[] = {
		PAIR(A_IN, B_DEEP, 20), PAIR(A_IN, B_IN, 3),    PAIR(A_IN, A_OTHER, 40),
		PAIR(A_IN, A, 5),       PAIR(A_IN, ROOT, 6),    PAIR(A_IN, A_IN, 7),
		PAIR(A_OTHER, B, 100),  PAIR(A_OTHER, A_IN, 8),
	};
	CLEANUP(takers_done) struct takers takers = {0};
	CLEANUP(machine_done) struct machine machine;

	machine_init(&machine);
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, pairs, ARRAY_SIZE(pairs)),
			 0);
	assert_takers(&takers, machine.a_in, 81, "/b=23 /a/other=40 /a=5 /=6 own=7 ");
	assert_takers(&takers, machine.a_other, 108, "/b=100 /a/in=8 ");
	assert_takers(&takers, machine.a, 189, "/b=123 /=6 own=60 ");
	assert_takers(&takers, machine.tree.root, 189, "own=189 ");
	assert_takers(&takers, machine.b, 0, "");
}

static void test_idle_realtime_and_unknown(void **state)
{
	static const struct trace_taker pairs[] = {
		PAIR(A_IN, TRACE_IDLE, 1), PAIR(A_IN, B_DEEP | TRACE_REALTIME, 2),
		PAIR(A_IN, B, 4),          PAIR(A_IN, REMOVED, 8),
		PAIR(REMOVED, B, 16),      PAIR(A_IN, A_IN | TRACE_REALTIME, 32),
	};
	CLEANUP(takers_done) struct takers takers = {0};
	CLEANUP(machine_done) struct machine machine;

	machine_init(&machine);
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, pairs, ARRAY_SIZE(pairs)),
			 0);
	assert_takers(&takers, machine.a_in, 60, "idle=1 realtime:/b=2 /b=4 own=32 unknown=21 ");
	/* The next interval does not add to this one. */
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, pairs, 1), 0);
	assert_takers(&takers, machine.a_in, 1, "idle=1 ");
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, NULL, 0), 0);
	assert_takers(&takers, machine.a_in, 3, "unknown=3 ");
}

/* A tree of one group, its ancestors and some others has the takers that the whole tree has. */
static void test_groups_that_are_not_in_the_tree(void **state)
{
	static const struct trace_taker pairs[] = {
		PAIR(C_IN, D, 1),    PAIR(A_IN, C, 2),       PAIR(C_IN, C, 4),
		PAIR(A_IN, C_IN, 8), PAIR(D, C_IN, 16),      PAIR(D, B_DEEP, 32),
		PAIR(C_IN, B, 64),   PAIR(D, D, 128),        PAIR(A_IN, D | TRACE_REALTIME, 256),
		PAIR(C, A_IN, 512),  PAIR(C, REMOVED, 1024),
	};
	CLEANUP(takers_done) struct takers takers = {0};
	CLEANUP(machine_done) struct machine machine;

	machine_init(&machine);
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, pairs, ARRAY_SIZE(pairs)),
			 0);
	assert_takers(&takers, machine.a_in, 1871,
		      "/a/d=1 own=526 /b=64 realtime:/a/d=256 unknown=1024 ");
	assert_takers(&takers, machine.a, 2047, "own=927 /b=96 unknown=1024 ");
	assert_takers(&takers, machine.a_other, 0, "");
	assert_takers(&takers, machine.tree.root, 1023, "own=1023 ");
}

/* What is not in the tree and has no name is not known. */
static void test_a_taker_that_was_removed_is_unknown(void **state)
{
	static const struct trace_taker pairs[] = {PAIR(A, C, 1), PAIR(A_OTHER, C, 2),
						   PAIR(A_OTHER, D, 4)};
	CLEANUP(takers_done) struct takers takers = {0};
	CLEANUP(machine_done) struct machine machine;

	machine_init(&machine);
	group_tree_remove(&machine.tree, machine.a_in, 1);
	assert_int_equal(takers_set(&takers, &machine.tree, 0, &lookup, pairs, ARRAY_SIZE(pairs)),
			 0);
	assert_takers(&takers, machine.a_other, 6, "/a/d=4 unknown=2 ");
	assert_takers(&takers, machine.a, 7, "own=7 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takers_are_siblings_below_the_common_ancestor),
		cmocka_unit_test(test_idle_realtime_and_unknown),
		cmocka_unit_test(test_groups_that_are_not_in_the_tree),
		cmocka_unit_test(test_a_taker_that_was_removed_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
