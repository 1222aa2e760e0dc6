/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-group-facts.c - users, commands, attributes and age of groups in a simulated machine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shared/cli/group-facts.h"
#include "test.h"
#include "tree.h"

struct fixture {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct cgw_frame *frame;
	uint32_t group; /* /web */
};

static void list_process(struct tree_dir *dir, int pid, const char *command, unsigned user,
			 unsigned user_group)
{
	char path[64], text[256], buffer[300];

	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	snprintf(text, sizeof(text), "%s\n", command);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	/* The real IDs count: the saved ones of a program with the set-user-ID bit are its own. */
	snprintf(text, sizeof(text), "Name:\t%s\nUid:\t%u\t1\t1\t1\nGid:\t%u\t1\t1\t1\n", command,
		 user, user_group);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/exe", pid);
	snprintf(text, sizeof(text), "/usr/bin/%s", command);
	assert_int_equal(symlink(text, tree_at(dir, path, buffer, sizeof(buffer))), 0);
}

static int setup(void **state)
{
	static struct fixture fixture;
	const struct cgw_sampler_options options = {.once = true};
	char cgroup[300], proc[300], sys[300];
	struct tree_dir *dir = tree_new();
	const struct cgw_roots roots = {.cgroup = tree_at(dir, "cgroup", cgroup, sizeof(cgroup)),
					.proc = tree_at(dir, "proc", proc, sizeof(proc)),
					.sys = tree_at(dir, "sys", sys, sizeof(sys))};
	struct cgw_sampler *sampler = NULL;
	struct cgw_snapshot *snapshot = NULL;

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/web/cgroup.procs", "");
	fixture = (struct fixture){.dir = dir};
	assert_int_equal(cgw_layout_open(&roots, &fixture.layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(fixture.layout, &options, &sampler, NULL), 0);
	assert_int_equal(cgw_sampler_sample(sampler, &snapshot), 0);
	assert_int_equal(cgw_frame_new(&fixture.frame), 0);
	assert_int_equal(cgw_frame_update(fixture.frame, snapshot), 0);
	fixture.group = cgw_topology_find(cgw_snapshot_topology(snapshot), "/web");
	assert_int_not_equal(fixture.group, CGW_NO_GROUP);
	cgw_snapshot_unref(snapshot);
	cgw_sampler_free(sampler);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	cgw_frame_free(fixture->frame);
	cgw_layout_free(fixture->layout);
	tree_free(fixture->dir);
	return 0;
}

static enum cgw_truth match(const struct fixture *fixture, enum cgw_subject subject,
			    const char *pattern)
{
	struct facts facts = {0};
	const struct cgw_facts of = facts_of(&facts, fixture->layout);
	enum cgw_truth truth =
		of.matches(of.context, fixture->frame, fixture->group, subject, pattern);

	facts_done(&facts);
	return truth;
}

static uint64_t age_ns(const struct fixture *fixture)
{
	struct facts facts = {0};
	const struct cgw_facts of = facts_of(&facts, fixture->layout);

	return of.age_ns(of.context, fixture->frame, fixture->group);
}

struct row {
	enum cgw_subject subject;
	const char *pattern;
	enum cgw_truth expected;
};

static void assert_matches(const struct fixture *fixture, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum cgw_truth truth = match(fixture, rows[i].subject, rows[i].pattern);

		if (truth != rows[i].expected)
			fail_msg("row %zu, %s: %d", i, rows[i].pattern, (int)truth);
	}
}

/* One process is enough for a command, but the user is that of most processes. */
static void test_commands_and_users(void **state)
{
	static const struct row even[] = {
		{CGW_SUBJECT_COMMAND, "nginx", CGW_TRUE},
		{CGW_SUBJECT_COMMAND, "logger", CGW_TRUE},
		{CGW_SUBJECT_COMMAND, "log*", CGW_TRUE},
		{CGW_SUBJECT_COMMAND, "ngin", CGW_FALSE},
		{CGW_SUBJECT_EXECUTABLE, "/usr/bin/nginx", CGW_TRUE},
		{CGW_SUBJECT_EXECUTABLE, "nginx", CGW_TRUE},
		{CGW_SUBJECT_EXECUTABLE, "/usr/sbin/nginx", CGW_FALSE},
		{CGW_SUBJECT_USER, "4001", CGW_FALSE}, /* one of two */
		{CGW_SUBJECT_USER, "4002", CGW_FALSE},
		{CGW_SUBJECT_USER, "1", CGW_FALSE},
		{CGW_SUBJECT_USER_GROUP, "4003", CGW_TRUE},
		{CGW_SUBJECT_USER_GROUP, "4001", CGW_FALSE},
	};
	static const struct row odd[] = {
		{CGW_SUBJECT_USER, "4001", CGW_TRUE},
		{CGW_SUBJECT_USER, "4002", CGW_FALSE},
		{CGW_SUBJECT_USER, "root", CGW_FALSE},
		{CGW_SUBJECT_USER_GROUP, "4003", CGW_TRUE},
	};
	static const struct row root[] = {
		{CGW_SUBJECT_USER, "root", CGW_TRUE},
		{CGW_SUBJECT_USER, "r*", CGW_TRUE},
		{CGW_SUBJECT_USER, "0", CGW_TRUE},
		{CGW_SUBJECT_USER_GROUP, "root", CGW_TRUE},
	};
	static const struct row none[] = {
		{CGW_SUBJECT_COMMAND, "*", CGW_FALSE},
		{CGW_SUBJECT_USER, "0", CGW_FALSE},
	};
	struct fixture *fixture = *state;

	assert_matches(fixture, none, sizeof(none) / sizeof(none[0]));
	list_process(fixture->dir, 41, "nginx", 4001, 4003);
	list_process(fixture->dir, 42, "logger", 4002, 4003);
	list_process(fixture->dir, 43, "nginx", 4001, 4003);
	list_process(fixture->dir, 44, "init", 0, 0);
	tree_file(fixture->dir, "cgroup/web/cgroup.procs", "41\n42\n");
	assert_matches(fixture, even, sizeof(even) / sizeof(even[0]));
	tree_file(fixture->dir, "cgroup/web/cgroup.procs", "41\n42\n43\n");
	assert_matches(fixture, odd, sizeof(odd) / sizeof(odd[0]));
	tree_file(fixture->dir, "cgroup/web/cgroup.procs", "44\n");
	assert_matches(fixture, root, sizeof(root) / sizeof(root[0]));
}

/* The processes and attributes of a new group of the same name are not those of the sample. */
static void test_replaced_group_is_unknown(void **state)
{
	static const struct row rows[] = {
		{CGW_SUBJECT_COMMAND, "nginx", CGW_UNKNOWN},
		{CGW_SUBJECT_USER, "4001", CGW_UNKNOWN},
		{CGW_SUBJECT_ATTRIBUTE, "user.role", CGW_UNKNOWN},
		{CGW_SUBJECT_CONTROLLER, "memory", CGW_TRUE},
	};
	struct fixture *fixture = *state;

	list_process(fixture->dir, 41, "nginx", 4001, 4003);
	tree_file(fixture->dir, "cgroup/web/cgroup.procs", "41\n");
	assert_int_equal(match(fixture, CGW_SUBJECT_COMMAND, "nginx"), CGW_TRUE);
	assert_true(age_ns(fixture) < UINT64_MAX);
	/* It still exists, so that its inode number is not used again. */
	tree_move(fixture->dir, "cgroup/web", "aside");
	assert_int_equal(match(fixture, CGW_SUBJECT_COMMAND, "nginx"), CGW_UNKNOWN);
	assert_true(age_ns(fixture) == UINT64_MAX);
	tree_file(fixture->dir, "cgroup/web/cgroup.procs", "41\n");
	assert_matches(fixture, rows, sizeof(rows) / sizeof(rows[0]));
	assert_true(age_ns(fixture) == UINT64_MAX);
}

/* The owner of a delegated group could exempt it from a rule with an attribute. */
static void test_attributes_of_delegated_groups_are_ignored(void **state)
{
	static const struct row rows[] = {
		{CGW_SUBJECT_ATTRIBUTE, "user.role", CGW_TRUE},
		{CGW_SUBJECT_ATTRIBUTE, "user.role=database", CGW_TRUE},
		{CGW_SUBJECT_ATTRIBUTE, "user.role=d*", CGW_TRUE},
		{CGW_SUBJECT_ATTRIBUTE, "user.role=data", CGW_FALSE},
		{CGW_SUBJECT_ATTRIBUTE, "user.rol", CGW_FALSE},
		{CGW_SUBJECT_ATTRIBUTE, "user.roles", CGW_FALSE},
	};
	struct fixture *fixture = *state;
	char path[300];

	(void)tree_at(fixture->dir, "cgroup/web", path, sizeof(path));
	if (setxattr(path, "user.role", "database", 8, 0) < 0)
		skip(); /* not on this file system */
	assert_int_equal(chmod(path, 0755), 0);
	assert_matches(fixture, rows, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(chmod(path, 0775), 0);
	assert_int_equal(match(fixture, CGW_SUBJECT_ATTRIBUTE, "user.role"), CGW_FALSE);
	assert_int_equal(chmod(path, 0757), 0);
	assert_int_equal(match(fixture, CGW_SUBJECT_ATTRIBUTE, "user.role"), CGW_FALSE);
	assert_int_equal(chmod(path, 0755), 0);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 4001, 4003), 0);
	assert_int_equal(match(fixture, CGW_SUBJECT_ATTRIBUTE, "user.role"), CGW_FALSE);
	/* Others need a privilege that the owner does not have. */
	if (setxattr(path, "trusted.role", "database", 8, 0) == 0)
		assert_int_equal(match(fixture, CGW_SUBJECT_ATTRIBUTE, "trusted.role"), CGW_TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commands_and_users, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced_group_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attributes_of_delegated_groups_are_ignored,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
