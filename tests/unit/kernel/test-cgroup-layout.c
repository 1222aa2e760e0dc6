/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-cgroup-layout.c - find hierarchies, groups and devices in a tree of plain files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault-ops.h"
#include "lib/base/cleanup.h"
#include "lib/kernel/group-cursor.h"
#include "lib/kernel/kernel-file.h"
#include "lib/kernel/membership.h"
#include "lib/kernel/mounts.h"
#include "test.h"
#include "tree.h"

struct machine {
	struct tree_dir *dir;
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots;
};

static int setup_v1(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->dir = tree_new();
	tree_machine_v1(machine->dir);
	machine->roots.cgroup = tree_at(machine->dir, "cgroup", machine->cgroup, 300);
	machine->roots.proc = tree_at(machine->dir, "proc", machine->proc, 300);
	machine->roots.sys = tree_at(machine->dir, "sys", machine->sys, 300);
	*state = machine;
	return 0;
}

static int setup_v2(void **state)
{
	struct machine *machine;

	(void)setup_v1(state);
	machine = *state;
	tree_remove(machine->dir, "cgroup");
	tree_machine_v2(machine->dir);
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	tree_free(machine->dir);
	free(machine);
	return 0;
}

static struct cgw_layout *open_layout(struct machine *machine)
{
	struct cgw_layout *layout = NULL;
	struct cgw_diag diag = {0};

	if (cgw_layout_open(&machine->roots, &layout, &diag) < 0)
		fail_msg("%s", diag.text);
	return layout;
}

static void test_find_v1_hierarchies(void **state)
{
	struct cgw_layout *layout = open_layout(*state);
	int cpu = cgw_layout_find(layout, CGW_CPU);

	assert_int_equal(layout->kind, CGW_LAYOUT_V1);
	assert_int_equal(layout->hierarchy_count, 6);
	assert_true(cpu >= 0);
	assert_int_equal(cpu, cgw_layout_find(layout, CGW_CPUACCT)); /* same hierarchy */
	assert_string_equal(layout->hierarchies[cpu].label, "cpu,cpuacct");
	assert_string_equal(layout->hierarchies[5].label, "name=systemd");
	assert_int_equal(cgw_layout_find(layout, CGW_RDMA), -ENOENT);
	assert_int_equal(cgw_layout_find_v2(layout), -ENOENT);
	cgw_layout_free(layout);
}

static void test_find_v2_hierarchy(void **state)
{
	struct cgw_layout *layout = open_layout(*state);

	assert_int_equal(layout->kind, CGW_LAYOUT_V2);
	assert_int_equal(layout->hierarchy_count, 1);
	assert_int_equal(cgw_layout_find(layout, CGW_IO), 0);
	assert_int_equal(cgw_layout_find(layout, CGW_CPUSET), -ENOENT);
	cgw_layout_free(layout);
}

static void test_report_invalid_roots(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout = NULL;
	struct cgw_diag diag = {0};
	struct cgw_roots roots = machine->roots;

	roots.cgroup = "/no/such/directory";
	assert_int_equal(cgw_layout_open(&roots, &layout, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "/no/such/directory"));
	tree_file(machine->dir, "proc/self/mountinfo", "this is no mountinfo\n");
	assert_int_equal(cgw_layout_open(&machine->roots, &layout, &diag), -EBADMSG);
	tree_file(machine->dir, "proc/self/mountinfo", "");
	assert_int_equal(cgw_layout_open(&machine->roots, &layout, &diag), -EBADMSG);
	tree_file(machine->dir, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	assert_int_equal(cgw_layout_open(&machine->roots, &layout, &diag), 0);
	assert_int_equal(layout->kind, CGW_LAYOUT_NONE);
	cgw_layout_free(layout);
}

static void test_open_group_below_root_only(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout;
	uint64_t id = 0;
	int fd;

	tree_directory(machine->dir, "cgroup/memory/a/b");
	layout = open_layout(machine);
	assert_int_equal(cgw_group_open(layout, 1, "/a/b", &fd, &id), 0);
	assert_true(id > 0);
	close(fd);
	assert_int_equal(cgw_group_open(layout, 1, "/", &fd, NULL), 0);
	close(fd);
	assert_int_equal(cgw_group_open(layout, 1, "/a/none", &fd, NULL), -ENOENT);
	assert_int_equal(cgw_group_open(layout, 1, "/../outside", &fd, NULL), -EXDEV);
	assert_int_equal(cgw_group_open(layout, 99, "/", &fd, NULL), -EINVAL);
	cgw_layout_free(layout);
}

static void test_reject_symbolic_links(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout;
	char target[300], link[300];
	int fd;

	tree_directory(machine->dir, "outside");
	assert_int_equal(symlink(tree_at(machine->dir, "outside", target, sizeof(target)),
				 tree_at(machine->dir, "cgroup/memory/link", link, sizeof(link))),
			 0);
	layout = open_layout(machine);
	assert_int_equal(cgw_group_open(layout, 1, "/link", &fd, NULL), -ELOOP);
	cgw_layout_free(layout);
}

static void test_find_group_by_any_name(void **state)
{
	static const struct {
		const char *what;
		int result;
		const char *path;
	} cases[] = {
		{"/", 0, "/"},
		{"/system.slice", 0, "/system.slice"},
		{"system.slice//nginx.service/", 0, "/system.slice/nginx.service"},
		{"nginx.service", 0, "/system.slice/nginx.service"},
		{"0123456789ab", 0, "/docker/0123456789abcdef0123456789abcdef"},
		{"0123", 0, "/docker/0123456789abcdef0123456789abcdef"},
		{"feed", 0, "/system.slice/docker-feedfeedfeedfeed.scope"},
		{"cafe", 0, "/machine.slice/libpod-cafecafecafecafe.scope/container"},
		{"twice.service", -ENOTUNIQ, NULL},
		{"none.service", -ENOENT, NULL},
		{"/../etc", -EINVAL, NULL},
		{"", -ENOENT, NULL},
		{"pid:42", 0, "/system.slice/nginx.service"},
		{"pid:43", -ESRCH, NULL},
		{"pid:x", -EINVAL, NULL},
		{"pid:-1", -EINVAL, NULL},
		{"pid:99999999999999999999", -EINVAL, NULL},
	};
	struct machine *machine = *state;
	struct cgw_layout *layout;

	tree_directory(machine->dir, "cgroup/memory/system.slice/nginx.service");
	tree_directory(machine->dir, "cgroup/pids/system.slice/nginx.service");
	tree_directory(machine->dir, "cgroup/memory/a/twice.service");
	tree_directory(machine->dir, "cgroup/memory/b/twice.service");
	tree_directory(machine->dir, "cgroup/pids/docker/0123456789abcdef0123456789abcdef");
	tree_directory(machine->dir, "cgroup/memory/system.slice/docker-feedfeedfeedfeed.scope");
	tree_directory(machine->dir,
		       "cgroup/memory/machine.slice/libpod-cafecafecafecafe.scope/container");
	tree_directory(machine->dir,
		       "cgroup/memory/machine.slice/libpod-conmon-cafecafecafecafe.scope");
	tree_file(machine->dir, "proc/42/cgroup",
		  "3:memory:/system.slice/nginx.service\n2:pids:/\n1:cpu,cpuacct:/\n");
	layout = open_layout(machine);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgw_diag diag = {0};
		char *path = NULL;

		assert_int_equal(cgw_group_find(layout, cases[i].what, &path, &diag),
				 cases[i].result);
		if (cases[i].result == 0)
			assert_string_equal(path, cases[i].path);
		else
			assert_true(diag.text[0] != '\0');
		free(path);
	}
	cgw_layout_free(layout);
}

static void test_read_membership(void **state)
{
	static const char text[] = "9:name=systemd:/user.slice/a:b\n4:memory:/x\n"
				   "3:pids:/../../y\n1:cpu,cpuacct:/user.slice/a:b\n0::/ignored\n";
	static const char tops[] = "9:name=systemd:/user.slice/a:b\n4:memory:/\n3:pids:/../../y\n";
	static const char outside[] = "4:memory:/../x\n";
	struct cgw_layout *layout = open_layout(*state);
	struct cgw_membership membership;

	assert_int_equal(membership_parse(layout, text, strlen(text), &membership), 0);
	assert_true(membership.split);
	assert_string_equal(membership.paths[5], "/user.slice/a:b");
	assert_string_equal(membership.paths[cgw_layout_find(layout, CGW_MEMORY)], "/x");
	assert_string_equal(membership.paths[cgw_layout_find(layout, CGW_PIDS)], "/../../y");
	assert_null(membership.paths[cgw_layout_find(layout, CGW_FREEZER)]);
	/* The memory hierarchy is preferred to a deeper path. */
	assert_string_equal(cgw_membership_main_path(layout, &membership), "/x");
	cgw_membership_done(&membership);
	assert_int_equal(membership_parse(layout, tops, strlen(tops), &membership), 0);
	assert_string_equal(cgw_membership_main_path(layout, &membership), "/user.slice/a:b");
	cgw_membership_done(&membership);
	assert_int_equal(membership_parse(layout, outside, strlen(outside), &membership), 0);
	assert_null(cgw_membership_main_path(layout, &membership));
	cgw_membership_done(&membership);
	assert_int_equal(membership_parse(layout, "rubbish\n", 8, &membership), -EBADMSG);
	assert_int_equal(membership_parse(layout, "1:cpu", 5, &membership), -EBADMSG);
	cgw_layout_free(layout);
}

static void test_read_files_of_any_size(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout = open_layout(machine);
	char *large = malloc(200001), *text;
	size_t length;

	memset(large, 'x', 200000);
	large[200000] = '\0';
	tree_file(machine->dir, "proc/large", large);
	tree_file(machine->dir, "proc/empty", "");
	assert_int_equal(cgw_proc_read(layout, "large", &text, &length), 0);
	assert_int_equal(length, 200000);
	assert_string_equal(text, large);
	free(text);
	assert_int_equal(cgw_proc_read(layout, "empty", &text, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(cgw_proc_read(layout, "none", &text, &length), -ENOENT);
	free(large);
	cgw_layout_free(layout);
}

static void test_device_names(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout;
	char name[64];

	tree_file(machine->dir, "sys/dev/block/259:0/uevent",
		  "MAJOR=259\nMINOR=0\nDEVNAME=nvme0n1\nDEVTYPE=disk\n");
	tree_file(machine->dir, "sys/dev/block/8:1/uevent", "MAJOR=8\n");
	layout = open_layout(machine);
	cgw_device_name(layout, 259, 0, name, sizeof(name));
	assert_string_equal(name, "nvme0n1");
	cgw_device_name(layout, 8, 1, name, sizeof(name));
	assert_string_equal(name, "8:1");
	cgw_device_name(layout, 7, 7, name, sizeof(name));
	assert_string_equal(name, "7:7");
	cgw_layout_free(layout);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	DIR *directory = opendir("/proc/self/fd");

	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

/* Each system call fails once: the result is an error or a smaller layout, without leaks. */
static void test_every_system_call_fails(void **state)
{
	static const int errors[] = {-ENOENT, -EACCES, -EIO, -ENOMEM, -EMFILE, -ENODEV};
	struct machine *machine = *state;

	tree_directory(machine->dir, "cgroup/memory/a/b");
	for (size_t e = 0; e < ARRAY_SIZE(errors); e++)
		for (unsigned at = 1; at < 200; at++) {
			struct cgw_layout *layout = NULL;
			struct cgw_diag diag = {0};
			char *path = NULL;
			unsigned before;
			int r;

			fault_arm(at, errors[e]);
			before = open_descriptors();
			r = layout_open_with(&machine->roots, &fault_ops, &layout, &diag);
			if (r == 0) {
				(void)cgw_group_find(layout, "b", &path, &diag);
				free(path);
				cgw_layout_free(layout);
			} else {
				assert_true(r < 0);
				assert_null(layout);
				assert_true(diag.text[0] != '\0');
			}
			assert_int_equal(open_descriptors(), before);
			if (fault_calls < at)
				break;
			assert_true(at < 199); /* ends before the last iteration */
		}
}

static void test_short_reads(void **state)
{
	struct machine *machine = *state;
	struct cgw_layout *layout = NULL;

	fault_arm(0, 0);
	fault_short = true;
	assert_int_equal(layout_open_with(&machine->roots, &fault_ops, &layout, NULL), 0);
	assert_int_equal(layout->hierarchy_count, 6);
	fault_short = false;
	cgw_layout_free(layout);
}

static void test_open_very_long_path(void **state)
{
	struct machine *machine = *state;
	char path[6000] = "";
	struct cgw_layout *layout;
	int fd;

	/* Longer than PATH_MAX: opened in several steps. */
	tree_directory(machine->dir, "cgroup/memory/deep");
	layout = open_layout(machine);
	for (int i = 0; i < 2900; i++)
		strcat(path, "/.");
	assert_int_equal(cgw_group_open(layout, 1, path, &fd, NULL), 0);
	close(fd);
	cgw_layout_free(layout);
}

static size_t components;

static int counting_open_beneath(int directory, const char *path, int flags)
{
	for (const char *at = path; *at != '\0'; at++)
		components += at == path || *at == '/';
	return kernel_ops_real.open_beneath(directory, path, flags);
}

/* The groups of a chain cost the same at any depth, and a removed one is opened from the top. */
static void test_cursor_opens_deep_groups_in_linear_time(void **state)
{
	enum { LEVELS = 1500 };
	struct kernel_ops counting = kernel_ops_real;
	struct machine *machine = *state;
	char path[2 * LEVELS + 1] = "", tree[2 * LEVELS + 32];
	struct group_cursor cursor;
	struct cgw_layout *layout;
	uint64_t id, same;
	int fd;

	for (int i = 0; i < LEVELS; i++)
		memcpy(path + 2 * i, "/d", 3);
	snprintf(tree, sizeof(tree), "cgroup/memory%s", path);
	tree_directory(machine->dir, tree);
	counting.open_beneath = counting_open_beneath;
	assert_int_equal(layout_open_with(&machine->roots, &counting, &layout, NULL), 0);
	group_cursor_init(&cursor, layout);
	components = 0;
	for (int i = 1; i <= LEVELS; i++) {
		char one[2 * LEVELS + 1];

		snprintf(one, sizeof(one), "%.*s", 2 * i, path);
		assert_int_equal(cgw_group_open(&cursor.layout, 1, one, &fd, &id), 0);
		close(fd);
	}
	/* Those with short paths are opened from the top: 256 levels. */
	assert_in_range(components, LEVELS, LEVELS + 256 * 257);
	assert_int_equal(cgw_group_open(layout, 1, path, &fd, &same), 0);
	close(fd);
	assert_int_equal(id, same);
	/* A sibling whose name begins with that of the group before. */
	snprintf(tree, sizeof(tree), "cgroup/memory%s-sibling", path);
	tree_directory(machine->dir, tree);
	assert_int_equal(
		cgw_group_open(&cursor.layout, 1, tree + strlen("cgroup/memory"), &fd, &id), 0);
	close(fd);
	assert_int_not_equal(id, same);
	assert_int_equal(cgw_group_open(&cursor.layout, 1, path, &fd, &id), 0);
	close(fd);
	assert_int_equal(id, same);
	/* Up again by 500 levels. */
	path[2 * 1000] = '\0';
	assert_int_equal(cgw_group_open(&cursor.layout, 1, path, &fd, &id), 0);
	close(fd);
	assert_int_equal(cgw_group_open(layout, 1, path, &fd, &same), 0);
	close(fd);
	assert_int_equal(id, same);
	/* Removed and created again: not the group that the cursor has. */
	snprintf(tree, sizeof(tree), "cgroup/memory%s", path);
	tree_remove(machine->dir, tree);
	assert_int_equal(cgw_group_open(&cursor.layout, 1, path, &fd, &id), -ENOENT);
	tree_directory(machine->dir, tree);
	assert_int_equal(cgw_group_open(&cursor.layout, 1, path, &fd, &id), 0);
	close(fd);
	assert_int_equal(cgw_group_open(layout, 1, path, &fd, &same), 0);
	close(fd);
	assert_int_equal(id, same);
	group_cursor_done(&cursor);
	cgw_layout_free(layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find_v1_hierarchies, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_find_v2_hierarchy, setup_v2, teardown),
		cmocka_unit_test_setup_teardown(test_report_invalid_roots, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_open_group_below_root_only, setup_v1,
						teardown),
		cmocka_unit_test_setup_teardown(test_reject_symbolic_links, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_find_group_by_any_name, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_read_membership, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_read_files_of_any_size, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_device_names, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_every_system_call_fails, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_short_reads, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_open_very_long_path, setup_v1, teardown),
		cmocka_unit_test_setup_teardown(test_cursor_opens_deep_groups_in_linear_time,
						setup_v1, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
