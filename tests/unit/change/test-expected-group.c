/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-expected-group.c - commands act only on groups that --if-id and the policy allow, and run
 * only in groups that they create. All are dry runs: the machine consists of plain files.
 */

#include "cmd/change/change.h"
#include "replaced-machine.h"

#define ARGUMENTS_MAX 12

static char proc_root[300], cgroup_root[300];

typedef int command_function(struct cli_context *context, int argc, char **argv);

/* Runs a command with "--direct --dry-run" and these arguments; returns its exit status. */
static int run(const struct machine *machine, const char *name, command_function *function,
	       const char *const *arguments)
{
	struct cli_context context = {.program = "cgward", .command = name};
	char *argv[ARGUMENTS_MAX + 4] = {(char *)(uintptr_t)name};
	int argc = 1;

	context.roots.cgroup = tree_at(machine->dir, "cgroup", cgroup_root, sizeof(cgroup_root));
	context.roots.proc = tree_at(machine->dir, "proc", proc_root, sizeof(proc_root));
	argv[argc++] = (char *)(uintptr_t) "--direct";
	argv[argc++] = (char *)(uintptr_t) "--dry-run";
	for (; *arguments != NULL; arguments++) {
		assert_true(argc < ARGUMENTS_MAX + 3);
		argv[argc++] = (char *)(uintptr_t)*arguments;
	}
	return function(&context, argc, argv);
}

static uint64_t id_in(const struct machine *machine, const char *label, const char *path)
{
	uint64_t id = 0;

	for (size_t h = 0; h < machine->layout->hierarchy_count; h++) {
		int fd;

		if (strcmp(machine->layout->hierarchies[h].label, label) != 0)
			continue;
		assert_int_equal(cgw_group_open(machine->layout, h, path, &fd, &id), 0);
		close(fd);
	}
	assert_int_not_equal(id, 0);
	return id;
}

/* As `cgward dump -o id` prints it: the ID in the group's first hierarchy. */
static uint64_t id_of(const struct machine *machine, const char *path)
{
	return id_in(machine, machine->version == 1 ? "memory" : "v2", path);
}

/* Every command that acts on existing groups; "PID" is that of the process. */
static const struct {
	const char *name;
	command_function *function;
	const char *before, *after; /* arguments around the group, or NULL */
} commands[] = {
	{"set", set_command, NULL, "pids.max=64"}, {"freeze", freeze_command, NULL, NULL},
	{"thaw", thaw_command, NULL, NULL},        {"kill", kill_command, NULL, NULL},
	{"delete", delete_command, NULL, NULL},    {"move", move_command, "PID", NULL},
};

static struct machine begin(unsigned version, const char *name)
{
	return machine_begin(version, strcmp(name, "kill") == 0, strcmp(name, "thaw") == 0);
}

static int run_on_web(const struct machine *machine, size_t i, const char *option,
		      const char *value)
{
	const char *arguments[ARGUMENTS_MAX] = {option, value};
	size_t count = 2;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)machine->process.pid);
	if (commands[i].before != NULL)
		arguments[count++] = pid;
	arguments[count++] = "/web";
	if (commands[i].after != NULL)
		arguments[count++] = commands[i].after;
	return run(machine, commands[i].name, commands[i].function, arguments);
}

static void expect(unsigned version, size_t i, const char *what, int expected, int status)
{
	if (status != expected)
		fail_msg("v%u %s, %s: %d", version, commands[i].name, what, status);
}

static void test_if_id(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
			struct machine machine = begin(version, commands[i].name);
			uint64_t id = id_of(&machine, "/web");
			char text[64];

			snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
			expect(version, i, "its ID", CLI_WOULD_CHANGE,
			       run_on_web(&machine, i, "--if-id", text));
			snprintf(text, sizeof(text), "1,%llu,2", (unsigned long long)id);
			expect(version, i, "one of several IDs", CLI_WOULD_CHANGE,
			       run_on_web(&machine, i, "--if-id", text));
			machine_replace(&machine);
			expect(version, i, "the ID of a replaced group", CLI_NO_SUCH_GROUP,
			       run_on_web(&machine, i, "--if-id", text));
			snprintf(text, sizeof(text), "%llu",
				 (unsigned long long)id_of(&machine, "/other"));
			expect(version, i, "the ID of another group", CLI_NO_SUCH_GROUP,
			       run_on_web(&machine, i, "--if-id", text));
			assert_int_equal(machine_end(&machine), 0);
		}
}

/* The numbers of different hierarchies have nothing to do with each other. */
static void test_if_id_is_of_the_first_hierarchy(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct machine machine = begin(1, commands[i].name);
		char text[32];

		snprintf(text, sizeof(text), "%llu",
			 (unsigned long long)id_in(&machine, "pids", "/web"));
		expect(1, i, "the ID in another hierarchy", CLI_NO_SUCH_GROUP,
		       run_on_web(&machine, i, "--if-id", text));
		assert_int_equal(machine_end(&machine), 0);
	}
}

/* With a hierarchy, as `cgward dump -o ids` prints it: the group is the same one there. */
static void test_if_id_of_any_hierarchy(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		for (size_t which = 0; which < ARRAY_SIZE(v1_hierarchies); which++) {
			struct machine machine = begin(1, commands[i].name);
			const char *hierarchy = v1_hierarchies[which];
			uint64_t id = id_in(&machine, hierarchy, "/web");
			char text[128];

			snprintf(text, sizeof(text), "%s:%llu,%llu", hierarchy,
				 (unsigned long long)id,
				 (unsigned long long)id_of(&machine, "/web"));
			expect(1, i, "its ID", CLI_WOULD_CHANGE,
			       run_on_web(&machine, i, "--if-id", text));
			machine_replace_in(&machine, hierarchy);
			expect(1, i, hierarchy, CLI_NO_SUCH_GROUP,
			       run_on_web(&machine, i, "--if-id", text));
			snprintf(text, sizeof(text), "cpu:%llu", (unsigned long long)id);
			expect(1, i, "a hierarchy without the group", CLI_NO_SUCH_GROUP,
			       run_on_web(&machine, i, "--if-id", text));
			assert_int_equal(machine_end(&machine), 0);
		}
}

/* All or nothing: one replaced group among several, and none is changed. */
static void test_if_id_of_several_groups(void **state)
{
	struct machine machine = machine_begin(2, false, false);
	char ids[64];
	const char *arguments[] = {"--if-id", ids, "/web", "/other", "pids.max=64", NULL};

	snprintf(ids, sizeof(ids), "%llu,%llu", (unsigned long long)id_of(&machine, "/web"),
		 (unsigned long long)id_of(&machine, "/other"));
	assert_int_equal(run(&machine, "set", set_command, arguments), CLI_WOULD_CHANGE);
	machine_replace(&machine);
	assert_int_equal(run(&machine, "set", set_command, arguments), CLI_NO_SUCH_GROUP);
	snprintf(ids, sizeof(ids), "%llu", (unsigned long long)id_of(&machine, "/web"));
	assert_int_equal(run(&machine, "set", set_command, arguments), CLI_NO_SUCH_GROUP);
	assert_int_equal(machine_end(&machine), 0);
}

static void test_group_protected_by_policy(void **state)
{
	for (unsigned version = 1; version <= 2; version++)
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
			struct machine machine = begin(version, commands[i].name);
			bool is_harmless = strcmp(commands[i].name, "thaw") == 0;
			char policy[300];

			tree_file(machine.dir, "policy.conf", "[protect web]\nmatch = /web\n");
			(void)tree_at(machine.dir, "policy.conf", policy, sizeof(policy));
			expect(version, i, "protected",
			       is_harmless ? CLI_WOULD_CHANGE : CLI_REFUSED,
			       run_on_web(&machine, i, "--policy", policy));
			tree_file(machine.dir, "policy.conf", "[protect web]\nmatch = /web/*\n");
			expect(version, i, "not protected", CLI_WOULD_CHANGE,
			       run_on_web(&machine, i, "--policy", policy));
			assert_int_equal(machine_end(&machine), 0);
		}
}

/* At its end, `run` kills what is left in its group and deletes it: the group must be its own. */
static void test_run_requires_new_group(void **state)
{
	static const struct {
		const char *name;
		bool is_new;
	} names[] = {
		{"web", false}, {"/web", false},       {"//web/", false},      {"pids-only", false},
		{"new", true},  {"/new", true},        {"/web/new", true},     {"/webmail", true},
		{"/", false},   {"/pids-only", false}, {"/pids-only/a", true},
	};

	for (unsigned version = 1; version <= 2; version++) {
		struct machine machine = machine_begin(version, false, false);

		machine_file(&machine, "pids", "/pids-only", "cgroup.procs", "");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			const char *arguments[] = {"--name", names[i].name, "--", "true", NULL};
			int status = run(&machine, "run", run_command, arguments);

			/* 125: cgward itself failed, and the command did not run. */
			if (status != (names[i].is_new ? CLI_WOULD_CHANGE : 125))
				fail_msg("v%u %s: %d", version, names[i].name, status);
		}
		assert_int_equal(machine_end(&machine), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_if_id),
		cmocka_unit_test(test_if_id_is_of_the_first_hierarchy),
		cmocka_unit_test(test_if_id_of_any_hierarchy),
		cmocka_unit_test(test_if_id_of_several_groups),
		cmocka_unit_test(test_group_protected_by_policy),
		cmocka_unit_test(test_run_requires_new_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
