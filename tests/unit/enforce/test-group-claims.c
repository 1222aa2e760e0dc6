/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-group-claims.c - two daemons are refused only if they may set the same values. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/enforce/group-claims.h"
#include "lib/base/cleanup.h"
#include "test.h"

static void on_problem(void *context, const struct cgw_policy_problem *problem)
{
	if (!problem->warning)
		fail_msg("%s", problem->diag.text);
}

static struct cgw_policy *policy_of(const char *match, const char *rest)
{
	static const struct cgw_policy_reporter reporter = {on_problem, NULL};
	struct cgw_policy *policy = NULL;
	char text[512];

	snprintf(text, sizeof(text), "[rule r]\n%s%s%swhen = cpu > 50%%\nfor = 5s\n%s\n",
		 match[0] != '\0' ? "match = " : "unit = *.service\n", match,
		 match[0] != '\0' ? "\n" : "", rest);
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), 0);
	return policy;
}

static void test_overlapping_policies_are_refused(void **state)
{
	static const struct {
		const char *match, *rest;
		bool refused;
	} cases[] = {
		{"/a/**", "then = limit cpu.max 50%", true},
		{"/a/b", "then = freeze 1m", true},
		{"/a*", "then = limit cpu.max 50%", true},
		{"/**", "then = limit cpu.max 50%", true},
		{"b.service", "then = limit cpu.max 50%", true}, /* in any group */
		{"", "then = limit cpu.max 50%", true},
		{"/b/**", "then = limit cpu.max 50%", false},
		{"/a", "then = limit cpu.max 50%", false},
		{"/a/**", "then = notify", false},
		{"/a/**", "then = limit cpu.max 50%\ndry_run = yes", false},
		{"/a/**", "then = limit cpu.max 50%\n[policy]\nmode = observe", false},
	};
	char directory[] = "/tmp/cgward-test-XXXXXX", path[128];
	struct cgw_policy *first = policy_of("/a/*", "then = limit cpu.max 20%"), *moved;
	struct group_claims *claims = NULL;
	struct cgw_diag diag = {0};

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/enforce.d", directory);
	assert_int_equal(group_claims_take(path, "/state", first, &claims, &diag), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgw_policy *policy = policy_of(cases[i].match, cases[i].rest);
		struct group_claims *other = NULL;
		int r = group_claims_take(path, "/other", policy, &other, &diag);

		if (r != (cases[i].refused ? -EBUSY : 0))
			fail_msg("%s, %s: %d", cases[i].match, cases[i].rest, r);
		if (cases[i].refused)
			assert_non_null(strstr(diag.text, "state directory /state"));
		group_claims_drop(other);
		cgw_policy_free(policy);
	}
	/* A reload frees the groups of the old policy. */
	moved = policy_of("/b/*", "then = limit cpu.max 20%");
	assert_int_equal(group_claims_update(claims, moved, &diag), 0);
	cgw_policy_free(moved);
	moved = policy_of("/a/x", "then = limit cpu.max 20%");
	struct group_claims *second = NULL;

	assert_int_equal(group_claims_take(path, "/other", moved, &second, &diag), 0);
	assert_int_equal(group_claims_update(claims, first, &diag), -EBUSY);
	group_claims_drop(second);
	assert_int_equal(group_claims_update(claims, first, &diag), 0);
	group_claims_drop(claims);
	cgw_policy_free(moved);
	cgw_policy_free(first);
	snprintf(path, sizeof(path), "rm -r %s", directory);
	assert_int_equal(system(path), 0);
}

/* The file of a daemon that was killed is not locked, and is removed. */
static void test_dead_daemon_claims_nothing(void **state)
{
	char directory[] = "/tmp/cgward-test-XXXXXX", path[128];
	struct cgw_policy *policy = policy_of("/a/*", "then = limit cpu.max 20%");
	struct group_claims *claims = NULL;
	struct cgw_diag diag = {0};
	FILE *stream;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/1234", directory);
	stream = fopen(path, "w");
	assert_non_null(stream);
	fputs("1234\n/state\n/**\n", stream);
	fclose(stream);
	assert_int_equal(group_claims_take(directory, "/other", policy, &claims, &diag), 0);
	assert_true(access(path, F_OK) < 0);
	group_claims_drop(claims);
	cgw_policy_free(policy);
	snprintf(path, sizeof(path), "rm -r %s", directory);
	assert_int_equal(system(path), 0);
}

/* A directory that others may write could claim every group, or hide the claims. */
static void test_unsafe_directory_is_refused(void **state)
{
	static const mode_t modes[] = {0720, 0702, 0777};
	char directory[] = "/tmp/cgward-test-XXXXXX", link[64];
	struct cgw_policy *policy = policy_of("/a/*", "then = limit cpu.max 20%");
	struct group_claims *claims = NULL;
	struct cgw_diag diag = {0};

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(directory, modes[i]), 0);
		assert_int_equal(group_claims_take(directory, "/state", policy, &claims, &diag),
				 -EPERM);
	}
	assert_int_equal(chmod(directory, 0700), 0);
	snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(symlink(directory, link), 0);
	assert_true(group_claims_take(link, "/state", policy, &claims, &diag) < 0);
	assert_int_equal(unlink(link), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(directory, 4001, 4001), 0);
		assert_int_equal(group_claims_take(directory, "/state", policy, &claims, &diag),
				 -EPERM);
	}
	assert_null(claims);
	assert_int_equal(rmdir(directory), 0);
	cgw_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlapping_policies_are_refused),
		cmocka_unit_test(test_dead_daemon_claims_nothing),
		cmocka_unit_test(test_unsafe_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
