/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-find-group.c - the group of a process or a name, in namespaces and beside similar names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault-ops.h"
#include "lib/base/cleanup.h"
#include "test.h"
#include "tree.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct machine {
	struct tree_dir *dir;
	char cgroup[300], proc[300];
	struct cgw_layout *layout;
};

/* Opens a copied tree with these mounts. */
static struct machine *machine_new(const char *mountinfo)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->dir = tree_new();
	(void)tree_at(machine->dir, "cgroup", machine->cgroup, sizeof(machine->cgroup));
	(void)tree_at(machine->dir, "proc", machine->proc, sizeof(machine->proc));
	tree_file(machine->dir, "proc/self/mountinfo", mountinfo);
	tree_directory(machine->dir, "cgroup");
	return machine;
}

static void machine_open(struct machine *machine)
{
	const struct cgw_roots roots = {.cgroup = machine->cgroup, .proc = machine->proc};
	struct cgw_diag diag = {0};

	cgw_layout_free(machine->layout);
	if (layout_open_with(&roots, &fault_ops, &machine->layout, &diag) < 0)
		fail_msg("%s", diag.text);
}

static void machine_free(struct machine *machine)
{
	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
}

static const char v2[] = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

/* `expected`: the path, or a part of the message, which may propose a path. */
static void assert_found(const struct machine *machine, const char *what, const char *expected)
{
	CLEANUP(cleanup_free) char *path = NULL;
	struct cgw_diag diag = {0};
	int r = cgw_group_find(machine->layout, what, &path, &diag);

	if (r < 0 ? expected[0] == '/' || strstr(diag.text, expected) == NULL
		  : strcmp(path, expected) != 0)
		fail_msg("%s: got %s, expected %s", what, r < 0 ? diag.text : path, expected);
}

/* The host's tree is mounted in a container with a cgroup namespace, or a sibling's part of it. */
static void test_paths_are_those_of_the_mount(void **state)
{
	static const struct {
		const char *root, *cgroup, *group;
	} cases[] = {
		{"/", "/x", "/x"},
		{"/", "/../sib", NULL},
		{"/", "/..x", "/..x"}, /* a name */
		{"/docker/a", "/docker/a/x", "/x"},
		{"/docker/a", "/docker/a", "/"},
		{"/docker/a", "/docker/ab", NULL},
		{"/docker/a", "/../docker/a", NULL},
		{"/..", "/x", "/ns/x"},
		{"/..", "/", "/ns"},
		{"/..", "/../sib", "/sib"},
		{"/..", "/../ns2/x", "/ns2/x"},
		{"/..", "/..", "/"},
		{"/..", "/../../sib", NULL},
		{"/../..", "/x", "/top/ns/x"},
		{"/../..", "/../sib", "/top/sib"},
		{"/../..", "/../../sib/y", "/sib/y"},
		{"/../sib", "/../sib/y", "/y"},
		{"/../sib", "/../sibling", NULL},
		{"/../sib", "/x", NULL},
		{"/..x", "/..x/y", "/y"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(cgw_membership_done) struct cgw_membership membership = {0};
		char text[200];
		struct machine *machine;

		snprintf(text, sizeof(text),
			 "30 1 0:26 %s /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", cases[i].root);
		machine = machine_new(text);
		/* Another child has a group of the same name, but not the process. */
		tree_file(machine->dir, "cgroup/aaa/x/cgroup.procs", "4\n");
		tree_file(machine->dir, "cgroup/ns/x/cgroup.procs", "41\n42\n");
		tree_file(machine->dir, "cgroup/top/ns/x/cgroup.procs", "42\n");
		tree_file(machine->dir, "proc/42/cgroup", "0::/x\n");
		snprintf(text, sizeof(text), "0::%s\n", cases[i].cgroup);
		tree_file(machine->dir, "proc/7/cgroup", text);
		machine_open(machine);
		assert_int_equal(cgw_membership_read(machine->layout, 7, &membership), 0);
		assert_int_equal(membership.unknown, 0);
		if (cases[i].group == NULL ? strncmp(membership.paths[0], "/../", 4) != 0
					   : strcmp(membership.paths[0], cases[i].group) != 0)
			fail_msg("%s in %s: %s", cases[i].cgroup, cases[i].root,
				 membership.paths[0]);
		assert_found(machine, "pid:7",
			     cases[i].group != NULL ? cases[i].group : "not mounted here");
		machine_free(machine);
	}
}

/* Without a process to identify the namespace's root, no other group is guessed. */
static void test_unknown_namespace_root(void **state)
{
	struct machine *machine =
		machine_new("30 1 0:26 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");

	tree_directory(machine->dir, "cgroup/x");
	tree_file(machine->dir, "cgroup/ns/x/cgroup.procs", "");
	tree_file(machine->dir, "proc/42/cgroup", "0::/x\n");
	machine_open(machine);
	assert_null(machine->layout->hierarchies[0].namespace_root);
	assert_found(machine, "pid:42", "cannot be determined");
	machine_free(machine);
}

static void test_names_like_the_mark_of_a_removed_group(void **state)
{
	struct machine *machine = machine_new(v2);

	tree_file(machine->dir, "cgroup/d/cgroup.procs", "1\n");
	tree_file(machine->dir, "cgroup/d (deleted)/cgroup.procs", "40\n42\n");
	tree_file(machine->dir, "cgroup/d (deleted)/cgroup.threads", "40\n42\n43\n");
	tree_file(machine->dir, "proc/42/cgroup", "0::/d (deleted)\n");
	tree_file(machine->dir, "proc/43/cgroup", "0::/d (deleted)\n");
	tree_file(machine->dir, "proc/44/cgroup", "0::/d (deleted) (deleted)\n");
	tree_file(machine->dir, "proc/4/cgroup", "0::/d (deleted)\n");
	machine_open(machine);
	assert_found(machine, "pid:42", "/d (deleted)");
	assert_found(machine, "pid:43", "/d (deleted)"); /* a thread */
	assert_found(machine, "pid:44", "was removed");
	assert_found(machine, "pid:4", "was removed"); /* not /d, which exists again */
	machine_free(machine);
}

/* On v1 a process may be in a different group of each hierarchy. */
static void test_process_in_one_of_the_hierarchies(void **state)
{
	struct machine *machine = machine_new("");
	CLEANUP(cleanup_free) char *path = NULL;
	uint32_t pids;

	tree_machine_v1(machine->dir);
	tree_file(machine->dir, "proc/42/cgroup", "3:memory:/m\n2:pids:/p\n1:cpu,cpuacct:/\n");
	machine_open(machine);
	pids = UINT32_C(1) << cgw_layout_find(machine->layout, CGW_PIDS);
	assert_int_equal(cgw_group_find_within(machine->layout, "pid:42", pids, &path, NULL), 0);
	assert_string_equal(path, "/p");
	assert_found(machine, "pid:42", "/m");
	machine_free(machine);
}

#define MOUNT(id, root, target, type, options) \
	id " 1 0:" id " " root " /sys/fs/cgroup" target " rw - " type " " type " rw," options "\n"

/* A path names one group only if the paths of all hierarchies start at the same group. */
static void test_hierarchies_start_at_the_same_group(void **state)
{
	static const struct {
		const char *mountinfo;
		const char *used;
		size_t left_out;
	} cases[] = {
		/* the host's cpu beside the container's own: the container's everywhere */
		{MOUNT("30", "/docker/a", "/cpu", "cgroup", "cpu")
			 MOUNT("31", "/docker/a", "/memory", "cgroup", "memory")
				 MOUNT("30", "/", "/host/cpu", "cgroup", "cpu"),
		 "/cpu /memory", 0},
		/* both, of all hierarchies: the host's, which shows more */
		{MOUNT("30", "/docker/a", "/cpu", "cgroup", "cpu")
			 MOUNT("31", "/docker/a", "/memory", "cgroup", "memory")
				 MOUNT("30", "/", "/host/cpu", "cgroup", "cpu")
					 MOUNT("31", "/", "/host/memory", "cgroup", "memory"),
		 "/host/cpu /host/memory", 0},
		{MOUNT("30", "/", "/cpu", "cgroup", "cpu")
			 MOUNT("30", "/..", "/host/cpu", "cgroup", "cpu"),
		 "/host/cpu", 0},
		/* one hierarchy is mounted with another root only */
		{MOUNT("30", "/docker/a", "/cpu", "cgroup", "cpu")
			 MOUNT("31", "/docker/a", "/memory", "cgroup", "memory")
				 MOUNT("32", "/system.slice/docker.service", "/unified", "cgroup2",
				       "nsdelegate"),
		 "/cpu /memory", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine *machine = machine_new(cases[i].mountinfo);
		char used[2000] = "";
		const struct cgw_layout *layout;

		for (const char *name = "cpu\0memory\0host/cpu\0host/memory\0unified\0";
		     *name != '\0'; name += strlen(name) + 1) {
			char path[100];

			snprintf(path, sizeof(path), "cgroup/%s", name);
			tree_directory(machine->dir, path);
		}
		machine_open(machine);
		layout = machine->layout;
		for (size_t h = 0; h < layout->hierarchy_count; h++)
			snprintf(used + strlen(used), sizeof(used) - strlen(used), "%s%s",
				 h > 0 ? " " : "",
				 layout->hierarchies[h].mountpoint + strlen(machine->cgroup));
		if (strcmp(used, cases[i].used) != 0)
			fail_msg("case %zu: uses %s, not %s", i, used, cases[i].used);
		assert_int_equal(layout->other_root_count, cases[i].left_out);
		machine_free(machine);
	}
}

/* Names are found as any output prints them. */
static void test_printed_names_are_found(void **state)
{
	static const struct {
		const char *what, *found;
	} cases[] = {
		{"app\\x2dw.scope", "/app\\x2dw.scope"}, /* of systemd */
		{"/app\\x2dw.scope", "/app\\x2dw.scope"},
		{"/app-w.scope", "/app-w.scope"},
		{"/a\\x1bb", "/a\x1b"
			     "b"},
		{"a\\x1bb", "/a\x1b"
			    "b"},
		{"/a\x1b"
		 "b",
		 "/a\x1b"
		 "b"},
		{"/a\\x5cx1bb", "/a\\x1bb"},        /* a name that imitates an escape */
		{"/only\\x1b", "/only\\x1b"},       /* as in a listing of the directory */
		{"/with\\x20blank", "/with blank"}, /* dump --raw */
		{"/with blank", "/with blank"},
		{"/\\x24HOME", "/$HOME"}, /* dump --export */
		{"/two\\x20", "several groups match"},
		{"/two\\x5cx20", "/two\\x20"},
		{"/two ", "/two "},
		{"/none\\x1b", "no such group '/none\\x5cx1b'"},
	};
	struct machine *machine = machine_new(v2);

	for (const char *name = "app\\x2dw.scope\0app-w.scope\0a\x1b"
				"b\0a\\x1bb\0only\\x1b\0with blank\0$HOME\0two\\x20\0two \0";
	     *name != '\0'; name += strlen(name) + 1) {
		char path[100];

		snprintf(path, sizeof(path), "cgroup/%s", name);
		tree_directory(machine->dir, path);
	}
	machine_open(machine);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_found(machine, cases[i].what, cases[i].found);
	machine_free(machine);
}

/* The table of identities decides what a container is, for `dump` and for arguments. */
static void test_names_of_identities_are_found(void **state)
{
	static const struct {
		const char *what, *found;
	} cases[] = {
		{ID, "/machine.slice/libpod-" ID ".scope"},
		{"0123456789ab", "/machine.slice/libpod-" ID ".scope"},
		{ID ".service", "/machine.slice/" ID ".service"},
		{"feedfeedfeed", "/system.slice:cri-containerd:feedfeedfeedfeed"},
		{"8dbc0f50-6dd5-4a0e-9b5f-0123456789ab",
		 "/kubepods.slice/kubepods-pod8dbc0f50_6dd5_4a0e_9b5f_0123456789ab.slice"},
		{"web", "/lxc.payload.web"},
		{"cpu.service", "/system.slice/_cpu.service"},
		{"cafecafecafecafecafecafecafecafe-0527074092",
		 "/ecs/cafecafecafecafecafecafecafecafe/"
		 "cafecafecafecafecafecafecafecafe-0527074092"},
		{"nothing", "no such group"},
		{"0123456789ac", "no such group"},
		{"_cpu.servce", "no such group '_cpu.servce'; did you mean '_cpu.service'?"},
		{"/lxc.payload.wb", "'/lxc.payload.wb'; did you mean '/lxc.payload.web'?"},
		{"/system.slice/cpu.service", "did you mean '/system.slice/_cpu.service'?"},
	};
	struct machine *machine = machine_new(v2);

	tree_directory(machine->dir, "cgroup/machine.slice/" ID ".service");
	tree_directory(machine->dir, "cgroup/machine.slice/libpod-" ID ".scope");
	tree_directory(machine->dir, "cgroup/machine.slice/libpod-conmon-" ID ".scope");
	tree_directory(machine->dir, "cgroup/system.slice:cri-containerd:feedfeedfeedfeed");
	tree_directory(machine->dir, "cgroup/kubepods.slice/"
				     "kubepods-pod8dbc0f50_6dd5_4a0e_9b5f_0123456789ab.slice");
	tree_directory(machine->dir, "cgroup/lxc.payload.web");
	tree_directory(machine->dir, "cgroup/lxc.monitor.web");
	tree_directory(machine->dir, "cgroup/system.slice/_cpu.service");
	tree_directory(machine->dir, "cgroup/ecs/cafecafecafecafecafecafecafecafe/"
				     "cafecafecafecafecafecafecafecafe-0527074092");
	machine_open(machine);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_found(machine, cases[i].what, cases[i].found);
	machine_free(machine);
}

/* An ID can be shortened to four digits; fewer match too many containers. */
static void test_shortened_container_ids(void **state)
{
	static const struct {
		const char *what, *found;
	} cases[] = {
		{"fedcba987654", "/docker-fedcba9876543210.scope"},
		{"fedc", "/docker-fedcba9876543210.scope"},
		{"fed", "no such group"},
		{"f", "no such group"},
		{"fedx", "no such group"},
		{"edcb", "no such group"},
		{"0123", "no such group"}, /* no ID: too short */
	};
	struct machine *machine = machine_new(v2);

	tree_directory(machine->dir, "cgroup/docker-fedcba9876543210.scope");
	tree_directory(machine->dir, "cgroup/build-01234567");
	machine_open(machine);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_found(machine, cases[i].what, cases[i].found);
	machine_free(machine);
}

/* Without descriptors, nothing is known about a group: it is not reported as missing. */
static void test_errors_are_not_missing_groups(void **state)
{
	static const char *const names[] = {"/a/b", "b", "/none", "0123456789ab"};
	static const int errors[] = {-EMFILE, -ENFILE, -ENOMEM, -EIO};
	struct machine *machine = machine_new(v2);

	tree_directory(machine->dir, "cgroup/a/b");
	machine_open(machine);
	for (size_t e = 0; e < ARRAY_SIZE(errors); e++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			struct cgw_diag diag = {0};
			char *path = NULL;

			fault_arm(1, errors[e]);
			assert_int_equal(cgw_group_find(machine->layout, names[i], &path, &diag),
					 errors[e]);
			assert_non_null(strstr(diag.text, strerror(-errors[e])));
			free(path);
		}
	fault_arm(0, 0);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_those_of_the_mount),
		cmocka_unit_test(test_unknown_namespace_root),
		cmocka_unit_test(test_names_like_the_mark_of_a_removed_group),
		cmocka_unit_test(test_process_in_one_of_the_hierarchies),
		cmocka_unit_test(test_hierarchies_start_at_the_same_group),
		cmocka_unit_test(test_printed_names_are_found),
		cmocka_unit_test(test_names_of_identities_are_found),
		cmocka_unit_test(test_shortened_container_ids),
		cmocka_unit_test(test_errors_are_not_missing_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
