/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-remote-actions.c - remote hosts in the dashboard: confirmed actions, slow and lost hosts. */
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "session.h"
#include "tree.h"

/* Replaces ssh: logs host and command, and answers as cgward on that host would. */
static const char script[] =
	"#!/bin/sh\n"
	"for last; do host=$before before=$last; done\n"
	"echo \"$host: $last\" >>\"$0.log\"\n"
	"case $last in\n"
	"*refused*) echo \"group is protected\" >&2; exit 9 ;;\n"
	"cgward\\ log*) printf 'one \\033[31mchange\\n' ;;\n"
	"cgward\\ kill\\ --json*) echo '{\"transaction\": 40, \"steps\": [{\"group\": "
	"\"/k\", \"action\": \"kill\", \"outcome\": \"done\", \"change\": 40, "
	"\"reversible\": false}]}' ;;\n"
	"cgward\\ thaw\\ --json*) echo '{\"transaction\": 41, \"steps\": [{\"group\": "
	"\"/t\", \"action\": \"thaw\", \"outcome\": \"done\", \"change\": 42, "
	"\"reversible\": true}]}' ;;\n"
	"*--dry-run*) echo 'would be changed'; exit 11 ;;\n"
	"*) echo 'changed' ;;\n"
	"esac\n";

struct fixture {
	struct session session;
	struct tree_dir *tree;
	char program[300];
};

/* The next sample has the group nginx.service with these IDs. */
static void show_groups(struct fixture *fixture, uint64_t memory_id, uint64_t pids_id)
{
	struct frame_group groups[ARRAY_SIZE(session_groups)];
	uint64_t pids_ids[ARRAY_SIZE(session_groups)];

	memcpy(groups, session_groups, sizeof(groups));
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		bool is_nginx = strstr(groups[i].path, "nginx") != NULL;

		groups[i].id = is_nginx ? memory_id : groups[i].id;
		pids_ids[i] = is_nginx ? pids_id : 100 + groups[i].id;
	}
	topology_unref(fixture->session.topology);
	fixture->session.topology = frame_topology_in_two(groups, pids_ids, ARRAY_SIZE(groups));
	session_sample(&fixture->session);
}

/* As on v1: the host's groups are in two hierarchies. */
static void begin(struct fixture *fixture, const char *const *names, size_t count)
{
	session_begin(&fixture->session, 24, 100);
	show_groups(fixture, 5, 105);
	fixture->tree = tree_new();
	tree_file(fixture->tree, "ssh", script);
	snprintf(fixture->program, sizeof(fixture->program), "%s/ssh", fixture->tree->path);
	assert_int_equal(chmod(fixture->program, 0755), 0);
	fixture->session.app->source_flags = SOURCE_REMOTE;
	fixture->session.app->source_name = "view";
	fixture->session.app->hosts =
		(struct app_hosts){.ssh = fixture->program, .names = names, .count = count};
}

static void end(struct fixture *fixture)
{
	session_end(&fixture->session);
	tree_free(fixture->tree);
}

/* Runs all posted jobs. */
static void run_jobs(struct fixture *fixture)
{
	struct job *job;

	while ((job = job_pop(&fixture->session.app->jobs)) != NULL) {
		job->run(job);
		(void)app_job_done(fixture->session.app, job);
	}
}

/* Fails unless the last command that ssh ran is `expected`: "HOST: COMMAND". */
static void expect_command(const struct fixture *fixture, const char *expected)
{
	char path[320], line[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s.log", fixture->program);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		line[strcspn(line, "\n")] = '\0';
	(void)fclose(file);
	assert_string_equal(line, expected);
}

static void test_action_runs_after_confirmation(void **state)
{
	static const char *const names[] = {"admin@web1"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 1);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter f");
	session_shows(session, "On host admin@web1:");
	session_shows(session, "cgward freeze");
	session_shows(session, "checking what is affected");
	run_jobs(&fixture);
	session_shows(session, "would be changed");
	expect_command(
		&fixture,
		"admin@web1: cgward freeze --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
		"--if-id memory:5,pids:105 -- "
		"/system.slice/nginx.service");
	session_keys(session, "Enter");
	run_jobs(&fixture);
	expect_command(
		&fixture,
		"admin@web1: cgward freeze --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
		"--if-id memory:5,pids:105 -- "
		"/system.slice/nginx.service");
	session_shows(session, "admin@web1: changed");
	/* Esc cancels: only the dry run was sent. */
	session_keys(session, "t");
	session_shows(session, "On host admin@web1:");
	session_keys(session, "Esc");
	run_jobs(&fixture);
	expect_command(
		&fixture,
		"admin@web1: cgward thaw --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
		"--if-id memory:5,pids:105 -- "
		"/system.slice/nginx.service");
	end(&fixture);
}

/* The next sample has an nginx.service that was created again in one of the hierarchies only. */
static void replace_nginx(struct fixture *fixture, size_t hierarchy)
{
	show_groups(fixture, hierarchy == 0 ? 99 : 5, hierarchy == 0 ? 105 : 199);
}

/* The group is replaced while the dialog is open: the host gets the ID of the dialog. */
static void test_action_has_the_id_of_its_dialog(void **state)
{
	static const char *const names[] = {"web1"};
	static const struct {
		const char *open, *text, *command;
	} rows[] = {
		{"f", "",
		 "freeze --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105"},
		{"t", "",
		 "thaw --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105"},
		{"D", "",
		 "delete --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105"},
		{"k Enter", "",
		 "kill --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105 --signal 15"},
		{"m", "41",
		 "move --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105"},
		{"F8", "pids.max=50",
		 "set --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host --if-id "
		 "memory:5,pids:105 --enable"},
	};
	struct fixture fixture;
	struct session *session = &fixture.session;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char expected[256];

		begin(&fixture, names, 1);
		session_keys(session, "/");
		session_type(session, "nginx");
		session_keys(session, "Enter Esc");
		session_keys(session, rows[i].open);
		if (rows[i].text[0] != '\0') {
			session_type(session, rows[i].text);
			session_keys(session, "Enter");
		}
		run_jobs(&fixture);
		replace_nginx(&fixture, i % 2);
		session_keys(session, "Enter");
		run_jobs(&fixture);
		snprintf(expected, sizeof(expected),
			 "web1: cgward %s -- %s/system.slice/nginx.service%s", rows[i].command,
			 rows[i].open[0] == 'm' ? "41 " : "",
			 rows[i].open[0] == 'F' ? " pids.max\\=50" : "");
		expect_command(&fixture, expected);
		end(&fixture);
	}
}

/* The group is replaced while a prompt or menu is open: no command is even previewed. */
static void test_prompt_of_replaced_group_is_refused(void **state)
{
	static const char *const names[] = {"web1"};
	static const struct {
		const char *open, *text;
	} rows[] = {{"k", ""}, {"m", "41"}, {"F8", "pids.max=50"}, {"n", "child"}};
	struct fixture fixture;
	struct session *session = &fixture.session;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		begin(&fixture, names, 1);
		session_keys(session, "/");
		session_type(session, "nginx");
		session_keys(session, "Enter Esc");
		session_keys(session, rows[i / 2].open);
		session_type(session, rows[i / 2].text);
		replace_nginx(&fixture, i % 2);
		session_keys(session, "Enter");
		session_shows(session, "removed or replaced");
		session_hides(session, "On host");
		assert_null(job_pop(&session->app->jobs));
		end(&fixture);
	}
}

static void test_action_runs_on_the_host_of_the_group(void **state)
{
	static const char *const names[] = {"system.slice", "user.slice"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 2);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter F8");
	session_type(session, "pids.max=50 io.max.rbps=\"8:0 10M\"");
	session_keys(session, "Enter");
	session_shows(session, "On host system.slice:");
	run_jobs(&fixture);
	session_keys(session, "Enter");
	run_jobs(&fixture);
	expect_command(
		&fixture,
		"system.slice: cgward set --json --why by\\ hand,\\ in\\ cgward\\ top\\ --host "
		"--if-id memory:5,pids:105 --enable -- /nginx.service pids.max\\=50 "
		"io.max.rbps\\=8:0\\ 10M");
	/* The prompt rejects a text that is not an assignment. */
	session_keys(session, "F8");
	session_type(session, "pids.max");
	session_keys(session, "Enter");
	session_shows(session, "e.g. memory.max=2G pids.max=100");
	session_keys(session, "Esc");
	/* Groups of two hosts, and the root, which belongs to no host, are rejected. */
	session_keys(session, "Space Esc /");
	session_type(session, "session-3");
	session_keys(session, "Enter Space f");
	session_shows(session, "the marked groups are on several hosts");
	session_keys(session, "U Home f");
	session_shows(session, "not a host: select a group");
	end(&fixture);
}

/* A new group is created below the selected one; a process has one group. */
static void test_marks_do_not_choose_a_parent(void **state)
{
	static const char *const names[] = {"web1"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 1);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter Esc Space Space m");
	session_shows(session, "cannot move a process into several groups");
	session_keys(session, "Home n x Enter");
	run_jobs(&fixture);
	expect_command(&fixture, "web1: cgward create --dry-run --why by\\ hand,\\ in\\ cgward\\ "
				 "top\\ --host -- /x");
	end(&fixture);
}

/* Undo is of this session's last reversible action, by its number, never of another user's. */
static void test_undo_is_of_this_session(void **state)
{
	static const char *const names[] = {"web1"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 1);
	session_keys(session, "/");
	session_type(session, "nginx");
	session_keys(session, "Enter u");
	session_shows(session, "web1: nothing to undo in this session");
	session_keys(session, "t");
	run_jobs(&fixture);
	session_keys(session, "Enter");
	run_jobs(&fixture);
	session_shows(session, "web1: thaw /t: done");
	session_keys(session, "k Enter");
	run_jobs(&fixture);
	session_keys(session, "Enter");
	run_jobs(&fixture);
	session_shows(session, "web1: kill /k: done");
	session_keys(session, "u");
	run_jobs(&fixture);
	expect_command(&fixture, "web1: cgward undo --dry-run --transaction 41");
	session_keys(session, "Enter");
	run_jobs(&fixture);
	expect_command(&fixture, "web1: cgward undo --json --transaction 41");
	session_keys(session, "u");
	session_shows(session, "web1: nothing to undo in this session");
	end(&fixture);
}

static void test_refused_action_cannot_be_applied(void **state)
{
	static const char *const names[] = {"refused"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 1);
	session_keys(session, "/");
	session_type(session, "cron");
	session_keys(session, "Enter n");
	session_keys(session, "Esc n");
	session_type(session, "refused");
	session_keys(session, "Enter");
	run_jobs(&fixture);
	session_shows(session, "group is protected");
	session_hides(session, "Enter: apply");
	session_keys(session, "Enter");
	run_jobs(&fixture);
	expect_command(
		&fixture,
		"refused: cgward create --dry-run --why by\\ hand,\\ in\\ cgward\\ top\\ --host -- "
		"/system.slice/cron.service/refused");
	session_keys(session, "Esc L");
	run_jobs(&fixture);
	session_shows(session, "one \\x1b[31mchange");
	expect_command(&fixture, "refused: cgward log --count 100");
	end(&fixture);
}

static void test_read_only_rejects_actions(void **state)
{
	static const char *const names[] = {"web1"};
	struct fixture fixture;

	begin(&fixture, names, 1);
	fixture.session.app->read_only = true;
	session_keys(&fixture.session, "f");
	session_shows(&fixture.session, "read-only");
	assert_null(job_pop(&fixture.session.app->jobs));
	end(&fixture);
}

static void test_slow_and_lost_hosts_are_shown(void **state)
{
	static const char *const names[] = {"system.slice", "user.slice"};
	struct fixture fixture;
	struct session *session = &fixture.session;

	begin(&fixture, names, 2);
	session->app->hosts.states[0] = REMOTE_CONNECTED;
	session->app->hosts.states[1] = REMOTE_LOST;
	session_shows(session, "user.slice lost");
	session_hides(session, "system.slice lost");
	session->app->hosts.states[0] = REMOTE_SLOW;
	session_shows(session, "system.slice slow");
	session->app->hosts.count = 1;
	session->app->hosts.states[0] = REMOTE_LOST;
	session_hides(session, "user.slice lost");
	session_shows(session, "testhost  lost");
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_action_runs_after_confirmation),
		cmocka_unit_test(test_action_has_the_id_of_its_dialog),
		cmocka_unit_test(test_prompt_of_replaced_group_is_refused),
		cmocka_unit_test(test_action_runs_on_the_host_of_the_group),
		cmocka_unit_test(test_marks_do_not_choose_a_parent),
		cmocka_unit_test(test_undo_is_of_this_session),
		cmocka_unit_test(test_refused_action_cannot_be_applied),
		cmocka_unit_test(test_read_only_rejects_actions),
		cmocka_unit_test(test_slow_and_lost_hosts_are_shown),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
