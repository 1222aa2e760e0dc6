/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replaced-machine.h - a machine whose group /web can be replaced by another one of that name. */
#pragma once

#include <signal.h>

#include "fake-kernel.h"
#include "lib/base/cleanup.h"
#include "test-process.h"
#include <cgward/limit.h>

struct machine {
	struct tree_dir *dir;
	struct cgw_layout *layout;
	unsigned version, replaced;
	bool is_frozen;              /* new groups are frozen */
	struct test_process process; /* the only process of /web; listed if `is_populated` */
	bool is_populated;
	char journal[300];
};

static const char *const v1_hierarchies[] = {"memory", "pids", "freezer"};

static inline void machine_file(struct machine *machine, const char *hierarchy, const char *group,
				const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "cgroup%s%s%s/%s", machine->version == 1 ? "/" : "",
		 machine->version == 1 ? hierarchy : "", group, file);
	tree_file(machine->dir, path, text);
}

static inline void machine_add_group(struct machine *machine, const char *group)
{
	bool is_frozen = machine->is_frozen;
	char procs[32] = "";

	if (machine->is_populated)
		snprintf(procs, sizeof(procs), "%d\n", (int)machine->process.pid);
	for (size_t i = 0; i < ARRAY_SIZE(v1_hierarchies); i++)
		machine_file(machine, v1_hierarchies[i], group, "cgroup.procs", procs);
	machine_file(machine, "pids", group, "pids.max", "max\n");
	if (machine->version == 1) {
		machine_file(machine, "freezer", group, "freezer.state",
			     is_frozen ? "FROZEN\n" : "THAWED\n");
		machine_file(machine, "freezer", group, "freezer.self_freezing",
			     is_frozen ? "1\n" : "0\n");
		machine_file(machine, "freezer", group, "freezer.parent_freezing", "0\n");
		return;
	}
	machine_file(machine, "", group, "cgroup.controllers", "pids\n");
	machine_file(machine, "", group, "cgroup.freeze", is_frozen ? "1\n" : "0\n");
	/* The fake kernel does not update this file: the freezer reaches its state at once. */
	machine_file(machine, "", group, "cgroup.events", "populated 1\nfrozen 1\n");
}

/* Renames /web in one hierarchy instead of removing it, so that no inode number is reused. */
static inline void machine_set_aside(struct machine *machine, const char *hierarchy)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "cgroup%s%s/web", machine->version == 1 ? "/" : "",
		 machine->version == 1 ? hierarchy : "");
	snprintf(to, sizeof(to), "removed-%u", machine->replaced++);
	tree_move(machine->dir, from, to);
}

/* Another process removes /web and creates a group of the same name. */
static inline void machine_replace(struct machine *machine)
{
	for (size_t i = 0; i < (machine->version == 1 ? ARRAY_SIZE(v1_hierarchies) : 1); i++)
		machine_set_aside(machine, v1_hierarchies[i]);
	machine_add_group(machine, "/web");
}

/* The same in one hierarchy of v1 only. */
static inline void machine_replace_in(struct machine *machine, const char *hierarchy)
{
	machine_set_aside(machine, hierarchy);
	machine_add_group(machine, "/web");
}

static inline struct machine machine_begin(unsigned version, bool is_populated, bool is_frozen)
{
	struct machine machine = {.dir = tree_new(),
				  .version = version,
				  .is_populated = is_populated,
				  .is_frozen = is_frozen};

	fake_reset();
	if (version == 1)
		tree_machine_v1(machine.dir);
	else
		tree_machine_v2(machine.dir);
	if (version == 2)
		tree_file(machine.dir, "cgroup/cgroup.controllers", "cpu hugetlb io memory pids\n");
	machine.process = test_process_start();
	test_process_list(machine.dir, machine.process.pid,
			  is_populated ? "3:pids:/web\n2:memory:/web\n0::/web\n"
				       : "3:pids:/\n2:memory:/\n0::/\n",
			  false);
	machine_add_group(&machine, "/web");
	machine_add_group(&machine, "/other");
	machine.layout = fake_layout(machine.dir);
	(void)tree_at(machine.dir, "journal", machine.journal, sizeof(machine.journal));
	return machine;
}

/* Returns the signal that the process of /web got, or 0. */
static inline int machine_end(struct machine *machine)
{
	int signal = test_process_end(&machine->process);

	cgw_layout_free(machine->layout);
	tree_free(machine->dir);
	return signal;
}

static inline struct cgw_limit_options machine_options(const struct machine *machine)
{
	return (struct cgw_limit_options){
		.backend = CGW_BACKEND_DIRECT, .journal = machine->journal, .who = "test"};
}

/* Identifies the group by the first hierarchy that has it, as the commands do. */
static inline void machine_expect_group(const struct machine *machine, struct cgw_step *step)
{
	int fd = -1;

	for (size_t h = 0; fd < 0 && h < machine->layout->hierarchy_count; h++)
		if (cgw_group_open(machine->layout, h, step->path, &fd, &step->expected_id) == 0)
			step->expected_hierarchy = h;
	assert_true(fd >= 0);
	close(fd);
}

/* Applies the steps; `ret_result` is that of the last one. */
static inline int machine_apply(const struct machine *machine,
				const struct cgw_limit_options *options,
				const struct cgw_step *steps, size_t count,
				struct cgw_result *ret_result)
{
	struct cgw_diag diag = {0};
	struct cgw_plan *plan = NULL;
	int r;

	assert_int_equal(cgw_plan_new(machine->layout, options, &plan), 0);
	for (size_t i = 0; i < count; i++)
		if (cgw_plan_add(plan, &steps[i], &diag) < 0)
			fail_msg("%s", diag.text);
	r = cgw_plan_apply(plan);
	*ret_result = *cgw_plan_result(plan, count - 1);
	cgw_plan_free(plan);
	return r;
}

static inline void machine_assert_file(struct machine *machine, const char *hierarchy,
				       const char *group, const char *file, const char *expected)
{
	char path[256], full[600], text[256] = "";
	FILE *stream;

	snprintf(path, sizeof(path), "cgroup%s%s%s/%s", machine->version == 1 ? "/" : "",
		 machine->version == 1 ? hierarchy : "", group, file);
	stream = fopen(tree_at(machine->dir, path, full, sizeof(full)), "re");
	if (stream == NULL)
		fail_msg("%s does not exist", path);
	text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
	(void)fclose(stream);
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, expected) != 0)
		fail_msg("%s is '%s'", path, text);
}
