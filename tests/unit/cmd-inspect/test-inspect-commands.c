/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-inspect-commands.c - `cgward inspect` and `cgward explain` on a simulated machine. */
#include <jansson.h>
#include <linux/capability.h>

#include "command-run.h"
#include "lib/base/cleanup.h"
#include "proc-files.h"

#define WORDS_MAX 8

/* /top/web contains PID 10, and its child PID 20; a limit of pids is set on /top. */
static int setup(void **state)
{
	static const struct proc_process processes[] = {
		{.pid = 1, .name = "init", .groups = "0::/\n"},
		{.pid = 10,
		 .name = "web",
		 .groups = "0::/top/web\n",
		 .capabilities = UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_KILL},
		{.pid = 20, .name = "worker", .groups = "0::/top/web/worker\n"},
	};
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	for (size_t i = 0; i < ARRAY_SIZE(processes); i++)
		proc_add(dir, &processes[i]);
	tree_file(dir, "cgroup/top/cgroup.procs", "");
	tree_file(dir, "cgroup/top/pids.max", "20\n");
	tree_file(dir, "cgroup/top/memory.max", "max\n");
	tree_file(dir, "cgroup/top/web/cgroup.procs", "10\n");
	tree_file(dir, "cgroup/top/web/pids.max", "max\n");
	tree_file(dir, "cgroup/top/web/pids.current", "2\n");
	tree_file(dir, "cgroup/top/web/memory.max", "max\n");
	tree_file(dir, "cgroup/top/web/worker/cgroup.procs", "20\n");
	*state = dir;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

/* Runs the words, with the option for a short measurement. */
static void run(struct tree_dir *dir, const char *const *words, struct command_run *ret_run)
{
	const char *all[WORDS_MAX + 2] = {words[0], "--rates=1ms"};

	for (size_t i = 1; i < WORDS_MAX && words[i] != NULL; i++)
		all[i + 1] = words[i];
	command_run(inspect_commands, dir, all, ret_run);
}

static json_t *run_json(struct tree_dir *dir, const char *const *words)
{
	struct command_run command;
	json_t *document;

	run(dir, words, &command);
	if (command.status != CLI_OK)
		fail_msg("status %d: %s", command.status, command.capture.err);
	document = json_loads(command.capture.out, JSON_REJECT_DUPLICATES, NULL);
	if (document == NULL)
		fail_msg("not JSON:\n%s", command.capture.out);
	command_run_free(&command);
	return document;
}

static void test_processes_with_and_without_descendants(void **state)
{
	static const char *const all[] = {"inspect", "-J", "--processes", "/top/web", NULL};
	static const char *const own[] = {"inspect", "-J",       "--processes",
					  "--own",   "/top/web", NULL};
	json_t *document = run_json(*state, all);
	const json_t *process;

	assert_int_equal(json_array_size(json_object_get(document, "processes")), 2);
	json_decref(document);
	document = run_json(*state, own);
	assert_int_equal(json_array_size(json_object_get(document, "processes")), 1);
	process = json_array_get(json_object_get(document, "processes"), 0);
	assert_int_equal(json_integer_value(json_object_get(process, "pid")), 10);
	assert_string_equal(json_string_value(json_object_get(process, "group")), "/top/web");
	json_decref(document);
}

/* The names of the capabilities that the process has, and of no others. */
static void test_capabilities(void **state)
{
	static const char *const words[] = {"inspect", "-J",       "--confinement",
					    "--own",   "/top/web", NULL};
	json_t *document = run_json(*state, words);
	const json_t *process = json_array_get(json_object_get(document, "processes"), 0);
	const json_t *sets =
		json_object_get(json_object_get(process, "confinement"), "capabilities");
	const json_t *effective = json_object_get(sets, "effective");

	assert_int_equal(json_array_size(effective), 2);
	assert_string_equal(json_string_value(json_array_get(effective, 0)), "cap_chown");
	assert_string_equal(json_string_value(json_array_get(effective, 1)), "cap_kill");
	assert_int_equal(json_array_size(json_object_get(sets, "inheritable")), 0);
	json_decref(document);
}

static void test_limits(void **state)
{
	static const char *const words[] = {"inspect", "-J", "--limits", "/top/web", NULL};
	json_t *document = run_json(*state, words);
	const json_t *limits = json_object_get(document, "limits");
	const json_t *pids = json_object_get(limits, "pids"),
		     *memory = json_object_get(limits, "memory"),
		     *swap = json_object_get(limits, "swap");

	assert_int_equal(json_integer_value(json_object_get(pids, "bound")), 20);
	assert_string_equal(json_string_value(json_object_get(pids, "set_by")), "/top");
	assert_int_equal(json_integer_value(json_object_get(pids, "used")), 2);
	assert_string_equal(json_string_value(json_object_get(memory, "bound")), "max");
	assert_true(json_is_null(json_object_get(memory, "set_by")));
	assert_true(json_is_null(json_object_get(swap, "bound"))); /* the file does not exist */
	json_decref(document);
}

/* A name that is not UTF-8 cannot be a JSON string: it is escaped, as in all outputs. */
static void test_names_in_json_are_escaped(void **state)
{
	static const char *const words[] = {"inspect", "-J", "--limits", "/odd \xff\x1b[1m", NULL};
	json_t *document;

	tree_file(*state, "cgroup/odd \xff\x1b[1m/cgroup.procs", "");
	document = run_json(*state, words);
	assert_string_equal(json_string_value(json_object_get(document, "group")),
			    "/odd \\xff\\x1b[1m");
	json_decref(document);
}

/* Explains /top/web with a policy for other groups: this machine may have one. */
static void run_explain(struct tree_dir *dir, struct command_run *ret_run)
{
	char policy[300];
	const char *const words[] = {"explain", "-p",
				     tree_at(dir, "policy.conf", policy, sizeof(policy)),
				     "/top/web", NULL};

	tree_file(dir, "policy.conf", "[protect other]\nmatch = /other\n");
	run(dir, words, ret_run);
	if (ret_run->status != CLI_OK)
		fail_msg("status %d: %s", ret_run->status, ret_run->capture.err);
}

/* The cause is named after the ancestor if it is the ancestor's. */
static void test_cause_of_an_ancestor(void **state)
{
	struct command_run command;

	tree_file(*state, "cgroup/top/cgroup.freeze", "1\n");
	tree_file(*state, "cgroup/top/cgroup.events", "populated 1\nfrozen 1\n");
	run_explain(*state, &command);
	assert_non_null(strstr(command.capture.out, " /top\n"));
	command_run_free(&command);
}

/* A shortage of the whole machine is not caused by the root group. */
static void test_cause_of_the_whole_system(void **state)
{
	struct command_run command;

	tree_file(*state, "proc/meminfo",
		  "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 10 kB\n");
	run_explain(*state, &command);
	assert_non_null(strstr(command.capture.out, "\n 1. "));
	assert_null(strstr(command.capture.out, " /\n"));
	command_run_free(&command);
}

/* Present and past causes have one heading each, however many there are; the policy follows. */
static void test_present_and_past_causes(void **state)
{
	const char *at;
	unsigned headings = 0;
	struct command_run command;

	tree_file(*state, "cgroup/top/cgroup.freeze", "1\n");
	tree_file(*state, "cgroup/top/cgroup.events", "populated 1\nfrozen 1\n");
	tree_file(*state, "cgroup/top/web/pids.events", "max 3\n");
	tree_file(*state, "cgroup/top/web/pids.max", "1000\n");
	tree_file(*state, "cgroup/top/web/memory.events", "oom_kill 3\n");
	run_explain(*state, &command);
	assert_non_null(strstr(command.capture.out, "\n 3. "));
	for (at = command.capture.out; (at = strstr(at, "\n\n")) != NULL; at += 2)
		headings += at[2] >= 'A' && at[2] <= 'Z';
	assert_int_equal(headings, 3);
	command_run_free(&command);
}

static void test_postmortem_lists_and_shows_pages(void **state)
{
	char directory[300], option[320];
	const char *words[] = {"postmortem", option, "show", NULL, NULL};
	struct command_run command;

	snprintf(option, sizeof(option), "--directory=%s",
		 tree_at(*state, "pages", directory, sizeof(directory)));
	command_run(inspect_commands, *state, words, &command);
	assert_int_equal(command.status, CLI_NO_SUCH_GROUP); /* no page so far */
	command_run_free(&command);
	tree_file(*state, "pages/20261124T031500Z-001.json",
		  "{\"id\": \"20261124T031500Z-001\", \"time\": \"2026-11-24T03:15:00.000Z\", "
		  "\"event\": \"oom-kill\", \"group\": \"/top/w\\\\x1bb\", "
		  "\"summary\": \"2 processes were OOM-killed\\n\"}");
	tree_file(*state, "pages/20261124T031600Z-001.json", "{");
	command_run(inspect_commands, *state, words, &command);
	assert_int_equal(command.status, CLI_FAILED); /* the newest is damaged */
	assert_non_null(strstr(command.capture.err, "the file is damaged"));
	command_run_free(&command);
	words[3] = "20261124T031500Z-001";
	command_run(inspect_commands, *state, words, &command);
	assert_int_equal(command.status, CLI_OK);
	assert_non_null(strstr(command.capture.out, "/top/w\\x1bb\n"));
	assert_non_null(strstr(command.capture.out, "2 processes were OOM-killed\\x0a"));
	command_run_free(&command);
	words[2] = NULL;
	command_run(inspect_commands, *state, words, &command);
	assert_int_equal(command.status, CLI_PARTLY);
	assert_non_null(strstr(command.capture.out, "20261124T031500Z-001 oom-kill /top/w\\x1bb"));
	command_run_free(&command);
	words[2] = "shwo";
	command_run(inspect_commands, *state, words, &command);
	assert_int_equal(command.status, CLI_USAGE);
	command_run_free(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_processes_with_and_without_descendants, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_capabilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_in_json_are_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cause_of_an_ancestor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cause_of_the_whole_system, setup, teardown),
		cmocka_unit_test_setup_teardown(test_postmortem_lists_and_shows_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_present_and_past_causes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
