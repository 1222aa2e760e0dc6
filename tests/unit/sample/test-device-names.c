/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-device-names.c - tests of the cache of block device names. */
#include "lib/sample/device-names.h"
#include "sample-machine.h"
#include "test.h"
#include "tree.h"

static void test_names_are_cached_until_cleared(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct device_names devices = {0};

	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	machine_open(machine, "io.rbytes");
	assert_string_equal(device_names_get(&devices, machine->layout, 8, 0), "sda");
	assert_string_equal(device_names_get(&devices, machine->layout, 259, 7), "259:7");
	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sdb\n");
	assert_string_equal(device_names_get(&devices, machine->layout, 8, 0), "sda");
	device_names_clear(&devices);
	assert_string_equal(device_names_get(&devices, machine->layout, 8, 0), "sdb");
	machine_free(machine);
}

/* Two numbers with the same entry replace each other and never get the other's name. */
static void test_colliding_numbers_keep_their_names(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct device_names devices = {0};

	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	tree_file(machine->dir, "sys/dev/block/8:64/uevent", "DEVNAME=sde\n");
	machine_open(machine, "io.rbytes");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(device_names_get(&devices, machine->layout, 8, 0), "sda");
		assert_string_equal(
			device_names_get(&devices, machine->layout, 8, DEVICE_NAMES_MAX), "sde");
	}
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_cached_until_cleared),
		cmocka_unit_test(test_colliding_numbers_keep_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
