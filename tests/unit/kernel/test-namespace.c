/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-namespace.c - which namespaces are the machine's own, on the host and from inside a container. */
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

struct world {
	struct tree_dir *dir;
	struct cgw_layout *layout;
};

static int setup(void **state)
{
	static char cgroup[300], proc[300], sys[300];
	struct world *world = calloc(1, sizeof(*world));
	struct cgw_roots roots;

	world->dir = tree_new();
	tree_machine_v1(world->dir);
	roots = (struct cgw_roots){
		.cgroup = tree_at(world->dir, "cgroup", cgroup, sizeof(cgroup)),
		.proc = tree_at(world->dir, "proc", proc, sizeof(proc)),
		.sys = tree_at(world->dir, "sys", sys, sizeof(sys)),
	};
	assert_int_equal(cgw_layout_open(&roots, &world->layout, NULL), 0);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	cgw_layout_free(world->layout);
	tree_free(world->dir);
	free(world);
	return 0;
}

static void link_to(const struct world *world, const char *path, const char *target)
{
	char full[300];

	tree_file(world->dir, path, "");
	assert_int_equal(unlink(tree_at(world->dir, path, full, sizeof(full))), 0);
	assert_int_equal(symlink(target, full), 0);
}

static uint64_t host_of(const struct world *world, enum cgw_namespace_kind kind)
{
	uint64_t inode = 0;

	assert_int_equal(cgw_namespace_of_host(world->layout, kind, &inode), 0);
	return inode;
}

/* What PID 1 shows is the host's, whatever its number. */
static void on_the_host(void **state)
{
	struct world *world = *state;

	link_to(world, "proc/1/ns/pid", HOST_PID);
	link_to(world, "proc/1/ns/net", "net:[4026531992]");
	assert_true(cgw_in_host_pid_namespace(world->layout));
	assert_int_equal(host_of(world, CGW_NAMESPACE_NETWORK), 4026531992);
}

/* PID 1 guarded: its links cannot be read, the kernel's threads' can. */
static void with_a_guarded_first_process(void **state)
{
	struct world *world = *state;

	tree_file(world->dir, "proc/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984\n");
	link_to(world, "proc/2/ns/mnt", "mnt:[4026531841]");
	assert_true(cgw_in_host_pid_namespace(world->layout));
	assert_int_equal(host_of(world, CGW_NAMESPACE_MOUNT), 4026531841);
}

/* A process of that name as number 2 of a container does not make it the host... */
static void in_a_container(void **state)
{
	struct world *world = *state;
	uint64_t inode;

	tree_file(world->dir, "proc/2/stat", "2 (kthread) S 1 0 0 0 -1 0\n");
	tree_file(world->dir, "proc/sys/kernel/osrelease", KERNEL_OLDER);
	link_to(world, "proc/1/ns/pid", "pid:[4026532480]");
	link_to(world, "proc/1/ns/net", "net:[4026532482]");
	link_to(world, "proc/1/ns/user", "user:[4026531837]");
	assert_false(cgw_in_host_pid_namespace(world->layout));
	assert_int_equal(host_of(world, CGW_NAMESPACE_PID), 4026531836);
	assert_int_equal(host_of(world, CGW_NAMESPACE_USER), 4026531837);
	assert_int_equal(host_of(world, CGW_NAMESPACE_UTS), 4026531838);
	/* ... and what this kernel does not number is not claimed; what PID 1 has is still told. */
	assert_int_equal(cgw_namespace_of_host(world->layout, CGW_NAMESPACE_NETWORK, &inode),
			 -EOPNOTSUPP);
	assert_int_equal(cgw_namespace_of_pid1(world->layout, CGW_NAMESPACE_NETWORK, &inode), 0);
	assert_int_equal(inode, 4026532482);
	tree_file(world->dir, "proc/sys/kernel/osrelease", KERNEL_NEWER);
	assert_int_equal(host_of(world, CGW_NAMESPACE_NETWORK), 4026531833);
	assert_int_equal(host_of(world, CGW_NAMESPACE_MOUNT), 4026531832);
}

/* The last that is left where nothing of PID 1 may be read: our own PID namespace. */
static void by_our_own(void **state)
{
	struct world *world = *state;

	assert_false(cgw_in_host_pid_namespace(world->layout));
	link_to(world, "proc/self/ns/pid", HOST_PID);
	assert_true(cgw_in_host_pid_namespace(world->layout));
	assert_int_equal(host_of(world, CGW_NAMESPACE_UTS), 4026531838);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(on_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(with_a_guarded_first_process, setup, teardown),
		cmocka_unit_test_setup_teardown(in_a_container, setup, teardown),
		cmocka_unit_test_setup_teardown(by_our_own, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
