/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-change-report.c - what commands print about each step, and their exit status. */
#include <jansson.h>

#include "capture.h"
#include "cmd/change/change-report.h"
#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "test.h"

/* Results are logged to the systemd journal if its socket exists: not those of tests. */
int access(const char *path, int mode)
{
	errno = ENOENT;
	return -1;
}

static struct cli_context context = {.program = "cgward", .command = "set"};

#define SET(path_, control_, value_)                                                \
	{                                                                           \
		.kind = CGW_STEP_SET, .path = (path_), .control = CGW_C_##control_, \
		.value = (value_)                                                   \
	}
#define STEP(...)                                            \
	{                                                    \
		.path = "/a", .kind = CGW_STEP_##__VA_ARGS__ \
	}
#define RESULT(...)                                  \
	{                                            \
		.outcome = CGW_OUTCOME_##__VA_ARGS__ \
	}

struct row {
	bool dry_run, quiet;
	struct cgw_step step;
	struct cgw_result result;
	enum cli_exit status;
	const char *out, *err;
};

static void assert_row(const struct row *row, size_t number)
{
	struct change_command command = {
		.context = &context, .options.dry_run = row->dry_run, .quiet = row->quiet};
	struct capture capture;
	enum cli_exit status;

	capture_begin(&capture);
	status = report_steps(&command, &row->step, &row->result, 1);
	capture_end(&capture);
	if (status != row->status || strcmp(capture.out, row->out) != 0 ||
	    strcmp(capture.err, row->err) != 0)
		fail_msg("row %zu: status %d\n%s%s", number, (int)status, capture.out, capture.err);
	capture_free(&capture);
}

static void test_successful_steps(void **state)
{
	static const struct row rows[] = {
		{.step = SET("/a", MEMORY_MAX, "2G"),
		 .result = RESULT(DONE, .old_value = "max", .new_value = "2G", .change_id = 3),
		 .out = "/a: memory.max 2G (was max, change 3)\n",
		 .err = ""},
		{.step = SET("/a", MEMORY_MAX, "2G"),
		 .result = RESULT(DONE),
		 .out = "/a: memory.max 2G\n",
		 .err = ""},
		{.step = SET("/a", MEMORY_MAX, "1000"),
		 .result = RESULT(ADJUSTED, .old_value = "max", .new_value = "4096", .change_id = 4,
				  .diag = {.text = "not printed"}),
		 .out = "/a: memory.max: requested 1000, kernel set 4096 (was max, change 4)\n",
		 .err = ""},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(UNCHANGED, .old_value = "7", .new_value = "7"),
		 .out = "/a: pids.max is already 7\n",
		 .err = ""},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(DONE, .new_value = "7", .change_id = 3),
		 .out = "/a: pids.max 7 (change 3)\n",
		 .err = ""},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(DONE, .old_value = "9", .new_value = "7",
				  .diag = {.text = "/ has a lower limit"}),
		 .out = "/a: pids.max 7 (was 9)\n",
		 .err = "cgward set: note: / has a lower limit\n"},
		{.step = STEP(FREEZE),
		 .result = RESULT(DONE, .change_id = 5),
		 .out = "/a: frozen (change 5)\n",
		 .err = ""},
		{.step = STEP(FREEZE),
		 .result = RESULT(UNCHANGED),
		 .out = "/a: already frozen\n",
		 .err = ""},
		{.step = STEP(THAW),
		 .result = RESULT(UNCHANGED),
		 .out = "/a: not frozen\n",
		 .err = ""},
		{.step = STEP(KILL, .signal = 15),
		 .result = RESULT(DONE),
		 .out = "/a: sent signal TERM\n",
		 .err = ""},
		{.step = STEP(KILL, .signal = 9),
		 .result = RESULT(UNCHANGED),
		 .out = "/a: no processes\n",
		 .err = ""},
		{.step = STEP(CREATE), .result = RESULT(DONE), .out = "/a: created\n", .err = ""},
		{.step = STEP(DELETE),
		 .result = RESULT(UNCHANGED),
		 .out = "/a: does not exist\n",
		 .err = ""},
		{.step = STEP(MOVE, .pid = 42),
		 .result = RESULT(DONE, .change_id = 6),
		 .out = "/a: process 42 moved into the group (change 6)\n",
		 .err = ""},
		{.quiet = true, .step = STEP(FREEZE), .result = RESULT(DONE), .out = "", .err = ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(&rows[i], i);
}

/* A dry run prints how each step would be done, and never a number of a change. */
static void test_dry_runs(void **state)
{
	static const struct row rows[] = {
		{.dry_run = true,
		 .step = SET("/a", MEMORY_MAX, "2G"),
		 .result = RESULT(PENDING, .old_value = "max", .new_value = "2G",
				  .how = "file: write it"),
		 .status = CLI_WOULD_CHANGE,
		 .out = "/a: memory.max would become 2G (now max)\n  file: write it\n",
		 .err = ""},
		{.dry_run = true,
		 .step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(UNCHANGED, .old_value = "7", .new_value = "7",
				  .how = "file: not shown"),
		 .out = "/a: pids.max is already 7\n",
		 .err = ""},
		{.dry_run = true,
		 .quiet = true,
		 .step = STEP(KILL, .signal = 1),
		 .result = RESULT(PENDING, .change_id = 9),
		 .status = CLI_WOULD_CHANGE,
		 .out = "/a: would send signal HUP\n",
		 .err = ""},
		{.dry_run = true,
		 .step = STEP(MOVE, .pid = 42),
		 .result = RESULT(PENDING),
		 .status = CLI_WOULD_CHANGE,
		 .out = "/a: process 42 would be moved into the group\n",
		 .err = ""},
		{.dry_run = true,
		 .step = STEP(FREEZE),
		 .result = RESULT(REFUSED, .error = -EPERM,
				  .diag = {.text = "/a contains this process"}),
		 .status = CLI_REFUSED,
		 .out = "",
		 .err = "cgward set: /a contains this process\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(&rows[i], i);
}

/* Failures go to standard error, and name the group and what failed. */
static void test_failed_steps(void **state)
{
	static const struct row rows[] = {
		{.step = SET("/a", MEMORY_MAX, "2G"),
		 .result = RESULT(FAILED, .error = -EACCES),
		 .status = CLI_NO_PRIVILEGE,
		 .out = "",
		 .err = "cgward set: /a: memory.max=2G: Permission denied\n"},
		{.step = SET("/a", MEMORY_MAX, "2G"),
		 .result = RESULT(FAILED, .error = -EBUSY,
				  .diag = {.text = "cannot set memory.max of /a: busy"}),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: cannot set memory.max of /a: busy\n"},
		{.quiet = true,
		 .step = STEP(FREEZE),
		 .result = RESULT(FAILED, .error = -ETIMEDOUT),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: /a: freeze: Connection timed out\n"},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(ROLLED_BACK),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: /a: pids.max=7: rolled back\n"},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(NOT_TRIED),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: /a: pids.max=7: not attempted\n"},
		{.step = SET("/a", PIDS_MAX, "7"),
		 .result = RESULT(INCONSISTENT, .error = -EIO, .old_value = "9"),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: /a: pids.max=7: APPLIED, AND ROLLBACK FAILED: Input/output "
			"error (previous value: 9)\n"},
		{.step = STEP(FREEZE),
		 .result = RESULT(INCONSISTENT, .error = -EIO, .diag = {.text = "the reason"}),
		 .status = CLI_FAILED,
		 .out = "",
		 .err = "cgward set: /a: freeze: APPLIED, AND ROLLBACK FAILED: the reason "
			"(previous value: unknown)\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(&rows[i], i);
}

/* Neither names of groups nor values reach the terminal unescaped. */
static void test_names_and_values_are_escaped(void **state)
{
	static const struct row rows[] = {
		{.step = SET("/a\n\x1b[31m", MEMORY_MAX, "\x1b"),
		 .result = RESULT(DONE, .old_value = "old\x07", .new_value = "new\r"),
		 .out = "/a\\x0a\\x1b[31m: memory.max new\\x0d (was old\\x07)\n",
		 .err = ""},
		{.step = SET("/a\n", MEMORY_MAX, "\x1b"),
		 .result = RESULT(FAILED, .error = -EACCES),
		 .status = CLI_NO_PRIVILEGE,
		 .out = "",
		 .err = "cgward set: /a\\x0a: memory.max=\\x1b: Permission denied\n"},
		{.step = {.kind = CGW_STEP_FREEZE, .path = "/\xff"},
		 .result = RESULT(DONE),
		 .out = "/\\xff: frozen\n",
		 .err = ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(&rows[i], i);
}

static void assert_member(const json_t *object, const char *key, const char *expected)
{
	json_t *member = json_object_get(object, key);
	char *text = member == NULL ? NULL : json_dumps(member, JSON_ENCODE_ANY | JSON_COMPACT);

	if (text == NULL ? expected != NULL : expected == NULL || strcmp(text, expected) != 0)
		fail_msg("%s: expected %s, got %s", key, expected, text);
	free(text);
}

static void test_json(void **state)
{
	static const struct cgw_step steps[] = {SET("/a\n", MEMORY_MAX, "1000"),
						STEP(MOVE, .pid = 42), STEP(KILL, .signal = 15)};
	static const struct cgw_result results[] = {
		RESULT(ADJUSTED, .old_value = "max", .new_value = "4096", .how = "file: write",
		       .change_id = 8),
		RESULT(FAILED, .error = -EACCES, .diag = {.text = "cannot move process 42"}),
		RESULT(NOT_TRIED)};
	struct change_command command = {.context = &context, .json = true};
	struct capture capture;
	json_t *document, *list, *step;
	enum cli_exit status;

	capture_begin(&capture);
	status = report_steps(&command, steps, results, ARRAY_SIZE(steps));
	capture_end(&capture);
	assert_int_equal(status, CLI_NO_PRIVILEGE);
	assert_string_equal(capture.err, "");
	document = json_loads(capture.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	assert_member(document, "dry_run", "false");
	assert_member(document, "status", "4");
	list = json_object_get(document, "steps");
	assert_int_equal(json_array_size(list), 3);
	step = json_array_get(list, 0);
	assert_member(step, "group", "\"/a\\\\x0a\"");
	assert_member(step, "action", "\"set\"");
	assert_member(step, "key", "\"memory.max\"");
	assert_member(step, "asked", "\"1000\"");
	assert_member(step, "old", "\"max\"");
	assert_member(step, "new", "\"4096\"");
	assert_member(step, "how", "\"file: write\"");
	assert_member(step, "message", "null");
	assert_member(step, "change", "8");
	assert_member(step, "error", NULL);
	assert_member(step, "pid", NULL);
	assert_member(step, "signal", NULL);
	step = json_array_get(list, 1);
	assert_member(step, "action", "\"move\"");
	assert_member(step, "pid", "42");
	assert_member(step, "key", NULL);
	assert_member(step, "error", "\"EACCES\"");
	assert_member(step, "message", "\"cannot move process 42\"");
	assert_member(step, "change", NULL);
	step = json_array_get(list, 2);
	assert_member(step, "signal", "15");
	assert_member(step, "old", "null");
	json_decref(document);
	capture_free(&capture);
}

/* Failure outranks a change that would be made, which outranks success. */
static void test_status_of_several_steps(void **state)
{
	static const struct {
		bool dry_run;
		struct cgw_result results[2];
		enum cli_exit status;
	} rows[] = {
		{false, {RESULT(DONE), RESULT(UNCHANGED)}, CLI_OK},
		{true, {RESULT(UNCHANGED), RESULT(PENDING)}, CLI_WOULD_CHANGE},
		{true, {RESULT(PENDING), RESULT(UNCHANGED)}, CLI_WOULD_CHANGE},
		{true, {RESULT(PENDING), RESULT(REFUSED, .error = -EPERM)}, CLI_REFUSED},
		{true, {RESULT(REFUSED, .error = -EPERM), RESULT(PENDING)}, CLI_REFUSED},
		{false, {RESULT(FAILED, .error = -EACCES), RESULT(DONE)}, CLI_NO_PRIVILEGE},
		{false, {RESULT(DONE), RESULT(FAILED, .error = -EREMOTEIO)}, CLI_NOT_KEPT},
		{false, {RESULT(REFUSED, .error = -ESTALE), RESULT(NOT_TRIED)}, CLI_NO_SUCH_GROUP},
	};
	static const struct cgw_step steps[] = {STEP(FREEZE), STEP(THAW)};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct change_command command = {.context = &context,
						 .options.dry_run = rows[i].dry_run};
		struct capture capture;
		enum cli_exit status;

		capture_begin(&capture);
		status = report_steps(&command, steps, rows[i].results, 2);
		capture_end(&capture);
		capture_free(&capture);
		if (status != rows[i].status)
			fail_msg("row %zu: %d", i, (int)status);
	}
}

static int refuse(void *refused, const char *path, enum cgw_step_kind kind, struct cgw_diag *diag)
{
	return strcmp(path, refused) == 0 ? cgw_diag_set(diag, -EPERM, "protected") : 0;
}

/* Applies pids.max=9 and memory.high=1G to /web. */
static enum cli_exit apply(struct tree_dir *dir, const char *refused, struct capture *capture)
{
	struct change_command command = {.context = &context};
	char journal[300];
	enum cli_exit status;

	command.layout = fake_layout(dir);
	command.options.backend = CGW_BACKEND_DIRECT;
	command.options.journal = tree_at(dir, "journal", journal, sizeof(journal));
	command.options.protect = refuse;
	command.options.protect_context = (void *)(uintptr_t)refused;
	assert_int_equal(cgw_plan_new(command.layout, &command.options, &command.plan), 0);
	assert_int_equal(cgw_plan_assign(command.plan, "/web", "pids.max=9", NULL), 0);
	assert_int_equal(cgw_plan_assign(command.plan, "/web", "memory.high=1G", NULL), 0);
	capture_begin(capture);
	status = change_apply(&command);
	capture_end(capture);
	change_done(&command);
	return status;
}

/* The step that failed determines the status, not the one that was rolled back before it. */
static void test_status_of_a_failed_plan(void **state)
{
	struct tree_dir *dir = tree_new();
	struct capture capture;

	tree_machine_v2(dir);
	tree_file(dir, "cgroup/cgroup.subtree_control", "memory pids\n");
	tree_file(dir, "cgroup/web/cgroup.controllers", "memory pids\n");
	tree_file(dir, "cgroup/web/cgroup.procs", "");
	tree_file(dir, "cgroup/web/pids.max", "max\n");
	tree_file(dir, "cgroup/web/pids.current", "3\n");
	tree_file(dir, "cgroup/web/memory.high", "max\n");
	fake_reset();
	fake_fail_at = 2;
	fake_fail_with = -EACCES;
	assert_int_equal(apply(dir, "/other", &capture), CLI_NO_PRIVILEGE);
	assert_string_equal(capture.out, "");
	assert_non_null(strstr(capture.err, "/web: pids.max=9: rolled back\n"));
	assert_non_null(strstr(capture.err, "memory.high"));
	assert_string_equal(fake_log, "pids.max=9\npids.max=max\n");
	capture_free(&capture);
	/* A refusal is not a lack of permissions, although both are EPERM. */
	fake_reset();
	assert_int_equal(apply(dir, "/web", &capture), CLI_REFUSED);
	assert_string_equal(capture.out, "");
	assert_string_equal(fake_log, "");
	capture_free(&capture);
	assert_int_equal(apply(dir, "/other", &capture), CLI_OK);
	assert_string_equal(capture.err, "");
	capture_free(&capture);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_successful_steps),
		cmocka_unit_test(test_dry_runs),
		cmocka_unit_test(test_failed_steps),
		cmocka_unit_test(test_names_and_values_are_escaped),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_status_of_several_steps),
		cmocka_unit_test(test_status_of_a_failed_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
