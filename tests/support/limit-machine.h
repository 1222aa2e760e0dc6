/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* limit-machine.h - a v1 or v2 machine with a group /web on the fake kernel, and plans on it. */
#pragma once

#include "fake-kernel.h"
#include "test.h"
#include <cgward/limit.h>

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	char journal[4096];
};

static void group_files_v1(struct tree_dir *dir, const char *group)
{
	static const char *const files[][2] = {
		{"memory/%s/memory.limit_in_bytes", "1073741824\n"},
		{"memory/%s/memory.memsw.limit_in_bytes", "2147483648\n"},
		{"memory/%s/memory.usage_in_bytes", "536870912\n"},
		{"memory/%s/cgroup.procs", ""},
		{"cpu,cpuacct/%s/cpu.cfs_quota_us", "-1\n"},
		{"cpu,cpuacct/%s/cpu.cfs_period_us", "100000\n"},
		{"cpu,cpuacct/%s/cpu.shares", "1024\n"},
		{"cpu,cpuacct/%s/cgroup.procs", ""},
		{"pids/%s/pids.max", "max\n"},
		{"pids/%s/pids.current", "10\n"},
		{"pids/%s/cgroup.procs", ""},
		{"freezer/%s/freezer.state", "THAWED\n"},
		{"freezer/%s/freezer.self_freezing", "0\n"},
		{"freezer/%s/freezer.parent_freezing", "0\n"},
		{"freezer/%s/cgroup.procs", ""},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char format[128], path[256];

		snprintf(format, sizeof(format), "cgroup/%s", files[i][0]);
		const char *at = strstr(format, "%s");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)(at - format), format, group, at + 2);
		tree_file(dir, path, files[i][1]);
	}
}

static inline int setup_v1(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->dir = tree_new();
	tree_machine_v1(machine->dir);
	group_files_v1(machine->dir, "web");
	machine->layout = fake_layout(machine->dir);
	(void)tree_at(machine->dir, "journal", machine->journal, sizeof(machine->journal));
	fake_reset();
	*state = machine;
	return 0;
}

static inline int setup_v2(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	machine->dir = tree_new();
	tree_machine_v2(machine->dir);
	tree_file(machine->dir, "cgroup/cgroup.subtree_control", "cpu memory pids\n");
	tree_file(machine->dir, "cgroup/web/cgroup.controllers", "cpu memory pids\n");
	tree_file(machine->dir, "cgroup/web/cgroup.procs", "");
	tree_file(machine->dir, "cgroup/web/memory.max", "max\n");
	tree_file(machine->dir, "cgroup/web/memory.high", "max\n");
	tree_file(machine->dir, "cgroup/web/memory.current", "1000000\n");
	tree_file(machine->dir, "cgroup/web/cpu.max", "max 100000\n");
	tree_file(machine->dir, "cgroup/web/cpu.max.burst", "0\n");
	tree_file(machine->dir, "cgroup/web/pids.max", "max\n");
	tree_file(machine->dir, "cgroup/web/pids.current", "3\n");
	machine->layout = fake_layout(machine->dir);
	(void)tree_at(machine->dir, "journal", machine->journal, sizeof(machine->journal));
	fake_reset();
	*state = machine;
	return 0;
}

static inline int teardown(void **state)
{
	struct machine *machine = *state;

	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	free(machine);
	return 0;
}

static inline struct cgw_limit_options options_of(const struct machine *machine)
{
	return (struct cgw_limit_options){
		.backend = CGW_BACKEND_DIRECT, .journal = machine->journal, .who = "test"};
}

static inline struct cgw_step set(enum cgw_control control, const char *value)
{
	return (struct cgw_step){
		.kind = CGW_STEP_SET, .path = "/web", .control = control, .value = value};
}

/* Applies the steps and copies their results. */
static inline int apply(const struct machine *machine, const struct cgw_limit_options *options,
			const struct cgw_step *steps, size_t count, struct cgw_result *ret_results)
{
	struct cgw_diag diag = {0};
	struct cgw_plan *plan;
	int r;

	assert_int_equal(cgw_plan_new(machine->layout, options, &plan), 0);
	for (size_t i = 0; i < count; i++)
		if (cgw_plan_add(plan, &steps[i], &diag) < 0)
			fail_msg("%s", diag.text);
	r = cgw_plan_apply(plan);
	for (size_t i = 0; i < cgw_plan_count(plan); i++)
		ret_results[i] = *cgw_plan_result(plan, i);
	cgw_plan_free(plan);
	return r;
}

static inline const char *content(const struct machine *machine, const char *file)
{
	static char text[256];
	char path[4096];
	FILE *stream = fopen(tree_at(machine->dir, file, path, sizeof(path)), "r");

	assert_non_null(stream);
	text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
	fclose(stream);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* A process of the v1 machine in one group of all hierarchies. */
static inline void machine_process(const struct machine *machine, pid_t pid, const char *group,
				   unsigned long start)
{
	char text[512], file[64];

	snprintf(file, sizeof(file), "proc/%d/stat", (int)pid);
	snprintf(text, sizeof(text),
		 "%d (a) job) S 1 %d %d 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 %lu 0 0", (int)pid,
		 (int)pid, (int)pid, start);
	tree_file(machine->dir, file, text);
	snprintf(file, sizeof(file), "proc/%d/cgroup", (int)pid);
	snprintf(text, sizeof(text),
		 "6:name=systemd:/\n5:freezer:%s\n4:pids:%s\n3:blkio:/\n2:memory:%s\n"
		 "1:cpu,cpuacct:%s\n",
		 group, group, group, group);
	tree_file(machine->dir, file, text);
}

#define ON(version, test) cmocka_unit_test_setup_teardown(test, setup_v##version, teardown)
