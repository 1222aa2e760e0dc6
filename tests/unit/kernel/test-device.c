/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-device.c - finds disks by name, number and path. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "tree.h"
#include <cgward/kernel.h>

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
};

/* Links a device into /sys/dev/block and /sys/class/block, as the kernel does. */
static void add_device(struct tree_dir *dir, const char *path, const char *number)
{
	char file[128], target[160], link[300];

	snprintf(file, sizeof(file), "sys/devices/%s/dev", path);
	tree_file(dir, file, number);
	tree_directory(dir, "sys/dev/block");
	tree_directory(dir, "sys/class/block");
	snprintf(target, sizeof(target), "../../devices/%s", path);
	snprintf(file, sizeof(file), "sys/dev/block/%s", number);
	assert_int_equal(symlink(target, tree_at(dir, file, link, sizeof(link))), 0);
	snprintf(file, sizeof(file), "sys/class/block/%s",
		 strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path);
	assert_int_equal(symlink(target, tree_at(dir, file, link, sizeof(link))), 0);
}

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	char cgroup[300], proc[300], sys[300];
	struct cgw_roots roots = {.cgroup = cgroup, .proc = proc, .sys = sys};

	assert_non_null(machine);
	machine->dir = tree_new();
	tree_machine_v2(machine->dir);
	add_device(machine->dir, "sda", "8:0");
	add_device(machine->dir, "sda/sda1", "8:1");
	tree_file(machine->dir, "sys/devices/sda/sda1/partition", "1\n");
	add_device(machine->dir, "dm-0", "253:0");
	tree_directory(machine->dir, "sys/devices/dm-0/slaves/sda1");
	(void)tree_at(machine->dir, "cgroup", cgroup, sizeof(cgroup));
	(void)tree_at(machine->dir, "proc", proc, sizeof(proc));
	(void)tree_at(machine->dir, "sys", sys, sizeof(sys));
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

/* IO limits exist for whole disks: a partition stands for its disk. */
static void test_disks(void **state)
{
	static const struct {
		const char *what;
		int expected;
		unsigned major, minor;
	} rows[] = {
		{"sda", 0, 8, 0},
		{"8:0", 0, 8, 0},
		{"sda1", 0, 8, 0},
		{"8:1", 0, 8, 0},
		{"sdb", -ENODEV, 0, 0},
		{"8:16", -ENODEV, 0, 0},
		{"8:0x", -ENODEV, 0, 0},
		{"dm-0", -ENOTUNIQ, 0, 0},      /* built from several disks, perhaps */
		{"/proc/self", -ENOTBLK, 0, 0}, /* a file system without a device */
		{"/proc/none", -ENODEV, 0, 0},
	};
	const struct machine *machine = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned major = 0, minor = 0;
		struct cgw_diag diag = {0};
		int r = cgw_device_find(machine->layout, rows[i].what, &major, &minor, &diag);

		if (r != rows[i].expected || major != rows[i].major || minor != rows[i].minor)
			fail_msg("%s: %d, %u:%u, %s", rows[i].what, r, major, minor, diag.text);
		assert_int_equal(r < 0, diag.text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_disks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
