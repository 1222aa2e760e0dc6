/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-group-actions.c - an action applies to the group for which its dialog was opened.
 *
 * Changes run as dry runs, which check everything and write nothing.
 */
#include <locale.h>

#include "replaced-machine.h"
#include "session.h"
#include "tui/action/change-job.h"

struct fixture {
	struct session session;
	struct machine machine;
};

static uint64_t id_of(const struct machine *machine, const char *path)
{
	struct cgw_step step = {.path = path};

	machine_expect_group(machine, &step);
	return step.expected_id;
}

/* The dashboard gets a sample with the groups that exist now. */
static void sample(struct fixture *fixture, bool has_web)
{
	const struct frame_group groups[] = {
		{"/", 1},
		{"/other", id_of(&fixture->machine, "/other")},
		{"/web", has_web ? id_of(&fixture->machine, "/web") : 1},
	};

	topology_unref(fixture->session.topology);
	fixture->session.topology = frame_topology(groups, has_web ? 3 : 2);
	session_sample(&fixture->session);
	free(session_text(&fixture->session));
}

static void begin(struct fixture *fixture, bool is_populated, bool is_frozen)
{
	*fixture = (struct fixture){.machine = machine_begin(2, is_populated, is_frozen)};
	session_begin(&fixture->session, 24, 100);
	fixture->session.app->layout = fixture->machine.layout;
	sample(fixture, true);
	session_keys(&fixture->session, "/");
	session_type(&fixture->session, "web");
	session_keys(&fixture->session, "Enter Esc");
}

static void end(struct fixture *fixture)
{
	fixture->session.app->layout = NULL;
	session_end(&fixture->session);
	assert_int_equal(fake_writes, 0);
	assert_int_equal(machine_end(&fixture->machine), 0);
}

static void replace(struct fixture *fixture)
{
	machine_replace(&fixture->machine);
	sample(fixture, true);
}

/* Runs all posted jobs; returns the error of the last change, or 1 if there was none. */
static int run_jobs(struct fixture *fixture, char *reason, size_t size)
{
	struct job *job;
	int error = 1;

	while ((job = job_pop(&fixture->session.app->jobs)) != NULL) {
		struct change_job *change = change_job_from(job);

		if (change != NULL)
			change_job_set_dry_run(change);
		job->run(job);
		if (change != NULL) {
			error = change->error;
			snprintf(reason, size, "%s", change->diag.text);
		}
		(void)app_job_done(fixture->session.app, job);
	}
	return error;
}

static const struct {
	const char *name, *open, *text, *accept; /* keys */
	bool is_populated, is_frozen;
} actions[] = {
	{"freeze", "f", "", "Enter", false, false},
	{"thaw", "t", "", "Enter", false, true},
	{"delete", "D", "", "Enter", false, false},
	{"kill", "k Enter", "", "Enter", true, false},
};

/* Opens the dialog of an action, and lets its preview run. */
static void open_dialog(struct fixture *fixture, size_t i)
{
	char reason[512];

	begin(fixture, actions[i].is_populated, actions[i].is_frozen);
	session_keys(&fixture->session, actions[i].open);
	session_type(&fixture->session, actions[i].text);
	assert_int_equal(run_jobs(fixture, reason, sizeof(reason)), 1);
	session_shows(&fixture->session, "Enter: apply");
}

static void test_action_applies_to_selected_group(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		open_dialog(&fixture, i);
		session_keys(&fixture.session, actions[i].accept);
		if (run_jobs(&fixture, reason, sizeof(reason)) != 0)
			fail_msg("%s: %s", actions[i].name, reason);
		end(&fixture);
	}
}

/* The dialog is open, the group is replaced, Enter is pressed. */
static void test_replaced_group_is_refused(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		int r;

		open_dialog(&fixture, i);
		replace(&fixture);
		session_keys(&fixture.session, actions[i].accept);
		r = run_jobs(&fixture, reason, sizeof(reason));
		if (r != -ESTALE || strstr(reason, "another group now has this name") == NULL)
			fail_msg("%s: %d %s", actions[i].name, r, reason);
		end(&fixture);
	}
}

/* The group is replaced after Enter, before the worker gets the job and before a new sample. */
static void test_group_replaced_after_sample_is_refused(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		open_dialog(&fixture, i);
		session_keys(&fixture.session, actions[i].accept);
		machine_replace(&fixture.machine);
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), -ESTALE);
		end(&fixture);
	}
}

/* The row of a removed group is shown for some seconds; then the selection moves to another. */
static void remove_web(struct fixture *fixture)
{
	machine_set_aside(&fixture->machine, "");
	for (uint64_t ns = 0; ns <= LIST_GONE_NS; ns += SECOND)
		sample(fixture, false);
	session_hides(&fixture->session, "─web");
	assert_int_not_equal(app_group(fixture->session.app), CGW_NO_GROUP);
}

/* While the dialog is open, the selection moves on from a removed group. */
static void test_removed_group_is_not_exchanged(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		open_dialog(&fixture, i);
		remove_web(&fixture);
		session_keys(&fixture.session, actions[i].accept);
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), -ENOENT);
		end(&fixture);
	}
}

/* Prompts and menus: the group is chosen before the text or the signal. */
static const struct {
	const char *name, *open, *text;
} prompts[] = {
	{"move", "m", "PID"},
	{"new", "n", "child"},
	{"kill", "k", ""},
};

static void open_prompt_of(struct fixture *fixture, size_t i)
{
	char pid[16];

	begin(fixture, strcmp(prompts[i].name, "kill") == 0, false);
	snprintf(pid, sizeof(pid), "%d", (int)fixture->machine.process.pid);
	session_keys(&fixture->session, prompts[i].open);
	session_type(&fixture->session,
		     strcmp(prompts[i].text, "PID") == 0 ? pid : prompts[i].text);
}

static int accept_prompt(struct fixture *fixture, size_t i, char *reason, size_t size)
{
	session_keys(&fixture->session, "Enter");
	if (strcmp(prompts[i].name, "kill") == 0) {
		(void)run_jobs(fixture, reason, size); /* the preview */
		session_keys(&fixture->session, "Enter");
	}
	return run_jobs(fixture, reason, size);
}

static void test_prompt_applies_to_selected_group(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(prompts); i++) {
		open_prompt_of(&fixture, i);
		if (accept_prompt(&fixture, i, reason, sizeof(reason)) != 0)
			fail_msg("%s: %s", prompts[i].name, reason);
		end(&fixture);
	}
}

static void test_prompt_of_replaced_group_is_refused(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	for (int is_removed = 0; is_removed <= 1; is_removed++)
		for (size_t i = 0; i < ARRAY_SIZE(prompts); i++) {
			open_prompt_of(&fixture, i);
			if (is_removed)
				remove_web(&fixture);
			else
				replace(&fixture);
			session_keys(&fixture.session, "Enter");
			session_shows(&fixture.session, "removed or replaced");
			if (run_jobs(&fixture, reason, sizeof(reason)) != 1)
				fail_msg("%s: another group would be changed: %s", prompts[i].name,
					 reason);
			end(&fixture);
		}
}

/* Selects the row of pids.max by its help, and types a new value. */
static void type_pids_max(struct session *session, const char *value)
{
	bool is_selected = false;

	for (unsigned row = 0; !is_selected && row < cgw_control_count(); row++) {
		CLEANUP(cleanup_free) char *screen = NULL;

		session_keys(session, "Down");
		screen = session_text(session);
		is_selected = strstr(screen, cgw_control_info(CGW_C_PIDS_MAX)->help) != NULL;
	}
	assert_true(is_selected);
	session_type(session, value);
}

/* In the form of limits the group is replaced before the preview, after it, or not at all. */
static void test_limits_of_replaced_group_are_refused(void **state)
{
	static const int results[][2] = {{0, 0}, {-ESTALE, 1}, {0, -ESTALE}};
	struct fixture fixture;
	char reason[512] = "";

	for (size_t when = 0; when < ARRAY_SIZE(results); when++) {
		begin(&fixture, false, false);
		session_keys(&fixture.session, "F8");
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
		type_pids_max(&fixture.session, "64");
		if (when == 1)
			replace(&fixture);
		session_keys(&fixture.session, "Enter");
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), results[when][0]);
		if (when == 2)
			replace(&fixture);
		session_keys(&fixture.session, when == 1 ? "Esc" : "Enter");
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), results[when][1]);
		end(&fixture);
	}
}

static void expect_control(struct session *session, enum cgw_control control)
{
	session_shows(session, cgw_control_info(control)->help);
}

/* The first characters after a search are the new value, whatever keys they are elsewhere. */
static void test_search_in_the_limits_form(void **state)
{
	struct fixture fixture;
	struct session *session = &fixture.session;
	char reason[512] = "";

	begin(&fixture, false, false);
	session_keys(session, "F8");
	assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
	session_keys(session, "/");
	session_type(session, "may READ");
	expect_control(session, CGW_C_IO_MAX_RBPS);
	session_expect(session, "limits-search");
	session_keys(session, "Enter");
	session_shows(session, "F3Next");
	session_hides(session, "Previous");
	session_hides(session, "F3Search"); /* F3 has another action now */
	session_type(session, "/dev/nvme0n1 1M");
	session_shows(session, "/dev/nvme0n1 1M");
	expect_control(session, CGW_C_IO_MAX_RBPS);
	/* Esc ends the search, then closes the form. */
	session_keys(session, "Esc Home /");
	session_type(session, "io.max.");
	expect_control(session, CGW_C_IO_MAX_RBPS);
	session_keys(session, "Enter F3");
	expect_control(session, CGW_C_IO_MAX_WBPS);
	session_type(session, "nN/");
	session_shows(session, "nN/");
	expect_control(session, CGW_C_IO_MAX_WBPS);
	session_keys(session, "Esc Esc");
	session_hides(session, "Limits of");
	end(&fixture);
}

/* A mark belongs to the group, not to its name. */
static void test_mark_is_dropped_with_its_group(void **state)
{
	struct fixture fixture;
	char reason[512] = "";

	begin(&fixture, false, false);
	session_keys(&fixture.session, "Space Home");
	assert_int_equal(fixture.session.app->list.marked, 1);
	replace(&fixture);
	assert_int_equal(fixture.session.app->list.marked, 0);
	session_keys(&fixture.session, "f");
	assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
	session_shows(&fixture.session, "all processes of /");
	session_hides(&fixture.session, "all processes of /web");
	end(&fixture);
}

/* The dialog shows the reason, and Enter does nothing. */
static void test_protected_group_is_refused(void **state)
{
	struct fixture fixture;
	struct frame_group groups[] = {{"/", 1}, {"/sshd.service", 0}, {"/web", 0}};
	char reason[512] = "";

	begin(&fixture, false, false);
	machine_add_group(&fixture.machine, "/sshd.service");
	for (size_t i = 1; i < ARRAY_SIZE(groups); i++)
		groups[i].id = id_of(&fixture.machine, groups[i].path);
	topology_unref(fixture.session.topology);
	fixture.session.topology = frame_topology(groups, ARRAY_SIZE(groups));
	session_sample(&fixture.session);
	session_keys(&fixture.session, "/");
	session_type(&fixture.session, "sshd");
	session_keys(&fixture.session, "Enter Esc f");
	assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
	session_shows(&fixture.session, "sshd.service is protected");
	session_hides(&fixture.session, "Enter: apply");
	session_keys(&fixture.session, "Enter");
	assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
	end(&fixture);
}

static void assert_file(const char *path, const char *expected)
{
	char text[512] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(text, expected);
}

/* The policy can be edited while the dialog is open: the result must still be a valid policy. */
static void test_export_to_a_changed_policy(void **state)
{
	static const struct {
		const char *before, *after; /* the preview */
		const char *expected, *message;
	} rows[] = {
		{"", "", "[limit web]\nmatch = /web\npids.max = 64\n", "written to"},
		{"[policy]\n", "[policy]\nmode = observe\n",
		 "[policy]\nmode = observe\n[limit web]\nmatch = /web\npids.max = 64\n",
		 "written to"},
		{"", "[limit web]\nmatch = /web\npids.max = 5\n",
		 "[limit web]\nmatch = /web\npids.max = 5\n",
		 "cannot export: the file would not be"},
		{"", "[nonsense\n", "[nonsense\n", "cannot export: the file would not be"},
	};
	char reason[512], path[300];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture fixture;

		begin(&fixture, false, false);
		machine_file(&fixture.machine, "pids", "/web", "pids.max", "64\n");
		tree_file(fixture.machine.dir, "policy.conf", rows[i].before);
		session_keys(&fixture.session, "x ^U");
		session_type(&fixture.session,
			     tree_at(fixture.machine.dir, "policy.conf", path, sizeof(path)));
		session_keys(&fixture.session, "Enter");
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
		session_shows(&fixture.session, "pids.max = 64");
		tree_file(fixture.machine.dir, "policy.conf", rows[i].after);
		session_keys(&fixture.session, "Enter");
		assert_int_equal(run_jobs(&fixture, reason, sizeof(reason)), 1);
		session_shows(&fixture.session, rows[i].message);
		assert_file(path, rows[i].expected);
		end(&fixture);
	}
}

/* Numbers of changes belong to the journal of one host. */
static void test_changes_of_other_hosts_are_not_undone(void **state)
{
	struct fixture fixture;
	struct job *job;

	begin(&fixture, false, false);
	app_remember_change(fixture.session.app, "web1", 7);
	session_keys(&fixture.session, "u");
	assert_null(job_pop(&fixture.session.app->jobs));
	session_shows(&fixture.session, "nothing to undo in this session");
	app_remember_change(fixture.session.app, "", 7);
	session_keys(&fixture.session, "u");
	job = job_pop(&fixture.session.app->jobs);
	assert_non_null(job);
	job->free(job);
	end(&fixture);
}

static void test_undo_asks_once(void **state)
{
	struct fixture fixture;
	struct change_job *change;
	struct job *job;

	begin(&fixture, false, false);
	app_remember_change(fixture.session.app, "", 7);
	session_keys(&fixture.session, "u");
	job = job_pop(&fixture.session.app->jobs);
	assert_non_null(job);
	(void)app_job_done(fixture.session.app, job); /* the dry run */
	session_shows(&fixture.session, "Undo a change");
	session_keys(&fixture.session, "Enter");
	job = job_pop(&fixture.session.app->jobs);
	assert_non_null(job);
	change = change_job_from(job);
	assert_non_null(change);
	assert_false(change->dry_run);
	(void)app_job_done(fixture.session.app, job);
	session_hides(&fixture.session, "Undo a change");
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_action_applies_to_selected_group),
		cmocka_unit_test(test_replaced_group_is_refused),
		cmocka_unit_test(test_group_replaced_after_sample_is_refused),
		cmocka_unit_test(test_removed_group_is_not_exchanged),
		cmocka_unit_test(test_prompt_applies_to_selected_group),
		cmocka_unit_test(test_prompt_of_replaced_group_is_refused),
		cmocka_unit_test(test_limits_of_replaced_group_are_refused),
		cmocka_unit_test(test_search_in_the_limits_form),
		cmocka_unit_test(test_mark_is_dropped_with_its_group),
		cmocka_unit_test(test_protected_group_is_refused),
		cmocka_unit_test(test_export_to_a_changed_policy),
		cmocka_unit_test(test_changes_of_other_hosts_are_not_undone),
		cmocka_unit_test(test_undo_asks_once),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
