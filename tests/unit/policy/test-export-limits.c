/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-export-limits.c - exported limits load again, each under a unique section name. */
#include <errno.h>

#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "lib/policy/export-limits.h"
#include "lib/policy/policy-priv.h"
#include "test.h"

static void report_problem(void *context, const struct cgw_policy_problem *problem)
{
	fail_msg("%s:%u: %s", problem->diag.file, problem->diag.line, problem->diag.text);
}

/* Paths whose names would be equal if "_" replaced all invalid characters. */
static void section_names_are_unique(void **state)
{
	static const char *const paths[] = {
		"/a/b",
		"/a_b",
		"/a@b",
		"/a",
		"/user.slice/user-1000.slice/user@1000.service/app.slice/one.service",
		"/user.slice/user-1001.slice/user@1001.service/app.slice/one.service",
		"/app\\x2dw.scope", /* of systemd */
		"/a b",
		"/a\nb\xff\\x1b",
	};
	const struct cgw_policy_reporter reporter = {report_problem, NULL};
	struct tree_dir *dir = tree_new();
	struct cgw_policy *policy = NULL;
	struct cgw_layout *layout;
	char whole[16384] = "";

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/cgroup.subtree_control", "pids\n");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char path[256];

		snprintf(path, sizeof(path), "cgroup%s/pids.max", paths[i]);
		tree_file(dir, path, "77\n");
		snprintf(path, sizeof(path), "cgroup%s/cgroup.controllers", paths[i]);
		tree_file(dir, path, "pids\n");
	}
	layout = fake_layout(dir);
	fake_reset();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP(cleanup_free) char *text = NULL;

		assert_int_equal(export_section(layout, paths[i], &text), 0);
		assert_non_null(strstr(text, "pids.max = 77\n"));
		strcat(whole, text);
	}
	assert_non_null(strstr(whole, "[limit a_b]\nmatch = /a/b\n"));
	assert_int_equal(cgw_policy_parse("export", whole, strlen(whole), &reporter, &policy), 0);
	assert_int_equal(cgw_policy_section_count(policy), ARRAY_SIZE(paths));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (size_t j = 0; j < ARRAY_SIZE(paths); j++)
			assert_int_equal(
				cgw_glob_match(policy->sections[i]->selection.match.items[0],
					       paths[j]),
				i == j);
	cgw_policy_free(policy);
	cgw_layout_free(layout);
	tree_free(dir);
}

/* Zero is a limit, not the default "max". */
static void zero_is_exported(void **state)
{
	struct tree_dir *dir = tree_new();
	CLEANUP(cleanup_free) char *text = NULL;
	struct cgw_layout *layout;

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/a/pids.max", "0\n");
	layout = fake_layout(dir);
	assert_int_equal(export_section(layout, "/a", &text), 0);
	assert_string_equal(text, "[limit a]\nmatch = /a\npids.max = 0\n");
	cgw_layout_free(layout);
	tree_free(dir);
}

/* Paths that the parser would read differently are rejected. */
static void unreadable_paths_are_rejected(void **state)
{
	static const char *const paths[] = {"/a*", "/a;b", "/[x]", "/#x", "/a "};
	struct tree_dir *dir = tree_new();
	struct cgw_layout *layout;
	char *text = NULL;

	tree_machine_v2(dir);
	layout = fake_layout(dir);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(export_section(layout, paths[i], &text), -EINVAL);
	assert_int_equal(export_section(layout, "/none", &text), -ENODATA);
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_names_are_unique),
		cmocka_unit_test(zero_is_exported),
		cmocka_unit_test(unreadable_paths_are_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
