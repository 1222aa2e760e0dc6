/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-device-names.c - names of devices are asked for once, and again when they may be another's. */
#include "lib/sample/device-names.h"
#include "sample-machine.h"
#include "test.h"
#include "tree.h"

static void names_are_kept_until_they_are_forgotten(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct devices devices = {0};

	(void)state;
	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	machine_open(machine, "io.rbytes");
	assert_string_equal(devices_name(&devices, machine->layout, 8, 0), "sda");
	assert_string_equal(devices_name(&devices, machine->layout, 259, 7), "259:7");
	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sdb\n");
	assert_string_equal(devices_name(&devices, machine->layout, 8, 0), "sda");
	devices_forget(&devices);
	assert_string_equal(devices_name(&devices, machine->layout, 8, 0), "sdb");
	machine_free(machine);
}

/* Two numbers that share a place take it from each other, and neither has the other's name. */
static void places_are_shared(void **state)
{
	struct machine *machine = machine_new(tree_machine_v2);
	struct devices devices = {0};

	(void)state;
	tree_file(machine->dir, "sys/dev/block/8:0/uevent", "DEVNAME=sda\n");
	tree_file(machine->dir, "sys/dev/block/8:64/uevent", "DEVNAME=sde\n");
	machine_open(machine, "io.rbytes");
	for (int i = 0; i < 2; i++) {
		assert_string_equal(devices_name(&devices, machine->layout, 8, 0), "sda");
		assert_string_equal(devices_name(&devices, machine->layout, 8, DEVICES_KEPT),
				    "sde");
	}
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_kept_until_they_are_forgotten),
		cmocka_unit_test(places_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
