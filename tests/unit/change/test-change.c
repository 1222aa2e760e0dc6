/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-change.c - signals, arguments and exit statuses of commands that change groups. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cmd/change/change-report.h"
#include "cmd/change/group-arguments.h"
#include "cmd/change/signal-names.h"
#include "lib/base/cleanup.h"
#include "test.h"
#include "tree.h"

static void test_signals(void **state)
{
	static const struct {
		const char *name;
		int signal;
	} good[] = {
		{"TERM", SIGTERM}, {"SIGTERM", SIGTERM}, {"term", SIGTERM}, {"sigkill", SIGKILL},
		{"15", 15},        {"9", SIGKILL},       {"1", SIGHUP},     {"CHLD", SIGCHLD},
	};
	static const char *const bad[] = {"",       "0",   "65", "-1",      "999999999999",
					  "TERMX",  "SIG", "9x", "RTMIN-1", "RTMIN+99",
					  "RTMIN+", " 9"};
	char name[32];
	int number = 7;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(signal_find(good[i].name, &number), 0);
		assert_int_equal(number, good[i].signal);
	}
	number = 7;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (signal_find(bad[i], &number) != -EINVAL || number != 7)
			fail_msg("'%s' was accepted", bad[i]);
	signal_name(SIGKILL, name, sizeof(name));
	assert_string_equal(name, "KILL");
	signal_name(SIGRTMIN + 2, name, sizeof(name));
	assert_string_equal(name, "RTMIN+2");
	assert_int_equal(signal_find("rtmin", &number), 0);
	assert_int_equal(number, SIGRTMIN);
	/* All signals, to a name and back. */
	for (int i = 1; i <= SIGRTMAX; i++) {
		signal_name(i, name, sizeof(name));
		if (i >= 32 && i < SIGRTMIN) /* reserved by libc */
			continue;
		assert_int_equal(signal_find(name, &number), 0);
		assert_int_equal(number, i);
	}
}

static void test_is_assignment(void **state)
{
	assert_true(assign_is("memory.max=1G"));
	assert_true(assign_is("x="));
	assert_false(assign_is("/a=b"));
	assert_false(assign_is("nginx.service"));
	assert_false(assign_is(""));
}

static void test_new_group_paths(void **state)
{
	static const struct {
		const char *text;
		const char *path; /* NULL: refused */
	} rows[] = {
		{"a", "/a"},   {"/a//b/", "/a/b"}, {"a/./b", NULL}, {"/..", NULL},
		{"/", NULL},   {"", NULL},         {"//", NULL},    {"..a", "/..a"},
		{".a", "/.a"}, {"/a b", "/a b"},   {"a=b", "/a=b"},
	};
	struct tree_dir *dir = tree_new();
	char cgroup[300], proc[300], text[400];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc};
	struct cgw_layout *layout;
	char *path;

	tree_machine_v2(dir);
	tree_at(dir, "cgroup", cgroup, sizeof(cgroup));
	tree_at(dir, "proc", proc, sizeof(proc));
	assert_int_equal(cgw_layout_open(&roots, &layout, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = groups_normalise(layout, rows[i].text, &path);

		if (rows[i].path == NULL) {
			assert_int_equal(r, -EINVAL);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(path, rows[i].path);
		free(path);
	}
	/* A path pasted from a shell starts with the mount point. */
	snprintf(text, sizeof(text), "%s/x/y", layout->hierarchies[0].mountpoint);
	assert_int_equal(groups_normalise(layout, text, &path), 0);
	assert_string_equal(path, "/x/y");
	free(path);
	cgw_layout_free(layout);
	tree_free(dir);
}

static void test_exit_statuses(void **state)
{
	static const struct {
		enum cgw_outcome outcome;
		int error;
		bool dry_run;
		enum cli_exit status;
	} rows[] = {
		{CGW_OUTCOME_DONE, 0, false, CLI_OK},
		{CGW_OUTCOME_ADJUSTED, 0, false, CLI_OK},
		{CGW_OUTCOME_UNCHANGED, 0, false, CLI_OK},
		{CGW_OUTCOME_UNCHANGED, 0, true, CLI_OK},
		{CGW_OUTCOME_PENDING, 0, true, CLI_WOULD_CHANGE},
		{CGW_OUTCOME_DONE, 0, true, CLI_WOULD_CHANGE},
		{CGW_OUTCOME_REFUSED, -EPERM, false, CLI_REFUSED},
		{CGW_OUTCOME_REFUSED, -EBUSY, false, CLI_REFUSED},
		{CGW_OUTCOME_REFUSED, -EINVAL, false, CLI_USAGE},
		{CGW_OUTCOME_REFUSED, -ERANGE, true, CLI_USAGE},
		{CGW_OUTCOME_REFUSED, -ENOENT, false, CLI_NO_SUCH_GROUP},
		{CGW_OUTCOME_FAILED, -EACCES, false, CLI_NO_PRIVILEGE},
		{CGW_OUTCOME_FAILED, -EROFS, false, CLI_NO_PRIVILEGE},
		{CGW_OUTCOME_FAILED, -EIO, false, CLI_FAILED},
		{CGW_OUTCOME_FAILED, -EREMOTEIO, false, CLI_NOT_KEPT},
		{CGW_OUTCOME_ROLLED_BACK, 0, false, CLI_FAILED},
		{CGW_OUTCOME_NOT_TRIED, 0, false, CLI_FAILED},
		{CGW_OUTCOME_INCONSISTENT, -EIO, false, CLI_FAILED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cgw_result result = {.outcome = rows[i].outcome,
						  .error = rows[i].error};

		if (report_status(&result, rows[i].dry_run) != rows[i].status)
			fail_msg("row %zu: %d", i, (int)report_status(&result, rows[i].dry_run));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_is_assignment),
		cmocka_unit_test(test_new_group_paths),
		cmocka_unit_test(test_exit_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
