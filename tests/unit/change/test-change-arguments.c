/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-change-arguments.c - groups, assignments and options of commands that change groups. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd/change/group-arguments.h"
#include "command-run.h"
#include "lib/base/cleanup.h"
#include "special-names.h"

#define WORDS_MAX 12

/* Results are logged to the systemd journal if its socket exists: not those of tests. */
int access(const char *path, int mode)
{
	errno = ENOENT;
	return -1;
}

static struct cli_context context = {.program = "cgward", .command = "set"};

struct machine {
	struct tree_dir *dir;
	struct change_command command;
};

static int setup(void **state)
{
	static const char *const groups[] = {"web", "web/a", "web/b", "w*",
					     "system.slice/x.service"};
	struct machine *machine = calloc(1, sizeof(*machine));
	char cgroup[300], proc[300], sys[300], path[128];
	const struct cgw_roots roots = {cgroup, proc, sys};

	machine->dir = tree_new();
	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/cgroup.subtree_control", "memory pids\n");
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		snprintf(path, sizeof(path), "cgroup/%s/cgroup.controllers", groups[i]);
		tree_file(machine->dir, path, "memory pids\n");
		snprintf(path, sizeof(path), "cgroup/%s/pids.max", groups[i]);
		tree_file(machine->dir, path, "max\n");
		snprintf(path, sizeof(path), "cgroup/%s/pids.current", groups[i]);
		tree_file(machine->dir, path, "1\n");
	}
	(void)tree_at(machine->dir, "cgroup", cgroup, sizeof(cgroup));
	(void)tree_at(machine->dir, "proc", proc, sizeof(proc));
	(void)tree_at(machine->dir, "sys", sys, sizeof(sys));
	change_init(&machine->command, &context);
	machine->command.options.backend = CGW_BACKEND_DIRECT;
	assert_int_equal(cgw_layout_open(&roots, &machine->command.layout, NULL), 0);
	assert_int_equal(cgw_plan_new(machine->command.layout, &machine->command.options,
				      &machine->command.plan),
			 0);
	*state = machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	change_done(&machine->command);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static void test_groups_by_name_and_glob(void **state)
{
	static const struct {
		const char *what[3];
		enum cli_exit status;
		const char *expected; /* the groups, or part of the message */
	} rows[] = {
		{{"/web"}, CLI_OK, "/web "},
		{{"web//a/"}, CLI_OK, "/web/a "},
		{{"x.service"}, CLI_OK, "/system.slice/x.service "},
		{{"/web/*"}, CLI_OK, "/web/a /web/b "},
		{{"/web/*", "/web/b", "/web"}, CLI_OK, "/web/a /web/b /web "}, /* no duplicates */
		{{"/w*"}, CLI_OK, "/w* "}, /* a group of that name, not the glob */
		{{"/we*"}, CLI_OK, "/web "},
		{{"/{web,none}/a"}, CLI_OK, "/web/a "},
		{{"**"},
		 CLI_OK,
		 "/system.slice /system.slice/x.service /w* /web /web/a /web/b "}, /* no root */
		{{"/none"}, CLI_NO_SUCH_GROUP, "no such group '/none'"},
		{{"/none*"}, CLI_NO_SUCH_GROUP, "no group matches '/none*'"},
		{{"/none*\x1b"}, CLI_NO_SUCH_GROUP, "no group matches '/none*\\x1b'"},
		{{"/web[a"}, CLI_USAGE, "["},
		{{"/../*"}, CLI_USAGE, "must not contain"},
		{{""}, CLI_NO_SUCH_GROUP, "no such group ''"},
	};
	const struct machine *machine = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(groups_done) struct group_list list = {0};
		enum cli_exit status = CLI_OK;
		struct capture capture;
		char text[256] = "";

		capture_begin(&capture);
		for (size_t j = 0; j < 3 && rows[i].what[j] != NULL && status == CLI_OK; j++)
			status = groups_add(&machine->command, &list, rows[i].what[j]);
		capture_end(&capture);
		for (size_t j = 0; j < list.count; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
				 list.paths[j]);
		if (status != rows[i].status ||
		    strstr(status == CLI_OK ? text : capture.err, rows[i].expected) == NULL)
			fail_msg("row %zu: %d %s%s", i, (int)status, text, capture.err);
		if (status == CLI_OK)
			assert_string_equal(text, rows[i].expected);
		assert_int_equal(strlen(capture.err) > 0, status != CLI_OK);
		capture_free(&capture);
	}
}

/* Names are bytes: the characters of globs in a name that exists are not special. */
static void test_special_names_are_not_globs(void **state)
{
	struct machine *machine = *state;

	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		char path[128];

		snprintf(path, sizeof(path), "cgroup/z/%s", special_names[i]);
		tree_directory(machine->dir, path);
	}
	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		CLEANUP(groups_done) struct group_list list = {0};
		char path[128];

		snprintf(path, sizeof(path), "/z/%s", special_names[i]);
		assert_int_equal(groups_add(&machine->command, &list, path), CLI_OK);
		assert_int_equal(list.count, 1);
		assert_string_equal(list.paths[0], path);
	}
}

static void test_assignments_become_steps(void **state)
{
	char a[] = "/web/a", b[] = "/web/b", memory[] = "memory.max=1G",
	     pages[] = "hugetlb.2MB.max=max", pids[] = "pids.max=+10%";
	char *paths[] = {a, b}, *good[] = {memory, pages, pids};
	const struct group_list groups = {.paths = paths, .count = 2};
	static const struct {
		const char *path, *value;
		enum cgw_control control;
	} expected[] = {
		{"/web/a", "1G", CGW_C_MEMORY_MAX},       {"/web/b", "1G", CGW_C_MEMORY_MAX},
		{"/web/a", "2MB max", CGW_C_HUGETLB_MAX}, {"/web/b", "2MB max", CGW_C_HUGETLB_MAX},
		{"/web/a", "+10%", CGW_C_PIDS_MAX},       {"/web/b", "+10%", CGW_C_PIDS_MAX},
	};
	struct machine *machine = *state;

	assert_int_equal(assign_add(&machine->command, &groups, 3, good), CLI_OK);
	assert_int_equal(cgw_plan_count(machine->command.plan), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct cgw_step *step = cgw_plan_step(machine->command.plan, i);

		assert_int_equal(step->kind, CGW_STEP_SET);
		assert_string_equal(step->path, expected[i].path);
		assert_int_equal(step->control, expected[i].control);
		assert_string_equal(step->value, expected[i].value);
	}
}

static void test_invalid_assignments(void **state)
{
	struct {
		char text[40];
		const char *err; /* part of the message */
	} rows[] = {
		{"memory.mx=1G", "did you mean 'memory.max'"},
		{"nonsense=1", "nonsense"},
		{"=1", "="},
		{"memory.max=", "memory.max"},
		{"memory.max=2X", "memory.max"},
		{"memory.max=-", "memory.max"},
		{"pids.max=1.5", "pids.max"},
		{"memory.max=99999999999999999999G", "memory.max"},
	};
	char web[] = "/web", *paths[] = {web};
	const struct group_list groups = {.paths = paths, .count = 1};
	struct machine *machine = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *arguments[] = {rows[i].text};
		struct capture capture;
		enum cli_exit status;

		capture_begin(&capture);
		status = assign_add(&machine->command, &groups, 1, arguments);
		capture_end(&capture);
		if (status != CLI_USAGE || strstr(capture.err, rows[i].err) == NULL)
			fail_msg("row %zu: %d %s", i, (int)status, capture.err);
		assert_int_equal(strncmp(capture.err, "cgward set: ", 12), 0);
		assert_int_equal(cgw_plan_count(machine->command.plan), 0);
		capture_free(&capture);
	}
}

/* Options and arguments of whole commands; nothing is changed, because of errors or -n. */
static void test_arguments_of_commands(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum cli_exit status;
		const char *text; /* part of the output, or of the message */
	} rows[] = {
		{{"set", "/web", "pids.max=7"}, CLI_WOULD_CHANGE, "/web: pids.max would become 7"},
		{{"set", "/web/*", "pids.max=7"}, CLI_WOULD_CHANGE, "/web/b: pids.max would"},
		{{"set", "/web", "pids.max=max"}, CLI_OK, "/web: pids.max is already max"},
		{{"set", "--json", "/web", "pids.max=7"}, CLI_WOULD_CHANGE, "\"dry_run\": true"},
		{{"set", "/web"}, CLI_USAGE, "missing GROUP or KEY=VALUE"},
		{{"set", "pids.max=7"}, CLI_USAGE, "missing GROUP or KEY=VALUE"},
		{{"set", "pids.max=7", "/web"}, CLI_USAGE, "unexpected argument '/web'"},
		{{"set", "/web", "pids.max=7", "/web/a"},
		 CLI_USAGE,
		 "unexpected argument '/web/a'"},
		{{"set", "/none", "pids.max=7"}, CLI_NO_SUCH_GROUP, "no such group '/none'"},
		{{"set", "/web", "pids.mx=7"}, CLI_USAGE, "did you mean 'pids.max'"},
		{{"set", "/web", "pids.max=x"}, CLI_USAGE, "pids.max"},
		{{"set", "/web", "pids.max=99999999999"}, CLI_USAGE, "is out of range"},
		{{"set", "--persist", "/web", "pids.max=7"}, CLI_USAGE, "mutually exclusive"},
		{{"set", "--if-id=1", "/web", "pids.max=7"}, CLI_NO_SUCH_GROUP, "/web"},
		{{"set", "--if-id=x", "/web", "pids.max=7"}, CLI_USAGE, "invalid --if-id 'x'"},
		{{"set", "--if-id=0", "/web", "pids.max=7"}, CLI_USAGE, "invalid --if-id '0'"},
		{{"set", "--if-id=1x2", "/web", "pids.max=7"}, CLI_USAGE, "invalid --if-id"},
		{{"set", "--if-id=1,", "/web", "pids.max=7"}, CLI_USAGE, "invalid --if-id"},
		{{"set", "--if-id=-1", "/web", "pids.max=7"}, CLI_USAGE, "invalid --if-id"},
		{{"set", "--policy=/none/at/all", "/web", "pids.max=7"},
		 CLI_POLICY_INVALID,
		 "--yes-really"},
		{{"freeze"}, CLI_USAGE, "missing GROUP"},
		{{"freeze", "--timeout=0", "/web"}, CLI_USAGE, "invalid --timeout '0'"},
		{{"freeze", "--timeout=x", "/web"}, CLI_USAGE, "invalid --timeout 'x'"},
		{{"thaw", "/none"}, CLI_NO_SUCH_GROUP, "no such group"},
		{{"kill", "-sNONE", "/web"}, CLI_USAGE, "unknown signal 'NONE'"},
		{{"kill", "--signal=0", "/web"}, CLI_USAGE, "unknown signal '0'"},
		{{"create", "/.."}, CLI_USAGE, "invalid group '/..'"},
		{{"create"}, CLI_USAGE, "missing"},
		{{"move", "/web"}, CLI_USAGE, ""},
		{{"delete"}, CLI_USAGE, "missing GROUP"},
		{{"undo", "12x"}, CLI_USAGE, "invalid change ID '12x'"},
		{{"undo", "0"}, CLI_USAGE, "invalid change ID '0'"},
		{{"undo", "99999999999999999999"}, CLI_USAGE, "invalid change ID '9999999999"},
	};
	struct machine *machine = *state;
	char policy[300], journal[300];

	(void)tree_at(machine->dir, "policy.conf", policy, sizeof(policy));
	(void)tree_at(machine->dir, "journal", journal, sizeof(journal));
	tree_file(machine->dir, "policy.conf", "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[WORDS_MAX + 5] = {rows[i].words[0], "--dry-run", "--direct",
						    "--policy",       policy,      "--journal",
						    journal};
		struct command_run run;

		for (size_t j = 1; j < WORDS_MAX && rows[i].words[j] != NULL; j++)
			words[6 + j] = rows[i].words[j];
		command_run(change_commands, machine->dir, words, &run);
		if (run.status != (int)rows[i].status ||
		    (strstr(run.capture.out, rows[i].text) == NULL &&
		     strstr(run.capture.err, rows[i].text) == NULL))
			fail_msg("row %zu: status %d\n%s%s", i, run.status, run.capture.out,
				 run.capture.err);
		/* A message in any case; of errors, nothing that looks like a result. */
		assert_true(run.capture.out[0] != '\0' || run.capture.err[0] != '\0');
		if (run.status == CLI_USAGE)
			assert_string_equal(run.capture.out, "");
		command_run_free(&run);
	}
}

/* With --if-id a group is changed only if it is still the same one. */
static void test_groups_with_expected_ids(void **state)
{
	static const struct {
		const char *before, *after; /* the ID of /web/a */
		const char *group;
		enum cli_exit status;
	} rows[] = {
		{"", "", "/web/a", CLI_WOULD_CHANGE},
		{"1,", ",2", "/web/a", CLI_WOULD_CHANGE},
		{"1", "", "/web/a", CLI_NO_SUCH_GROUP}, /* another number */
		{"", "", "/web/b", CLI_NO_SUCH_GROUP},
		{"", "", "/web/*", CLI_NO_SUCH_GROUP}, /* /web/b has another ID */
	};
	struct machine *machine = *state;
	char path[300], option[64];
	struct stat status;

	assert_int_equal(stat(tree_at(machine->dir, "cgroup/web/a", path, sizeof(path)), &status),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[] = {"set",  "--dry-run",   "--direct",   "--yes-really",
				       option, rows[i].group, "pids.max=7", NULL};
		struct command_run run;

		snprintf(option, sizeof(option), "--if-id=%s%llu%s", rows[i].before,
			 (unsigned long long)status.st_ino, rows[i].after);
		command_run(change_commands, machine->dir, words, &run);
		if (run.status != (int)rows[i].status)
			fail_msg("row %zu: status %d: %s", i, run.status, run.capture.err);
		command_run_free(&run);
	}
}

/* As 'run' adds the scope that systemd created. */
static void test_groups_are_added_by_path(void **state)
{
	struct group_list groups = {0};

	assert_int_equal(groups_add_path(&groups, "/a.scope"), 0);
	assert_int_equal(groups_add_path(&groups, "/a.scope"), 0);
	assert_int_equal(groups_add_path(&groups, "/b.scope"), 0);
	assert_int_equal(groups.count, 2);
	assert_int_equal(groups.process_count, 0);
	assert_string_equal(groups.paths[1], "/b.scope");
	assert_null(groups.processes[1]);
	groups_done(&groups);
	assert_int_equal(groups.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_are_added_by_path),
		cmocka_unit_test_setup_teardown(test_groups_by_name_and_glob, setup, teardown),
		cmocka_unit_test_setup_teardown(test_special_names_are_not_globs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_assignments_become_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_invalid_assignments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arguments_of_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_with_expected_ids, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
