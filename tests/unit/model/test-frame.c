/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-frame.c - rates, own shares, effective limits, sort order and globs. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "frames.h"
#include "lib/base/cleanup.h"
#include <cgward/model.h>

#define OK(n)               \
	{                   \
		(n), CGW_OK \
	}
#define MAX                \
	{                  \
		0, CGW_MAX \
	}

static const struct frame_group groups[] = {
	{"/", 1}, {"/a", 10}, {"/a/x", 11}, {"/a/y", 12}, {"/b", 20},
};

static struct cgw_field field(const char *key)
{
	struct cgw_field parsed;
	struct cgw_diag diag = {0};

	if (cgw_field_parse(key, &parsed, &diag) < 0)
		fail_msg("%s: %s", key, diag.text);
	return parsed;
}

static struct cgw_value value_at(const struct cgw_frame *frame, const char *key, const char *path)
{
	uint32_t group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(frame)), path);

	assert_int_not_equal(group, CGW_NO_GROUP);
	return cgw_frame_value(frame, field(key), group);
}

static void assert_real(const struct cgw_frame *frame, const char *key, const char *path,
			double expected)
{
	struct cgw_value value = value_at(frame, key, path);

	if (value.state != CGW_OK || fabs(value.real - expected) > 1e-6)
		fail_msg("%s of %s: %s %f, not %f", key, path, cgw_state_name(value.state),
			 value.real, expected);
}

static void assert_state(const struct cgw_frame *frame, const char *key, const char *path,
			 enum cgw_state expected)
{
	assert_string_equal(cgw_state_name(value_at(frame, key, path).state),
			    cgw_state_name(expected));
}

static void update(struct cgw_frame *frame, struct topology *topology, uint64_t seconds,
		   const struct frame_value *values, size_t count)
{
	struct cgw_snapshot *snapshot = frame_snapshot(topology, seconds, values, count);

	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
}

static void test_rates(void **state)
{
	static const struct frame_value first[] = {
		{"/a", CGW_M_CPU_USAGE, OK(1000000000)}, {"/b", CGW_M_CPU_USAGE, OK(500)},
		{"/a", CGW_M_MEMORY_CURRENT, OK(100)},   {"/a", CGW_M_IO_RBYTES, OK(0)},
		{"/a", CGW_M_IO_WBYTES, OK(10)},         {"/a", CGW_M_CPU_NR_PERIODS, OK(100)},
		{"/a", CGW_M_CPU_NR_THROTTLED, OK(10)},  {"/", CGW_M_CPU_USAGE, OK(2000000000)},
	};
	static const struct frame_value second[] = {
		{"/", CGW_M_CPU_USAGE, OK(UINT64_C(8000000000))},
		{"/a", CGW_M_CPU_USAGE, OK(UINT64_C(4000000000))},
		{"/b", CGW_M_CPU_USAGE, OK(400)},
		{"/a", CGW_M_MEMORY_CURRENT, OK(40)},
		{"/a", CGW_M_IO_RBYTES, OK(200)},
		{"/a", CGW_M_IO_WBYTES, OK(30)},
		{"/a", CGW_M_CPU_NR_PERIODS, OK(120)},
		{"/a", CGW_M_CPU_NR_THROTTLED, OK(15)},
	};
	struct topology *topology = frame_topology(groups, 5);
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 100, first, ARRAY_SIZE(first));
	assert_state(frame, "cpu", "/a", CGW_WARMUP); /* unknown, not zero */
	update(frame, topology, 102, second, ARRAY_SIZE(second));
	assert_real(frame, "cpu", "/a", 150);
	assert_real(frame, "cpu.usage.rate", "/a", 1.5e9);
	assert_state(frame, "cpu", "/b", CGW_RESET); /* the counter decreased */
	assert_state(frame, "cpu", "/a/x", CGW_ABSENT);
	assert_real(frame, "memory.growth", "/a", -30); /* gauges may decrease */
	assert_real(frame, "cpu", "/", 300);
	assert_real(frame, "cpu.own", "/", 150);
	assert_real(frame, "cpu.own", "/a", 150);
	assert_state(frame, "cpu.own", "/b", CGW_RESET);
	assert_true(cgw_field_equal(cgw_field_own(field("cpu")), field("cpu.own")));
	assert_true(cgw_field_equal(cgw_field_own(field("pressure.io.some.avg10")),
				    field("pressure.io.some.avg10")));
	assert_real(frame, "io.read", "/a", 100);
	assert_real(frame, "io", "/a", 110);
	assert_real(frame, "cpu.throttled_percent", "/a", 25);
	assert_true(fabs(cgw_frame_seconds(frame) - 2) < 1e-9);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* Groups are matched by path; a different id means a recreated group. */
static void test_groups_are_matched(void **state)
{
	static const struct frame_group later[] = {
		{"/", 1}, {"/a", 10}, {"/a/new", 30}, {"/a/y", 99}, {"/c", 40},
	};
	static const struct frame_value first[] = {{"/a", CGW_M_CPU_USAGE, OK(1)},
						   {"/a/y", CGW_M_CPU_USAGE, OK(1)}};
	static const struct frame_value second[] = {{"/a", CGW_M_CPU_USAGE, OK(2)},
						    {"/a/y", CGW_M_CPU_USAGE, OK(5)},
						    {"/a/new", CGW_M_CPU_USAGE, OK(5)}};
	struct topology *before = frame_topology(groups, 5), *now = frame_topology(later, 5);
	struct cgw_frame *frame;
	const uint32_t *gone;
	size_t count;

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, before, 1, first, 2);
	update(frame, now, 2, second, 3);
	assert_int_equal(cgw_frame_flags(frame, 1), 0);
	assert_int_equal(cgw_frame_flags(frame, 2), CGW_ROW_NEW);
	assert_int_equal(cgw_frame_flags(frame, 3), CGW_ROW_RECREATED);
	assert_int_equal(cgw_frame_flags(frame, 4), CGW_ROW_NEW);
	assert_state(frame, "cpu", "/a", CGW_OK);
	assert_state(frame, "cpu", "/a/y", CGW_WARMUP); /* recreated: no rate across both groups */
	assert_state(frame, "cpu", "/a/new", CGW_WARMUP);
	gone = cgw_frame_removed_groups(frame, &count);
	assert_int_equal(count, 2);
	assert_int_equal(gone[0], 2); /* /a/x */
	assert_int_equal(gone[1], 4); /* /b */
	cgw_frame_free(frame);
	topology_unref(before);
	topology_unref(now);
}

static void test_effective_limits(void **state)
{
	static const struct frame_value values[] = {
		{"/", CGW_M_MEMORY_MAX, MAX},
		{"/a", CGW_M_MEMORY_MAX, OK(1000)},
		{"/a/x", CGW_M_MEMORY_MAX, OK(5000)},
		{"/a/y", CGW_M_MEMORY_MAX, OK(100)},
		{"/b", CGW_M_MEMORY_MAX, MAX},
		{"/a", CGW_M_MEMORY_CURRENT, OK(700)},
		{"/a/x", CGW_M_MEMORY_CURRENT, OK(500)},
		{"/a/y", CGW_M_MEMORY_CURRENT, OK(100)},
		{"/b", CGW_M_MEMORY_CURRENT, OK(5)},
		{"/a/x", CGW_M_MEMORY_INACTIVE_FILE, OK(200)},
		{"/a/y", CGW_M_MEMORY_INACTIVE_FILE, OK(300)},
	};
	struct topology *topology = frame_topology(groups, 5);
	struct cgw_frame *frame;
	enum cgw_state text_state;
	char text[32];

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, values, ARRAY_SIZE(values));
	assert_real(frame, "memory.max.effective", "/a/x", 1000); /* the parent's is tighter */
	assert_real(frame, "memory.max.effective", "/a/y", 100);
	assert_state(frame, "memory.max.effective", "/b", CGW_MAX);
	assert_state(frame, "memory.high.effective", "/b", CGW_ABSENT);
	assert_int_equal(cgw_frame_text(frame, field("memory.max.effective_by"), 2, text,
					sizeof(text), &text_state),
			 2);
	assert_string_equal(text, "/a");
	assert_real(frame, "memory.current.percent", "/a/x", 50);
	assert_state(frame, "memory.current.percent", "/b", CGW_ABSENT); /* no limit: no share */
	assert_real(frame, "memory.current.own", "/a", 100);
	assert_real(frame, "memory.current.own", "/a/x", 500);
	assert_real(frame, "memory.working_set", "/a/x", 300);
	assert_real(frame, "memory.working_set", "/a/y", 0); /* never below zero */
	assert_state(frame, "memory.working_set", "/b", CGW_ABSENT);
	cgw_frame_free(frame);
	topology_unref(topology);
}

/* An unreadable limit may be the tightest, so the effective limit is unknown. */
static void test_unknown_effective_limits(void **state)
{
	static const struct frame_value values[] = {
		{"/", CGW_M_MEMORY_MAX, MAX},         {"/a", CGW_M_MEMORY_MAX, {0, CGW_DENIED}},
		{"/a/x", CGW_M_MEMORY_MAX, OK(5000)}, {"/a/y", CGW_M_MEMORY_MAX, {0, CGW_BAD}},
		{"/b", CGW_M_MEMORY_MAX, OK(10)},     {"/a/x", CGW_M_MEMORY_CURRENT, OK(500)},
	};
	struct topology *topology = frame_topology(groups, 5);
	struct cgw_frame *frame;
	enum cgw_state text_state;
	char text[32];

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, values, ARRAY_SIZE(values));
	assert_state(frame, "memory.max.effective", "/a/x", CGW_DENIED);
	assert_state(frame, "memory.max.effective", "/a/y", CGW_BAD);
	assert_real(frame, "memory.max.effective", "/b", 10);
	assert_state(frame, "memory.current.percent", "/a/x", CGW_DENIED);
	assert_int_equal(cgw_frame_text(frame, field("memory.max.effective_by"), 2, text,
					sizeof(text), &text_state),
			 0);
	assert_int_equal(text_state, CGW_DENIED);
	cgw_frame_free(frame);
	topology_unref(topology);
}

static void test_field_keys(void **state)
{
	static const char *const good[] = {"cpu",
					   "memory",
					   "pids",
					   "procs",
					   "io.read",
					   "frozen",
					   "memory.limit_in_bytes",
					   "cpu.usage.rate",
					   "memory.max.effective_by",
					   "pids.current.percent",
					   "pressure.io.full.avg10",
					   "group",
					   "controllers"};
	static const struct {
		const char *key;
		int error;
		const char *hint;
	} bad[] = {
		{"memory.curent", -ENOENT, "memory.current"},
		{"", -ENOENT, "list-metrics"},
		{"memory.current.rate", -EINVAL, ".rate"},
		{"cpu.usage.effective", -EINVAL, ".effective"},
		{"cpu.rate", -EINVAL, ".rate"},
		{"nonsense.own", -ENOENT, ""},
		{".rate", -ENOENT, ""},
	};
	struct cgw_field parsed;
	char key[96];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(cgw_field_parse(good[i], &parsed, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cgw_diag diag = {0};

		assert_int_equal(cgw_field_parse(bad[i].key, &parsed, &diag), bad[i].error);
		assert_non_null(strstr(diag.text, bad[i].hint));
	}
	/* Every field's key parses to itself. */
	for (size_t i = 0; cgw_field_nth(i, &parsed) == 0; i++) {
		struct cgw_field again;

		assert_true(cgw_field_key(parsed, key, sizeof(key)) < sizeof(key));
		assert_int_equal(cgw_field_parse(key, &again, NULL), 0);
		if (!cgw_field_equal(parsed, again))
			fail_msg("%s parses to another field", key);
	}
}

static void test_sort_order(void **state)
{
	static const struct frame_value values[] = {
		{"/", CGW_M_PIDS_CURRENT, OK(50)},
		{"/a", CGW_M_PIDS_CURRENT, OK(5)},
		{"/a/x", CGW_M_PIDS_CURRENT, OK(1)},
		{"/a/y", CGW_M_PIDS_CURRENT, OK(4)},
	};
	static const struct {
		unsigned flags;
		uint32_t expected[5];
	} cases[] = {
		{0, {0, 1, 3, 2, 4}}, /* largest first, missing last */
		{CGW_ORDER_ASCENDING, {2, 3, 1, 0, 4}},
		{CGW_ORDER_TREE, {0, 1, 3, 2, 4}},
		{CGW_ORDER_TREE | CGW_ORDER_ASCENDING, {0, 1, 2, 3, 4}},
	};
	struct topology *topology = frame_topology(groups, 5);
	struct cgw_order_scratch scratch = {0};
	struct cgw_frame *frame;
	uint32_t some[2] = {4, 2};

	assert_int_equal(cgw_frame_new(&frame), 0);
	update(frame, topology, 1, values, ARRAY_SIZE(values));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t list[5] = {4, 3, 2, 1, 0};

		assert_int_equal(
			cgw_order(frame, field("pids.current"), cases[i].flags, list, 5, &scratch),
			0);
		assert_memory_equal(list, cases[i].expected, sizeof(list));
	}
	/* In a filtered tree a child is below its nearest listed ancestor, or at the top. */
	assert_int_equal(cgw_order(frame, field("pids.current"), CGW_ORDER_TREE, some, 2, &scratch),
			 0);
	assert_int_equal(some[0], 2);
	assert_int_equal(some[1], 4);
	assert_int_equal(cgw_order(frame, field("pids.current"), 0, some, 0, &scratch), 0);
	cgw_order_scratch_done(&scratch);
	cgw_frame_free(frame);
	topology_unref(topology);
}

static void test_globs(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool expected;
	} cases[] = {
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/a*", "/ab", true},
		{"/a*", "/a/b", false},
		{"/a/**", "/a/b/c", true},
		{"/a/**", "/a", false},
		{"/**/x", "/x", true},
		{"/**/x", "/a/b/x", true},
		{"/**/x", "/a/xx", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/a/c", false},
		{"/[a-c]", "/b", true},
		{"/[!a-c]", "/b", false},
		{"/[!a-c]", "/d", true},
		{"/[]a]", "/]", true},
		{"/a[!b]c", "/a/c", false},
		{"/a[.-0]c", "/a0c", true},
		{"/a[.-0]c", "/a/c", false},
		{"*.service", "/x/nginx.service", true},
		{"*.service", "/x.service/y", false},
		{"/{a,b}/c", "/b/c", true},
		{"/{a,b}/c", "/c/c", false},
		{"/{a,b{1,2}}", "/b2", true},
		{"/{a,b{1,2}}", "/b3", false},
		{"**", "/any/thing", true},
		{"/a**b", "/a/x/b", true},
		{"/a/**/b", "/a/b", true},
		{"**/b", "b", true},
		{"**/b", "/a/c", false},
		{"/**/{a,b}.service", "/x/b.service", true},
		{"/**/{a,b}.service", "/x/b.scope", false},
		{"/x,y", "/x,y", true},
		{"", "/a", false},
		{"/a\\x2d*", "/a\\x2db", true}, /* of systemd */
		{"/a\\x2d*", "/a-b", false},
		{"/a\\x1b*", "/a\x1b[2J", true}, /* as printed */
		{"/a\\x1b*", "/a\\x1b[2J", true},
		{"/user.slice/user-*.slice", "/user.slice/user-1000.slice", true},
	};
	char untrusted[600];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cgw_glob_match(cases[i].pattern, cases[i].path) != cases[i].expected)
			fail_msg("%s against %s", cases[i].pattern, cases[i].path);
	/* Takes exponential time with backtracking. */
	for (size_t i = 0; i + 1 < sizeof(untrusted); i++)
		untrusted[i] = i % 2 ? 'a' : '*';
	untrusted[sizeof(untrusted) - 1] = '\0';
	untrusted[0] = '/';
	assert_false(
		cgw_glob_match(untrusted, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
	assert_int_equal(cgw_glob_check("/a[b", NULL), -EINVAL);
	assert_int_equal(cgw_glob_check("/{a,b", NULL), -EINVAL);
	assert_int_equal(cgw_glob_check("", NULL), -EINVAL);
	assert_int_equal(cgw_glob_check("/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", NULL), -EINVAL);
	assert_int_equal(cgw_glob_check("/a/{b,c}/[d-f]*", NULL), 0);
}

static void test_identity_fields(void **state)
{
	static const struct frame_group named[] = {
		{"/", 1}, {"/plain", 2}, {"/system.slice", 3}, {"/system.slice/a.service", 4}};
	struct topology *topology = frame_topology(named, 4);
	struct cgw_snapshot *snapshot = frame_snapshot(topology, 1, NULL, 0);
	struct cgw_frame *frame;
	struct cgw_field unit, kind;
	enum cgw_state why;
	char text[64];

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, snapshot), 0);
	assert_int_equal(cgw_field_parse("unit", &unit, NULL), 0);
	assert_int_equal(cgw_field_parse("kind", &kind, NULL), 0);
	assert_int_equal(cgw_frame_text(frame, unit, 3, text, sizeof(text), &why), 9);
	assert_string_equal(text, "a.service");
	assert_int_equal(why, CGW_OK);
	assert_int_equal(cgw_frame_text(frame, unit, 1, text, sizeof(text), &why), 0);
	assert_int_equal(why, CGW_ABSENT);
	(void)cgw_frame_text(frame, kind, 1, text, sizeof(text), &why);
	assert_string_equal(text, "group");
	cgw_frame_free(frame);
	cgw_snapshot_unref(snapshot);
	topology_unref(topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_groups_are_matched),
		cmocka_unit_test(test_effective_limits),
		cmocka_unit_test(test_unknown_effective_limits),
		cmocka_unit_test(test_field_keys),
		cmocka_unit_test(test_sort_order),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_identity_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
