/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-undo.c - unit tests of undo: whole actions, moves, created groups, and what is skipped. */
#include "limit-machine.h"

#define PID 77

static int count_transactions(void *context, const struct cgw_change *change)
{
	uint64_t *transactions = context;

	transactions[change->id] = change->transaction;
	return 0;
}

static unsigned skipped_count;
static char skipped_reason[256];

static void on_skipped(void *context, const struct cgw_change *change, const char *reason)
{
	skipped_count++;
	snprintf(skipped_reason, sizeof(skipped_reason), "%s", reason);
}

static int undo_last(const struct machine *machine, const struct cgw_limit_options *options,
		     char *message, size_t size)
{
	struct cgw_diag diag = {0};
	struct cgw_plan *plan;
	int r;

	skipped_count = 0;
	assert_int_equal(cgw_plan_new(machine->layout, options, &plan), 0);
	r = cgw_plan_add_undo(plan, 0, CGW_UNDO_TRANSACTION, on_skipped, NULL, &diag);
	r = r < 0 ? r : cgw_plan_apply(plan);
	snprintf(message, size, "%s",
		 cgw_plan_failure(plan) != NULL ? cgw_plan_failure(plan)->diag.text : diag.text);
	cgw_plan_free(plan);
	return r;
}

/* The changes of one plan are one action in the journal, and undone together. */
static void test_undo_restores_all_groups_of_one_action(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_step steps[] = {set(CGW_C_PIDS_MAX, "64"), set(CGW_C_PIDS_MAX, "64"),
				   set(CGW_C_MEMORY_MAX, "800M")};
	const struct cgw_step later = set(CGW_C_CPU_WEIGHT, "200");
	uint64_t transactions[8] = {0};
	struct cgw_result results[3];
	char message[512];

	group_files_v1(machine->dir, "db");
	steps[1].path = "/db";
	assert_int_equal(apply(machine, &options, steps, 3, results), 0);
	assert_true(results[0].reversible);
	assert_int_equal(apply(machine, &options, &later, 1, results), 0);
	assert_int_equal(cgw_journal_read(machine->journal, count_transactions, transactions, NULL),
			 0);
	assert_int_equal(transactions[1], 1);
	assert_int_equal(transactions[2], 1);
	assert_int_equal(transactions[3], 1);
	assert_int_equal(transactions[4], 4);
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_string_equal(content(machine, "cgroup/cpu,cpuacct/web/cpu.shares"), "1024");
	assert_string_equal(content(machine, "cgroup/pids/db/pids.max"), "64");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "max");
	assert_string_equal(content(machine, "cgroup/pids/db/pids.max"), "max");
	assert_string_equal(content(machine, "cgroup/memory/web/memory.limit_in_bytes"),
			    "1073741824");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), -ENOENT);
	assert_int_equal(skipped_count, 0);
}

/* If one of the values was changed since, the action is not undone by half. */
static void test_conflict_keeps_whole_action(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	struct cgw_step steps[] = {set(CGW_C_PIDS_MAX, "64"), set(CGW_C_CPU_WEIGHT, "200")};
	struct cgw_result results[2];
	char message[512];

	assert_int_equal(apply(machine, &options, steps, 2, results), 0);
	tree_file(machine->dir, "cgroup/pids/web/pids.max", "99\n");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), -EBUSY);
	assert_non_null(strstr(message, "cannot undo change 1: it set pids.max to 64, which has"));
	assert_int_not_equal(atoi(content(machine, "cgroup/cpu,cpuacct/web/cpu.shares")), 1024);
	options.force = true;
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "max");
	assert_string_equal(content(machine, "cgroup/cpu,cpuacct/web/cpu.shares"), "1024");
}

/* What cannot be undone is skipped and reported, not offered for ever. */
static void test_undo_skips_what_is_gone(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step limit = set(CGW_C_PIDS_MAX, "64"),
			      create = {.kind = CGW_STEP_CREATE, .path = "/web/new"},
			      delete = {.kind = CGW_STEP_DELETE, .path = "/web/new"};
	struct cgw_result result;
	char message[512];

	assert_int_equal(apply(machine, &options, &limit, 1, &result), 0);
	assert_int_equal(apply(machine, &options, &create, 1, &result), 0);
	assert_true(result.reversible);
	/* The fake kernel creates no files in a group. */
	for (const char *name = "memory\0cpu,cpuacct\0pids\0freezer\0"; *name != '\0';
	     name += strlen(name) + 1) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s/web/new/cgroup.procs", name);
		tree_file(machine->dir, path, "");
	}
	assert_int_equal(apply(machine, &options, &delete, 1, &result), 0);
	assert_false(result.reversible);
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_int_equal(skipped_count, 2);
	assert_string_equal(skipped_reason,
			    "/web/new no longer exists in the cpu,cpuacct hierarchy");
	assert_string_equal(content(machine, "cgroup/pids/web/pids.max"), "max");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), -ENOENT);
	/* By number each is refused with its reason. */
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 3, &result), -EOPNOTSUPP);
	assert_string_equal(result.diag.text, "cannot undo change 3: delete is not reversible");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 2, &result), -ENOENT);
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 9, &result), -ENOENT);
}

/* Ancestors that were created on the way go too; a group in other hierarchies stays there. */
static void test_undo_of_create_removes_what_it_created(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step create = {.kind = CGW_STEP_CREATE, .path = "/a/b"},
			      below = {.kind = CGW_STEP_CREATE, .path = "/only/new"},
			      complete = {.kind = CGW_STEP_CREATE, .path = "/only"};
	struct cgw_result result;
	char message[512], path[4096];

	assert_int_equal(apply(machine, &options, &create, 1, &result), 0);
	assert_string_equal(result.diag.text, "also created /a");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/pids/a", path, sizeof(path)), F_OK), 0);
	/* The parent is in one hierarchy only: so is the group. */
	tree_directory(machine->dir, "cgroup/memory/only");
	assert_int_equal(apply(machine, &options, &below, 1, &result), 0);
	assert_int_equal(
		access(tree_at(machine->dir, "cgroup/memory/only/new", path, sizeof(path)), F_OK),
		0);
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/pids/only", path, sizeof(path)), F_OK), 0);
	/* A group that exists is completed, and undo keeps it where it was. */
	assert_int_equal(apply(machine, &options, &complete, 1, &result), 0);
	assert_int_equal(
		access(tree_at(machine->dir, "cgroup/pids/only", path, sizeof(path)), F_OK), 0);
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/pids/only", path, sizeof(path)), F_OK), 0);
	assert_int_equal(
		access(tree_at(machine->dir, "cgroup/memory/only/new", path, sizeof(path)), F_OK),
		0);
}

/* A value is deleted with its group: it is not set to the old one before. */
static void test_undo_of_create_sets_no_values(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step create = {.kind = CGW_STEP_CREATE, .path = "/new"},
			      limit = {.kind = CGW_STEP_SET,
				       .path = "/new",
				       .control = CGW_C_PIDS_MAX,
				       .value = "64"};
	struct cgw_result result;
	char message[512], path[4096];

	assert_int_equal(apply(machine, &options, &create, 1, &result), 0);
	group_files_v1(machine->dir, "new");
	options.transaction = result.change_id;
	assert_int_equal(apply(machine, &options, &limit, 1, &result), 0);
	fake_reset();
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), 0);
	assert_string_equal(fake_log, "");
	assert_int_not_equal(
		access(tree_at(machine->dir, "cgroup/pids/new", path, sizeof(path)), F_OK), 0);
}

static void move_fixture(const struct machine *machine)
{
	group_files_v1(machine->dir, "old");
	group_files_v1(machine->dir, "other");
	machine_process(machine, PID, "/old", 500);
}

static void test_undo_of_move_returns_process(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	const struct cgw_step move = {.kind = CGW_STEP_MOVE, .path = "/web", .pid = PID};
	struct cgw_result result;

	move_fixture(machine);
	assert_int_equal(apply(machine, &options, &move, 1, &result), 0);
	assert_true(result.reversible);
	assert_string_equal(content(machine, "cgroup/pids/web/cgroup.procs"), "77");
	machine_process(machine, PID, "/web", 500);
	fake_reset();
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), 0);
	assert_string_equal(content(machine, "cgroup/pids/old/cgroup.procs"), "77");
	assert_string_equal(content(machine, "cgroup/memory/old/cgroup.procs"), "77");
	assert_string_equal(fake_log, "cgroup.procs=77\ncgroup.procs=77\ncgroup.procs=77\n"
				      "cgroup.procs=77\n");
}

static void test_undo_of_move_leaves_another_process_alone(void **state)
{
	const struct machine *machine = *state;
	struct cgw_limit_options options = options_of(machine);
	const struct cgw_step move = {.kind = CGW_STEP_MOVE, .path = "/web", .pid = PID};
	struct cgw_result result;
	char message[512];

	move_fixture(machine);
	assert_int_equal(apply(machine, &options, &move, 1, &result), 0);
	/* Moved again by another program. */
	machine_process(machine, PID, "/other", 500);
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 0, &result), -EBUSY);
	assert_string_equal(result.diag.text,
			    "cannot undo change 1: process 77 is no longer in /web, but in /other; "
			    "use --force to move it back");
	/* Another process has the PID: --force changes nothing about that. */
	machine_process(machine, PID, "/web", 501);
	options.force = true;
	fake_reset();
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 1, &result), -ESRCH);
	assert_string_equal(result.diag.text, "cannot undo change 1: process 77 has exited");
	assert_int_equal(undo_last(machine, &options, message, sizeof(message)), -ENOENT);
	assert_int_equal(skipped_count, 1);
	assert_int_equal(fake_writes, 0);
	/* The old group was removed, and another one has its name. */
	machine_process(machine, PID, "/web", 500);
	tree_remove(machine->dir, "cgroup/memory/old");
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 1, &result), -ENOENT);
	assert_int_equal(fake_writes, 0);
}

/* A journal line of an earlier version has no structured fields: its text is not interpreted. */
static void test_undo_ignores_prose(void **state)
{
	const struct machine *machine = *state;
	const struct cgw_limit_options options = options_of(machine);
	struct cgw_result result;
	char path[4200];
	FILE *file;

	move_fixture(machine);
	machine_process(machine, PID, "/web", 500);
	assert_int_equal(mkdir(machine->journal, 0700), 0);
	snprintf(path, sizeof(path), "%s/journal", machine->journal);
	file = fopen(path, "w");
	fputs("{\"id\": 1, \"time_ns\": 1, \"kind\": \"move\", \"group\": \"/web\", "
	      "\"hierarchy\": \"pids\", \"old\": \"77 in /old\", \"new\": \"77 in /web\"}\n",
	      file);
	fclose(file);
	assert_int_equal(cgw_journal_undo(machine->layout, &options, 1, &result), -EOPNOTSUPP);
	assert_int_equal(fake_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(1, test_undo_restores_all_groups_of_one_action),
		ON(1, test_conflict_keeps_whole_action),
		ON(1, test_undo_skips_what_is_gone),
		ON(1, test_undo_of_create_removes_what_it_created),
		ON(1, test_undo_of_create_sets_no_values),
		ON(1, test_undo_of_move_returns_process),
		ON(1, test_undo_of_move_leaves_another_process_alone),
		ON(1, test_undo_ignores_prose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
