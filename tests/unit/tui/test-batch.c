/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-batch.c - rows of the dashboard as text: how many rounds, and with which values. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tree.h"
#include "tui/core/batch.h"
#include "tui/core/dashboard.h"

static unsigned count_lines(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		count++;
	return count;
}

/* The first sample is not printed, since it has no rates. */
static void test_number_of_rounds(void **state)
{
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300], sys[300];
	const struct cgw_roots roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
					.proc = tree_at(dir, "proc", proc, sizeof(proc)),
					.sys = tree_at(dir, "sys", sys, sizeof(sys))};
	struct cgw_layout *layout = NULL;

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/web/pids.current", "7\n");
	tree_file(dir, "cgroup/web/memory.current", "1048576\n");
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	for (uint64_t count = 1; count <= 3; count++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t size;
		struct batch batch = {.out = open_memstream(&text, &size), .count = count};
		struct cgw_sampler *sampler = NULL;
		struct app *app = NULL;

		assert_non_null(batch.out);
		assert_int_equal(cgw_sampler_new(layout, NULL, &sampler, NULL), 0);
		assert_int_equal(app_new(&app), 0);
		app->settings.interval_ns = 1000000;
		/* Names that are shorter than their column leave no other column out. */
		app->settings.column_count = 1;
		assert_int_equal(settings_set(&app->settings, "groups", "column", "pids", NULL), 0);
		assert_int_equal(batch_run(app, sampler, &batch), 0);
		assert_int_equal(fclose(batch.out), 0);
		assert_int_equal(count_lines(text, "  CPUs "), count);
		assert_int_equal(count_lines(text, "web "), count);
		assert_int_equal(count_lines(text, "\n\n"), count);
		assert_null(strstr(text, "…"));
		assert_int_equal(count_lines(text, "PIDS"), count);
		app_free(app);
		cgw_sampler_free(sampler);
	}
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_of_rounds),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
