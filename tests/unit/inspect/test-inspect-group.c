/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-inspect-group.c - processes of a group and its descendants, in one or more hierarchies. */
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include <cgward/inspect.h>

#include "fault-ops.h"
#include "lib/base/cleanup.h"
#include "proc-files.h"
#include "test.h"

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	struct cgw_sampler *sampler;
	struct cgw_frame *frame;
	struct cgw_inspection *inspection;
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

	cgw_inspection_free(machine->inspection);
	cgw_frame_free(machine->frame);
	cgw_sampler_free(machine->sampler);
	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static void inspect(struct machine *machine, const char *path,
		    const struct cgw_inspect_options *options)
{
	char cgroup[300], proc[300];
	struct cgw_roots roots = {
		.cgroup = tree_at(machine->dir, "cgroup", cgroup, sizeof(cgroup)),
		.proc = tree_at(machine->dir, "proc", proc, sizeof(proc)),
	};
	struct cgw_snapshot *snapshot;
	uint32_t group;

	assert_int_equal(layout_open_with(&roots, &fault_ops, &machine->layout, NULL), 0);
	assert_int_equal(cgw_sampler_new(machine->layout, NULL, &machine->sampler, NULL), 0);
	assert_int_equal(cgw_sampler_sample(machine->sampler, &snapshot), 0);
	assert_int_equal(cgw_frame_new(&machine->frame), 0);
	assert_int_equal(cgw_frame_update(machine->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	group = cgw_topology_find(cgw_snapshot_topology(cgw_frame_now(machine->frame)), path);
	assert_int_not_equal(group, CGW_NO_GROUP);
	fault_arm(0, 0);
	assert_int_equal(cgw_inspect(machine->layout, machine->frame, group, options,
				     &machine->inspection, NULL),
			 0);
}

static uint32_t hierarchy_bit(const struct machine *machine, const char *label)
{
	for (size_t h = 0; h < machine->layout->hierarchy_count; h++)
		if (strcmp(machine->layout->hierarchies[h].label, label) == 0)
			return UINT32_C(1) << h;
	fail_msg("there is no hierarchy '%s'", label);
	return 0;
}

/* A process that several hierarchies list is one process, with a bit for each of them. */
static void test_process_in_several_hierarchies(void **state)
{
	struct machine *machine = *state;
	const struct cgw_process *processes;

	tree_machine_v1(machine->dir);
	tree_file(machine->dir, "cgroup/memory/a/cgroup.procs", "10\n20\n");
	tree_file(machine->dir, "cgroup/pids/a/cgroup.procs", "20\n10\n");
	tree_file(machine->dir, "cgroup/freezer/a/cgroup.procs", "20\n");
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 10, .name = "one", .groups = "2:memory:/a\n"});
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 20, .name = "two", .groups = "2:memory:/a\n"});
	inspect(machine, "/a", &(struct cgw_inspect_options){.own_only = true});
	assert_int_equal(machine->inspection->process_count, 2);
	processes = machine->inspection->processes;
	assert_int_equal(processes[0].pid, 10);
	assert_int_equal(processes[0].hierarchies,
			 hierarchy_bit(machine, "memory") | hierarchy_bit(machine, "pids"));
	assert_int_equal(processes[1].pid, 20);
	assert_int_equal(processes[1].hierarchies, hierarchy_bit(machine, "memory") |
							   hierarchy_bit(machine, "pids") |
							   hierarchy_bit(machine, "freezer"));
}

/* Processes above the maximum, and those that exited meanwhile, are counted but not read. */
static void test_processes_that_are_not_read(void **state)
{
	struct machine *machine = *state;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/a/cgroup.procs", "10\n0\n");
	tree_file(machine->dir, "cgroup/a/b/cgroup.procs", "20\n30\n40\n");
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 10, .name = "one", .groups = "0::/a\n"});
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 20, .name = "two", .groups = "0::/a/b\n"});
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 40, .name = "four", .groups = "0::/a/b\n"});
	inspect(machine, "/a", &(struct cgw_inspect_options){.process_max = 3});
	assert_int_equal(machine->inspection->process_count, 2);
	assert_int_equal(machine->inspection->vanished, 1);        /* 30 */
	assert_int_equal(machine->inspection->process_omitted, 1); /* 40 */
	assert_int_equal(machine->inspection->out_of_view, 1); /* 0: in an outer PID namespace */
	assert_int_equal(machine->inspection->processes[1].group,
			 machine->inspection->processes[0].group + 1);
}

#define USE(kind) (1U << CGW_PROCESS_##kind)

/* The delay is that of all threads; without a file, and of a kernel thread, nothing is known. */
static void test_what_processes_use(void **state)
{
	struct machine *machine = *state;
	const struct cgw_process *processes;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/a/cgroup.procs", "10\n20\n");
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 10, .name = "one", .groups = "0::/a\n"});
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 20, .name = "two", .groups = "0::/a\n"});
	proc_file(machine->dir, 10, "io",
		  "rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\n"
		  "cancelled_write_bytes: 5\n");
	proc_file(machine->dir, 10, "schedstat", "9 9 9\n");
	proc_file(machine->dir, 10, "task/10/schedstat", "100 7000 3\n");
	proc_file(machine->dir, 10, "task/11/schedstat", "0 5 1\n");
	proc_file(machine->dir, 10, "smaps_rollup",
		  "0-1 ---p 0 00:00 0 [rollup]\nRss: 40 kB\nPss: 12 kB\nPss_Dirty: 3 kB\n");
	proc_file(machine->dir, 20, "task/20/schedstat", "0 0 0\n");
	inspect(machine, "/a",
		&(struct cgw_inspect_options){.uses = USE(READ) | USE(WRITTEN) | USE(RUN_DELAY) |
						      USE(PSS)});
	processes = machine->inspection->processes;
	assert_int_equal(processes[0].use[CGW_PROCESS_READ].value, 4096);
	assert_int_equal(processes[0].use[CGW_PROCESS_WRITTEN].value, 8192);
	assert_int_equal(processes[0].use[CGW_PROCESS_RUN_DELAY].value, 7005);
	assert_int_equal(processes[0].use[CGW_PROCESS_PSS].value, 12 << 10);
	for (int i = 0; i < CGW_PROCESS_USE_COUNT; i++) {
		assert_int_equal(processes[0].use[i].state, CGW_OK);
		assert_int_equal(processes[1].use[i].state,
				 i == CGW_PROCESS_RUN_DELAY ? CGW_UNSUPPORTED : CGW_ABSENT);
	}
}

static void test_rates_of_processes(void **state)
{
	const struct cgw_number before = {1000, CGW_OK}, now = {4000, CGW_OK};
	struct cgw_value value;

	value = cgw_process_use_value(CGW_PROCESS_READ, &before, &now, 2);
	assert_int_equal(value.state, CGW_OK);
	assert_true(value.real > 1499.9 && value.real < 1500.1);
	/* 3000 ns in 2 s: a share of the time. */
	value = cgw_process_use_value(CGW_PROCESS_RUN_DELAY, &before, &now, 2);
	assert_true(value.real > 0.000149 && value.real < 0.000151);
	/* A thread exited. */
	assert_int_equal(cgw_process_use_value(CGW_PROCESS_RUN_DELAY, &now, &before, 2).state,
			 CGW_WARMUP);
	assert_int_equal(cgw_process_use_value(CGW_PROCESS_READ, NULL, &now, 2).state, CGW_WARMUP);
	assert_int_equal(cgw_process_use_value(CGW_PROCESS_READ, &before,
					       &(struct cgw_number){.state = CGW_DENIED}, 2)
				 .state,
			 CGW_DENIED);
	assert_int_equal(cgw_process_use_value(CGW_PROCESS_PSS, NULL, &now, 0).number, 4000);
}

/* No list contains a zombie; it is found by its groups, or by its parent's. */
static void test_zombies(void **state)
{
	struct machine *machine = *state;

	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/a/cgroup.procs", "10\n");
	tree_file(machine->dir, "cgroup/ab/cgroup.procs", "");
	proc_add(machine->dir,
		 &(struct proc_process){.pid = 10, .name = "one", .groups = "0::/a\n"});
	proc_add(machine->dir,
		 &(struct proc_process){
			 .pid = 20, .name = "dead", .groups = "0::/a\n", .state = 'Z'});
	proc_add(machine->dir,
		 &(struct proc_process){
			 .pid = 30, .name = "other", .groups = "0::/ab\n", .state = 'Z'});
	inspect(machine, "/a", &(struct cgw_inspect_options){.zombies = true});
	assert_int_equal(machine->inspection->process_count, 2);
	assert_int_equal(machine->inspection->processes[1].pid, 20);
	assert_int_equal(machine->inspection->processes[1].state, 'Z');
}

/* A process that is not in the group, in the namespaces of all others. */
static void add_other(struct machine *machine, int pid)
{
	char path[64], full[300], target[64];

	proc_add(machine->dir,
		 &(struct proc_process){.pid = pid, .name = "other", .groups = "0::/b\n"});
	snprintf(path, sizeof(path), "proc/%d/ns", pid);
	tree_directory(machine->dir, path);
	for (enum cgw_namespace_kind kind = 0; kind < CGW_NAMESPACE_COUNT; kind++) {
		const char *name = cgw_namespace_name(kind);

		snprintf(path, sizeof(path), "proc/%d/ns/%s", pid, name);
		snprintf(target, sizeof(target), "%s:[%d]", name, 1000 + (int)kind);
		(void)unlink(tree_at(machine->dir, path, full, sizeof(full)));
		assert_int_equal(symlink(target, full), 0);
	}
}

/*
 * Processes of other groups are read to find who shares the namespaces. Each takes as few system
 * calls as possible: its directory of namespaces and their links, and its list of groups, but not
 * its state, because what has a namespace of mounts is alive.
 */
static void test_calls_for_each_other_process(void **state)
{
	const struct cgw_inspect_options options = {.zombies = true, .shared = true};
	unsigned calls[2];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct machine *machine;

		setup((void **)&machine);
		tree_machine_v2(machine->dir);
		tree_file(machine->dir, "cgroup/a/cgroup.procs", "10\n");
		add_other(machine, 10);
		for (int other = 0; other <= (int)i; other++)
			add_other(machine, 20 + other);
		inspect(machine, "/a", &options);
		calls[i] = fault_calls;
		assert_int_equal(machine->inspection->process_count, 1);
		assert_true(machine->inspection->shared);
		assert_int_equal(machine->inspection->namespace_count, CGW_NAMESPACE_COUNT);
		for (size_t k = 0; k < machine->inspection->namespace_count; k++)
			assert_int_equal(machine->inspection->namespaces[k].other_processes, i + 1);
		teardown((void **)&machine);
	}
	/* Two reads: the list of groups, and its end. */
	assert_int_equal(calls[1] - calls[0], 1 + CGW_NAMESPACE_COUNT + 1 + 2);
}

/* Only all capabilities of the machine, in the host's user namespace, are full privileges. */
static void test_privileges(void **state)
{
	enum { HOST = 77, OTHER = 99 };
	static const uint64_t all = (UINT64_C(1) << 41) - 1;
	const struct {
		uint64_t capabilities, namespace;
		enum cgw_privilege expected;
	} rows[] = {
		{all, HOST, CGW_PRIVILEGE_FULL},
		{all | UINT64_C(1) << 50, HOST, CGW_PRIVILEGE_FULL},
		{all & ~(UINT64_C(1) << CAP_CHOWN), HOST, CGW_PRIVILEGE_ADMIN},
		{UINT64_C(1) << CAP_SYS_ADMIN, HOST, CGW_PRIVILEGE_ADMIN},
		{UINT64_C(1) << CAP_NET_RAW, HOST, CGW_PRIVILEGE_SOME},
		{all, OTHER, CGW_PRIVILEGE_NAMESPACED},
		{all, 0, CGW_PRIVILEGE_UNKNOWN},
		{0, OTHER, CGW_PRIVILEGE_NONE},
	};
	const struct cgw_inspection inspection = {.host_namespaces = {[CGW_NAMESPACE_USER] = HOST},
						  .all_capabilities = all};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_process process = {
			.namespaces = {[CGW_NAMESPACE_USER] = rows[i].namespace}};

		process.confinement.capabilities[CGW_CAPABILITIES_PERMITTED] = rows[i].capabilities;
		if (cgw_process_privilege(&inspection, &process) != rows[i].expected)
			fail_msg("row %zu: %d", i, cgw_process_privilege(&inspection, &process));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_process_in_several_hierarchies, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_processes_that_are_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_processes_use, setup, teardown),
		cmocka_unit_test(test_rates_of_processes),
		cmocka_unit_test_setup_teardown(test_zombies, setup, teardown),
		cmocka_unit_test(test_calls_for_each_other_process),
		cmocka_unit_test(test_privileges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
