/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-action-journal.c - what a policy does is in the journal of its changes. */
#include "applier-fixture.h"

struct counted {
	enum cgw_step_kind kind;
	unsigned count;
	struct cgw_change change; /* the last one; its pointers are not valid */
};

static int count_kind(void *context, const struct cgw_change *change)
{
	struct counted *counted = context;

	if (change->kind != counted->kind)
		return 0;
	counted->count++;
	counted->change = *change;
	return 0;
}

/* The changes of that kind. */
static struct counted changes_of(const struct fixture *fixture, enum cgw_step_kind kind)
{
	struct counted counted = {.kind = kind};

	assert_int_equal(cgw_journal_read(fixture->directory, count_kind, &counted, NULL), 0);
	return counted;
}

/* A group with one process, and the action that kills the largest one. */
static struct cgw_action begin_kill(struct fixture *fixture, unsigned version, const char *path)
{
	char file[64], groups[128];
	struct cgw_action action;
	pid_t pid;
	int fd;

	begin(fixture, version);
	pid = fixture->machine.process.pid;
	fixture->machine.is_populated = true;
	machine_add_group(&fixture->machine, path);
	snprintf(groups, sizeof(groups), "3:pids:%s\n0::%s\n", path, path);
	test_process_list(fixture->machine.dir, pid, groups, false);
	snprintf(file, sizeof(file), "proc/%d/statm", (int)pid);
	tree_file(fixture->machine.dir, file, "100 50 10 1 0 30 0\n");
	action = action_of(fixture, CGW_ACTION_KILL, NULL);
	action.path = path;
	action.largest_only = true;
	assert_int_equal(cgw_group_open(fixture->machine.layout, action.hierarchy, path, &fd,
					&action.group_id),
			 0);
	close(fd);
	return action;
}

/* A signal to one process is as much a change as a signal to all of them. */
static void test_kill_of_largest_process(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct fixture fixture;
		struct cgw_action action = begin_kill(&fixture, version, "/web");
		struct counted counted;

		assert_int_equal(apply(&fixture, &action, true), 0);
		counted = changes_of(&fixture, CGW_STEP_KILL);
		assert_int_equal(counted.count, 1);
		assert_int_equal(counted.change.process, fixture.machine.process.pid);
		assert_int_equal(counted.change.process_start, 4711);
		assert_int_equal(counted.change.signal, SIGTERM);
		assert_int_equal(counted.change.group_id, action.group_id);
		assert_string_equal(counted.change.who, "rule test");
		undo_store_free(fixture.applier.store);
		assert_int_equal(machine_end(&fixture.machine), SIGTERM);
	}
}

/* The largest process of a service that others depend on is usually its main process. */
static void test_largest_process_of_essential_service_is_refused(void **state)
{
	struct fixture fixture;
	struct cgw_action action = begin_kill(&fixture, 2, "/dbus.service");

	assert_int_equal(apply(&fixture, &action, true), -EPERM);
	assert_int_equal(changes_of(&fixture, CGW_STEP_KILL).count, 0);
	end(&fixture);
}

static bool is_thawed(const struct fixture *fixture)
{
	bool v1 = fixture->machine.version == 1;
	char path[300], word[16] = "";
	FILE *stream =
		fopen(tree_at(fixture->machine.dir,
			      v1 ? "cgroup/freezer/web/freezer.state" : "cgroup/web/cgroup.freeze",
			      path, sizeof(path)),
		      "re");

	assert_non_null(stream);
	word[fread(word, 1, sizeof(word) - 1, stream)] = '\0';
	(void)fclose(stream);
	return strncmp(word, v1 ? "THAWED" : "0", v1 ? 6 : 1) == 0;
}

/* The guard thaws in the daemon's place, without the journal. */
static void test_thaw_by_the_guard(void **state)
{
	for (unsigned version = 1; version <= 2; version++) {
		struct fixture fixture;
		struct cgw_action action;
		struct counted counted;

		begin(&fixture, version);
		assert_int_equal(thaw_guard_start(fixture.machine.layout, &fixture.applier.guard),
				 0);
		action = action_of(&fixture, CGW_ACTION_FREEZE, NULL);
		assert_int_equal(apply(&fixture, &action, true), 0); /* for no time at all */
		while (!is_thawed(&fixture))
			usleep(1000);
		/* As the kernel does. */
		if (version == 2)
			machine_file(&fixture.machine, "", "/web", "cgroup.events",
				     "populated 1\nfrozen 0\n");
		action = action_of(&fixture, CGW_ACTION_THAW, NULL);
		assert_int_equal(apply(&fixture, &action, true), 0);
		assert_int_equal(changes_of(&fixture, CGW_STEP_FREEZE).count, 1);
		counted = changes_of(&fixture, CGW_STEP_THAW);
		assert_int_equal(counted.count, 1);
		assert_string_equal(counted.change.old_value, "frozen");
		fixture.applier.guard = thaw_guard_stop(fixture.applier.guard);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_of_largest_process),
		cmocka_unit_test(test_largest_process_of_essential_service_is_refused),
		cmocka_unit_test(test_thaw_by_the_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
