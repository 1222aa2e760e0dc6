/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-essential-groups.c - unit tests of the groups that must not be frozen, killed or starved. */
#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "lib/limit/essential-groups.h"
#include "test.h"

/* Every pattern of services, with the names that are most easily taken for one of them. */
static const struct {
	const char *path;
	bool is_essential;
} services[] = {
	{"/init.scope", true},
	{"/user.slice/user-0.slice/user@0.service/init.scope", true},
	{"/user.slice/user-0.slice/user@0.service/myinit.scope", false},
	{"/init.scope.d", false},
	{"/system.slice/systemd-journald.service", true},
	{"/system.slice/systemd-logind.service", true},
	{"/system.slice/systemd-udevd.service", true},
	{"/system.slice/systemd-resolved.service", true},
	{"/system.slice/systemd-networkd.service", true},
	{"/system.slice/systemd-oomd.service", true},
	{"/system.slice/systemd-timesyncd.service", false},
	{"/system.slice/systemd-journald.socket", false},
	{"/system.slice/dbus.service", true},
	{"/system.slice/dbus-broker.service", true},
	{"/system.slice/kdbus.service", false},
	{"/system.slice/sshd.service", true},
	{"/system.slice/system-sshd.slice/sshd@3-10.0.0.1:22-10.0.0.2:50000.service", true},
	{"/system.slice/sshguard.service", false},
	{"/system.slice/ssh.service", true},
	{"/system.slice/ssh-agent.service", false},
	{"/system.slice/system-getty.slice/getty@tty1.service", true},
	{"/system.slice/getty.service", false},
	{"/system.slice/system-serial\\x2dgetty.slice/serial-getty@ttyS0.service", true},
	{"/system.slice/my-serial-getty@ttyS0.service", false},
	{"/user.slice/user-1000.slice/user@1000.service", true},
	{"/user.slice/user-1000.slice/user-runtime-dir@1000.service", false},
	{"/system.slice/nginx.service", false},
	/* A name is compared as a whole: neither its parent nor its children are essential. */
	{"/system.slice", false},
	{"/system.slice/sshd.service/worker", false},
};

static void test_essential_services(void **state)
{
	struct tree_dir *dir = tree_new();
	struct protection *protection = NULL;
	struct cgw_layout *layout;

	tree_machine_v2(dir);
	layout = fake_layout(dir);
	/* Without a process in /proc only names are compared. */
	assert_int_equal(protection_new(layout, &protection), 0);
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		struct cgw_diag diag = {0};
		enum protect_reason reason = protection_check(protection, services[i].path, &diag);

		if (reason != (services[i].is_essential ? PROTECT_SERVICE : PROTECT_NOTHING))
			fail_msg("%s: %d", services[i].path, (int)reason);
		assert_int_equal(diag.text[0] != '\0', services[i].is_essential);
	}
	protection_free(protection);
	cgw_layout_free(layout);
	tree_free(dir);
}

/* Creates /proc/PID of a process with these relations and these lines of /proc/PID/cgroup. */
static void add_process(struct tree_dir *dir, int pid, const char *stat, const char *groups)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text), "%d (a ) b) %s 0 0\n", pid, stat);
	tree_file(dir, path, text);
	snprintf(path, sizeof(path), "proc/%d/cgroup", pid);
	tree_file(dir, path, groups);
}

/*
 * On v1 each of these processes is in another group of each hierarchy, and each of those groups and
 * its ancestors are protected.
 */
static void test_groups_of_essential_processes(void **state)
{
	static const struct {
		const char *path, *reason; /* NULL: not protected */
	} rows[] = {
		{"/", "the root group"},
		{"/boot", "the init process (PID 1)"},
		{"/self", "this process"},
		{"/self/memory", "this process"},
		{"/self/memory/child", NULL},
		{"/self/pids", NULL},
		{"/selfish", NULL},
		{"/self/mem", NULL},
		{"/parent", "a parent of this process (PID 71)"},
		{"/parent-frozen", "a parent of this process (PID 71)"},
		{"/grandparent", "a parent of this process (PID 70)"},
		{"/leader", "the leader of this session (PID 72)"},
		{"/terminal", "the foreground process of this terminal (PID 73)"},
		{"/stranger", NULL},
	};
	struct tree_dir *dir = tree_new();
	struct cgw_layout *layout;

	tree_machine_v1(dir);
	layout = fake_layout(dir);
	add_process(dir, 1, "S 0 1 1 0 -1", "1:pids:/boot\n");
	/* PID (name) state parent group session terminal foreground */
	add_process(dir, getpid(), "S 71 9 72 34816 73",
		    "1:cpu,cpuacct:/\n2:memory:/self/memory\n");
	add_process(dir, 71, "S 70 9 72 34816 73", "1:pids:/parent\n2:freezer:/parent-frozen\n");
	add_process(dir, 70, "S 1 9 72 34816 73", "1:name=systemd:/grandparent\n");
	add_process(dir, 72, "S 1 9 72 34816 73", "1:memory:/leader\n");
	add_process(dir, 73, "S 1 9 72 34816 73", "1:blkio:/terminal\n");
	add_process(dir, 74, "S 1 9 74 0 -1", "1:memory:/stranger\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_diag diag = {0};
		int r = cgw_protect_check(layout, rows[i].path, &diag);

		if (r != (rows[i].reason != NULL ? -EPERM : 0) ||
		    (rows[i].reason != NULL && strstr(diag.text, rows[i].reason) == NULL))
			fail_msg("%s: %d %s", rows[i].path, r, diag.text);
	}
	cgw_layout_free(layout);
	tree_free(dir);
}

/* Reused PIDs can form a loop of parents. */
static void test_loop_of_parents_ends(void **state)
{
	struct tree_dir *dir = tree_new();
	struct cgw_layout *layout;

	tree_machine_v2(dir);
	layout = fake_layout(dir);
	add_process(dir, getpid(), "S 71 9 72 0 -1", "0::/self\n");
	add_process(dir, 71, "S 72 9 72 0 -1", "0::/first\n");
	add_process(dir, 72, "S 71 9 72 0 -1", "0::/second\n");
	assert_int_equal(cgw_protect_check(layout, "/second", NULL), -EPERM);
	assert_int_equal(cgw_protect_check(layout, "/third", NULL), 0);
	cgw_layout_free(layout);
	tree_free(dir);
}

struct attempt {
	const char *path;
	enum cgw_step_kind kind;
	bool yes_really;
	int error;
};

/* `--yes-really` overrides the protection of a service, but not that of our own processes. */
static void test_yes_really(void **state)
{
	static const struct attempt attempts[] = {
		{"/sshd.service", CGW_STEP_FREEZE, false, -EPERM},
		{"/sshd.service", CGW_STEP_KILL, false, -EPERM},
		{"/sshd.service", CGW_STEP_DELETE, false, -EPERM},
		{"/sshd.service", CGW_STEP_SET, false, -EPERM},
		{"/sshd.service", CGW_STEP_THAW, false, 0},
		{"/sshd.service", CGW_STEP_FREEZE, true, 0},
		{"/sshd.service", CGW_STEP_SET, true, 0},
		{"/self", CGW_STEP_FREEZE, true, -EPERM},
		{"/self", CGW_STEP_KILL, true, -EPERM},
		{"/self", CGW_STEP_DELETE, true, -EPERM},
		{"/self", CGW_STEP_SET, false, -EPERM},
		{"/self", CGW_STEP_SET, true, 0}, /* it can be undone */
		{"/self", CGW_STEP_THAW, false, 0},
		{"/other", CGW_STEP_FREEZE, false, 0},
	};
	struct tree_dir *dir = tree_new();
	struct cgw_layout *layout;

	tree_machine_v2(dir);
	for (const char *name = "sshd.service\0self\0other\0"; *name != '\0';
	     name += strlen(name) + 1) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s/pids.max", name);
		tree_file(dir, path, "max\n");
		snprintf(path, sizeof(path), "cgroup/%s/cgroup.freeze", name);
		tree_file(dir, path, "0\n");
		snprintf(path, sizeof(path), "cgroup/%s/cgroup.events", name);
		tree_file(dir, path, "populated 1\nfrozen 0\n");
		snprintf(path, sizeof(path), "cgroup/%s/cgroup.procs", name);
		tree_file(dir, path, "");
	}
	layout = fake_layout(dir);
	fake_reset();
	add_process(dir, getpid(), "S 1 9 9 0 -1", "0::/self\n");
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct cgw_limit_options options = {.backend = CGW_BACKEND_DIRECT,
							  .dry_run = true,
							  .yes_really = attempts[i].yes_really};
		const struct cgw_step step = {.kind = attempts[i].kind,
					      .path = attempts[i].path,
					      .control = CGW_C_PIDS_MAX,
					      .value = "8"};
		struct cgw_plan *plan = NULL;
		int r;

		assert_int_equal(cgw_plan_new(layout, &options, &plan), 0);
		assert_int_equal(cgw_plan_add(plan, &step, NULL), 0);
		r = cgw_plan_apply(plan);
		if (r != attempts[i].error)
			fail_msg("attempt %zu: %d %s", i, r, cgw_plan_result(plan, 0)->diag.text);
		cgw_plan_free(plan);
	}
	assert_int_equal(fake_writes, 0);
	cgw_layout_free(layout);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_essential_services),
		cmocka_unit_test(test_groups_of_essential_processes),
		cmocka_unit_test(test_loop_of_parents_ends),
		cmocka_unit_test(test_yes_really),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
