/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* applier-fixture.h - policy actions on a fake kernel, with a daemon that can be killed. */
#pragma once

#include "cmd/enforce/apply-actions.h"
#include "replaced-machine.h"

static const struct cgw_policy_settings settings = {.backend = CGW_BACKEND_DIRECT};
struct fixture {
	struct machine machine;
	struct applier applier;
	char directory[300];
};

/* Opens the store of a previous run, which may have been killed. */
static inline void open_store(struct fixture *fixture)
{
	struct cgw_diag diag = {0};

	fixture->applier =
		(struct applier){.layout = fixture->machine.layout, .settings = &settings};
	if (undo_store_open(fixture->directory, fixture->machine.layout, &fixture->applier.store,
			    &diag) < 0 ||
	    undo_store_begin(fixture->applier.store, &diag) < 0)
		fail_msg("%s", diag.text);
}

static inline void begin(struct fixture *fixture, unsigned version)
{
	*fixture = (struct fixture){.machine = machine_begin(version, false, false)};
	(void)tree_at(fixture->machine.dir, "state", fixture->directory,
		      sizeof(fixture->directory));
	open_store(fixture);
}

static inline void end(struct fixture *fixture)
{
	undo_store_free(fixture->applier.store);
	assert_int_equal(machine_end(&fixture->machine), 0);
}

static inline void kill_daemon(struct fixture *fixture)
{
	undo_store_free(fixture->applier.store);
	open_store(fixture);
	fake_log[0] = '\0';
}

/* An action on /web, as it is now. */
static inline struct cgw_action action_of(const struct fixture *fixture, enum cgw_action_kind kind,
					  const char *value)
{
	struct cgw_step step = {.path = "/web"};

	machine_expect_group(&fixture->machine, &step);
	/* The hierarchy of a control's file, which is not always the group's first. */
	for (size_t h = 0; h < fixture->machine.layout->hierarchy_count; h++)
		if (strcmp(fixture->machine.layout->hierarchies[h].label, "pids") == 0) {
			int fd;

			assert_int_equal(cgw_group_open(fixture->machine.layout, h, "/web", &fd,
							&step.expected_id),
					 0);
			close(fd);
			step.expected_hierarchy = h;
		}
	return (struct cgw_action){
		.kind = kind,
		.rule = "test",
		.path = "/web",
		.group_id = step.expected_id,
		.hierarchy = step.expected_hierarchy,
		.control = CGW_C_PIDS_MAX,
		.value = value,
		.signal = SIGTERM,
		.quiet = true,
		.reason = "",
	};
}

static inline int apply(struct fixture *fixture, const struct cgw_action *action, bool by_rule)
{
	struct applied_action applied;

	apply_action(&fixture->applier, action, by_rule, &applied);
	return applied.result.error;
}

/* `--restore`: nothing may fail, and nothing may be left to restore. */
static inline void restore(struct fixture *fixture)
{
	assert_int_equal(restore_leftovers(&fixture->applier, false), 0);
	assert_int_equal(undo_store_count(fixture->applier.store), 0);
}
