/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-damon.c - what DAMON is asked to count, and how its counts are read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/change/damon.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "test.h"
#include "tree.h"

#define ADMIN   "sys/kernel/mm/damon/admin/kdamonds/"
#define CONTEXT ADMIN "0/contexts/0/"
#define SCHEME  CONTEXT "schemes/0/"

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct damon damon;
};

/* The kernel creates the files below a number that is written. */
static void add_files(struct tree_dir *dir)
{
	static const char *const files[] = {
		ADMIN "0/state",
		ADMIN "0/contexts/nr_contexts",
		CONTEXT "operations",
		CONTEXT "monitoring_attrs/intervals/sample_us",
		CONTEXT "monitoring_attrs/intervals/aggr_us",
		CONTEXT "monitoring_attrs/nr_regions/min",
		CONTEXT "monitoring_attrs/nr_regions/max",
		CONTEXT "targets/nr_targets",
		CONTEXT "targets/0/regions/nr_regions",
		CONTEXT "targets/0/regions/0/start",
		CONTEXT "targets/0/regions/0/end",
		CONTEXT "targets/0/regions/1/start",
		CONTEXT "targets/0/regions/1/end",
		CONTEXT "schemes/nr_schemes",
		SCHEME "action",
		SCHEME "apply_interval_us",
		SCHEME "access_pattern/sz/min",
		SCHEME "access_pattern/sz/max",
		SCHEME "access_pattern/nr_accesses/min",
		SCHEME "access_pattern/nr_accesses/max",
		SCHEME "access_pattern/age/min",
		SCHEME "access_pattern/age/max",
		SCHEME "filters/nr_filters",
		SCHEME "filters/0/type",
		SCHEME "filters/0/matching",
		SCHEME "filters/0/allow",
		SCHEME "filters/0/memcg_path",
		SCHEME "filters/1/type",
		SCHEME "filters/1/matching",
		SCHEME "filters/1/allow",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		tree_file(dir, files[i], "");
	tree_file(dir, ADMIN "nr_kdamonds", "0\n");
	tree_file(dir, SCHEME "stats/sz_tried", "0\n");
	tree_file(dir, SCHEME "stats/sz_ops_filter_passed", "0\n");
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc, .sys = sys};

	assert_non_null(fixture);
	fixture->damon = (struct damon)DAMON_NONE;
	fixture->dir = tree_new();
	tree_machine_v2(fixture->dir);
	add_files(fixture->dir);
	/* Two ranges of 0x9f000 and 0x100000 bytes in whole pages. */
	tree_file(fixture->dir, "proc/iomem",
		  "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n"
		  "00100000-001fffff : System RAM\n  00100000-0010ffff : Kernel code\n");
	tree_at(fixture->dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(fixture->dir, "proc", proc, sizeof(proc));
	tree_at(fixture->dir, "sys", sys, sizeof(sys));
	assert_int_equal(cgw_layout_open(&roots, &fixture->layout, NULL), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	damon_stop(&fixture->damon);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static void assert_file(struct fixture *fixture, const char *file, const char *expected)
{
	char path[400], text[64] = "";
	CLEANUP(cleanup_close)
	int fd = open(tree_at(fixture->dir, file, path, sizeof(path)), O_RDONLY);

	assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, expected);
}

static void test_another_user_is_refused_and_left_alone(void **state)
{
	struct fixture *fixture = *state;

	tree_file(fixture->dir, ADMIN "nr_kdamonds", "1\n");
	assert_int_equal(damon_open(&fixture->damon, fixture->layout), -EBUSY);
	assert_non_null(strstr(fixture->damon.diag.text, "in use by another process"));
	damon_stop(&fixture->damon);
	assert_file(fixture, ADMIN "nr_kdamonds", "1");
	assert_file(fixture, ADMIN "0/state", "");
}

static void test_pages_of_the_group_that_were_accessed_pass(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(damon_open(&fixture->damon, fixture->layout), 0);
	assert_int_equal(damon_start(&fixture->damon, "/web", 5 * NS_PER_S), 0);
	assert_file(fixture, ADMIN "0/state", "on");
	assert_file(fixture, CONTEXT "operations", "paddr");
	assert_file(fixture, SCHEME "action", "stat");
	assert_file(fixture, SCHEME "apply_interval_us", "5000000");
	assert_file(fixture, CONTEXT "targets/0/regions/nr_regions", "2");
	assert_file(fixture, CONTEXT "targets/0/regions/0/end", "654336"); /* 0x9fbff + 1 */
	assert_file(fixture, SCHEME "filters/0/type", "memcg");
	assert_file(fixture, SCHEME "filters/0/memcg_path", "/web");
	assert_file(fixture, SCHEME "filters/0/allow", "N");
	assert_file(fixture, SCHEME "filters/1/type", "young");
	assert_file(fixture, SCHEME "filters/1/matching", "N");
	assert_int_equal(fixture->damon.pass_bytes, 0x9f000 + 0x100000);
	damon_stop(&fixture->damon);
	assert_file(fixture, ADMIN "0/state", "off");
	assert_file(fixture, ADMIN "nr_kdamonds", "0");
}

static void set_counts(struct fixture *fixture, uint64_t passes, const char *passed)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)(passes * 0x19f000));
	tree_file(fixture->dir, SCHEME "stats/sz_tried", text);
	tree_file(fixture->dir, SCHEME "stats/sz_ops_filter_passed", passed);
}

static void test_counts_are_those_of_an_interval(void **state)
{
	struct fixture *fixture = *state;
	uint64_t bytes = 7;

	assert_int_equal(damon_open(&fixture->damon, fixture->layout), 0);
	assert_int_equal(damon_start(&fixture->damon, "/web", 5 * NS_PER_S), 0);
	assert_int_equal(damon_read(&fixture->damon, &bytes), -EAGAIN); /* no pass yet */
	set_counts(fixture, 1, "9000\n");
	assert_int_equal(damon_read(&fixture->damon, &bytes), -EAGAIN); /* of all time before */
	set_counts(fixture, 2, "9100\n");
	assert_int_equal(damon_read(&fixture->damon, &bytes), 0);
	assert_int_equal(bytes, 100);
	assert_int_equal(damon_read(&fixture->damon, &bytes), -EAGAIN);
	set_counts(fixture, 4, "9700\n");
	assert_int_equal(damon_read(&fixture->damon, &bytes), 0);
	assert_int_equal(bytes, 300); /* the mean of two */
}

static void test_a_kernel_without_the_count_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char path[400];

	assert_int_equal(unlink(tree_at(fixture->dir, SCHEME "stats/sz_ops_filter_passed", path,
					sizeof(path))),
			 0);
	assert_int_equal(damon_open(&fixture->damon, fixture->layout), 0);
	assert_int_equal(damon_start(&fixture->damon, "/web", 5 * NS_PER_S), -EOPNOTSUPP);
	damon_stop(&fixture->damon);
	assert_file(fixture, ADMIN "nr_kdamonds", "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_another_user_is_refused_and_left_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_pages_of_the_group_that_were_accessed_pass,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts_are_those_of_an_interval, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_kernel_without_the_count_is_refused, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
