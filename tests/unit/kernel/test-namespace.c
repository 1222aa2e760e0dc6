/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-namespace.c - find the initial namespaces, on the host and inside a container. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "test.h"
#include "tree.h"

#define HOST_PID     "pid:[4026531836]"
#define KERNEL_OLDER "6.17.13-cloud-amd64\n"
#define KERNEL_NEWER "6.18.0\n"

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
};

static int setup(void **state)
{
	static char cgroup[300], proc[300], sys[300];
	struct machine *machine = calloc(1, sizeof(*machine));
	struct cgw_roots roots;

	machine->dir = tree_new();
	tree_machine_v1(machine->dir);
	roots = (struct cgw_roots){
		.cgroup = tree_at(machine->dir, "cgroup", cgroup, sizeof(cgroup)),
		.proc = tree_at(machine->dir, "proc", proc, sizeof(proc)),
		.sys = tree_at(machine->dir, "sys", sys, sizeof(sys)),
	};
	assert_int_equal(cgw_layout_open(&roots, &machine->layout, NULL), 0);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static void link_to(const struct machine *machine, const char *path, const char *target)
{
	char full[300];

	tree_file(machine->dir, path, "");
	assert_int_equal(unlink(tree_at(machine->dir, path, full, sizeof(full))), 0);
	assert_int_equal(symlink(target, full), 0);
}

static uint64_t host_of(const struct machine *machine, enum cgw_namespace_kind kind)
{
	uint64_t inode = 0;

	assert_int_equal(cgw_namespace_of_host(machine->layout, kind, &inode), 0);
	return inode;
}

/* The namespaces of PID 1 are the host's, also with another inode. */
static void test_on_host(void **state)
{
	struct machine *machine = *state;

	link_to(machine, "proc/1/ns/pid", HOST_PID);
	link_to(machine, "proc/1/ns/net", "net:[4026531992]");
	assert_true(cgw_in_host_pid_namespace(machine->layout));
	assert_int_equal(host_of(machine, CGW_NAMESPACE_NETWORK), 4026531992);
}

/* The links of PID 1 cannot be read, but those of kernel threads can. */
static void test_on_host_with_unreadable_pid1(void **state)
{
	struct machine *machine = *state;

	tree_file(machine->dir, "proc/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984\n");
	link_to(machine, "proc/2/ns/mnt", "mnt:[4026531841]");
	assert_true(cgw_in_host_pid_namespace(machine->layout));
	assert_int_equal(host_of(machine, CGW_NAMESPACE_MOUNT), 4026531841);
}

/* PID 2 of a container is not kthreadd, even with a similar name. */
static void test_in_container(void **state)
{
	struct machine *machine = *state;
	uint64_t inode;

	tree_file(machine->dir, "proc/2/stat", "2 (kthread) S 1 0 0 0 -1 0\n");
	tree_file(machine->dir, "proc/sys/kernel/osrelease", KERNEL_OLDER);
	link_to(machine, "proc/1/ns/pid", "pid:[4026532480]");
	link_to(machine, "proc/1/ns/net", "net:[4026532482]");
	link_to(machine, "proc/1/ns/user", "user:[4026531837]");
	assert_false(cgw_in_host_pid_namespace(machine->layout));
	assert_int_equal(host_of(machine, CGW_NAMESPACE_PID), 4026531836);
	assert_int_equal(host_of(machine, CGW_NAMESPACE_USER), 4026531837);
	assert_int_equal(host_of(machine, CGW_NAMESPACE_UTS), 4026531838);
	/* Before Linux 6.18 the host's network namespace is unknown; that of PID 1 can be read. */
	assert_int_equal(cgw_namespace_of_host(machine->layout, CGW_NAMESPACE_NETWORK, &inode),
			 -EOPNOTSUPP);
	assert_int_equal(cgw_namespace_of_pid1(machine->layout, CGW_NAMESPACE_NETWORK, &inode), 0);
	assert_int_equal(inode, 4026532482);
	tree_file(machine->dir, "proc/sys/kernel/osrelease", KERNEL_NEWER);
	assert_int_equal(host_of(machine, CGW_NAMESPACE_NETWORK), 4026531833);
	assert_int_equal(host_of(machine, CGW_NAMESPACE_MOUNT), 4026531832);
}

/* Without access to PID 1, our own PID namespace is compared. */
static void test_by_own_pid_namespace(void **state)
{
	struct machine *machine = *state;

	assert_false(cgw_in_host_pid_namespace(machine->layout));
	link_to(machine, "proc/self/ns/pid", HOST_PID);
	assert_true(cgw_in_host_pid_namespace(machine->layout));
	assert_int_equal(host_of(machine, CGW_NAMESPACE_UTS), 4026531838);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_on_host, setup, teardown),
		cmocka_unit_test_setup_teardown(test_on_host_with_unreadable_pid1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_container, setup, teardown),
		cmocka_unit_test_setup_teardown(test_by_own_pid_namespace, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
