/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-doctor.c - verdicts of `cgward doctor` on simulated machines. */
#include <jansson.h>

#include "command-run.h"
#include "lib/base/cleanup.h"

#define V2_MOUNT "30 22 0:26 / /sys/fs/cgroup %s - cgroup2 cgroup2 rw\n"

struct machine {
	struct tree_dir *dir;
	struct command_run run;
	json_t *document;
};

static int setup(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	assert_non_null(machine);
	machine->dir = tree_new();
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	json_decref(machine->document);
	command_run_free(&machine->run);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static void run_doctor(struct machine *machine)
{
	static const char *const words[] = {"doctor", "-J", NULL};

	command_run(doctor_commands, machine->dir, words, &machine->run);
	machine->document = json_loads(machine->run.capture.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(machine->document);
}

static const char *text_of(const struct machine *machine, const char *check, const char *key)
{
	const json_t *list = json_object_get(machine->document, "checks"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "check")), check) == 0)
			return json_string_value(json_object_get(item, key));
	}
	fail_msg("there is no check '%s'", check);
	return NULL;
}

static void expect(const struct machine *machine, const char *check, const char *verdict)
{
	if (strcmp(text_of(machine, check, "verdict"), verdict) != 0)
		fail_msg("%s: %s, expected %s: %s", check, text_of(machine, check, "verdict"),
			 verdict, text_of(machine, check, "what"));
}

static void test_v2_machine_works(void **state)
{
	struct machine *machine = *state;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/cgroup.controllers", "cpu cpuset io memory pids\n");
	tree_file(machine->dir, "cgroup/cgroup.procs", "");
	tree_file(machine->dir, "cgroup/a/cgroup.procs", "");
	tree_file(machine->dir, "proc/pressure/memory", "some avg10=0.00 total=0\n");
	run_doctor(machine);
	assert_int_equal(machine->run.status, CLI_OK);
	expect(machine, "layout", "works");
	expect(machine, "controllers", "works");
	expect(machine, "reading", "works");
	/* Groups of v2 always include their descendants: without the file of v1, none is alone. */
	expect(machine, "accounting", "works");
	expect(machine, "writing", "works");
	expect(machine, "pressure", "works");
}

/* Only a controller that the kernel has and that was disabled gets the advice to enable it. */
static void test_disabled_controllers(void **state)
{
	struct machine *machine = *state;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/cgroup.controllers", "cpu io pids\n");
	tree_file(machine->dir, "proc/cgroups",
		  "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
		  "cpuset\t0\t1\t1\nmemory\t0\t1\t0\nmemory_like\t0\t1\t1\n");
	run_doctor(machine);
	expect(machine, "controllers", "limited");
	assert_non_null(strstr(text_of(machine, "controllers", "todo"), "cgroup_disable=memory"));
	assert_null(strstr(text_of(machine, "controllers", "todo"), "cpuset"));
}

static void test_read_only_mounts(void **state)
{
	struct machine *machine = *state;
	char mountinfo[256];

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/cgroup.procs", "");
	snprintf(mountinfo, sizeof(mountinfo), V2_MOUNT, "ro,nosuid");
	tree_file(machine->dir, "proc/self/mountinfo", mountinfo);
	run_doctor(machine);
	expect(machine, "writing", "fails");
}

/* With several hierarchies, one of which can be written. */
static void test_some_mounts_are_read_only(void **state)
{
	struct machine *machine = *state;

	tree_machine_v1(machine->dir);
	tree_file(machine->dir, "proc/self/mountinfo",
		  "31 25 0:27 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
		  "33 25 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
	run_doctor(machine);
	expect(machine, "writing", "limited");
	assert_non_null(strstr(text_of(machine, "writing", "what"), "memory"));
	assert_null(strstr(text_of(machine, "writing", "what"), "pids"));
}

static void test_memory_without_descendants(void **state)
{
	struct machine *machine = *state;

	tree_machine_v1(machine->dir);
	tree_file(machine->dir, "cgroup/memory/memory.use_hierarchy", "1\n");
	tree_file(machine->dir, "cgroup/memory/a/memory.use_hierarchy", "0\n");
	tree_file(machine->dir, "cgroup/memory/b/memory.use_hierarchy", "1\n");
	run_doctor(machine);
	expect(machine, "accounting", "limited");
	assert_int_equal(strtol(text_of(machine, "accounting", "what"), NULL, 10), 1);
}

static void test_no_hierarchy(void **state)
{
	struct machine *machine = *state;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	run_doctor(machine);
	assert_int_equal(machine->run.status, CLI_NO_CGROUP);
	expect(machine, "layout", "fails");
	expect(machine, "writing", "fails");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_v2_machine_works, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disabled_controllers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_only_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_some_mounts_are_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_without_descendants, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_hierarchy, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
