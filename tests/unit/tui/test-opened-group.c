/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-opened-group.c - the pages of an opened group, read from files. */
#include <errno.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>

#include "opened-group.h"
#include "tui/action/change-job.h"
#include "tui/detail/detail.h"

static void test_processes(void **state)
{
	struct fixture fixture;
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	const struct passwd *user = getpwuid(33);
	char time[24], owner[24];

	begin(&fixture, "4");
	session_shows(&fixture.session, "oSort bBelow");
	write_process(&fixture, 41, 100, 300, 1000);
	write_process(&fixture, 42, 700, 0, 2000);
	update(&fixture);
	(void)cgw_format_duration((double)(400 * tick_ns), time, sizeof(time));
	expect_line(&fixture, "[p41]", time, NULL);
	(void)cgw_format_duration((double)(700 * tick_ns), time, sizeof(time));
	expect_line(&fixture, "[p42]", time, NULL);
	snprintf(owner, sizeof(owner), " 42 %-8.8s S     3 ", user != NULL ? user->pw_name : "33");
	expect_line(&fixture, "[p42]", owner, NULL);
	/* Without a second reading, the use of CPU is unknown: the larger one comes first. */
	session_above(&fixture.session, "[p42]", "[p41]");
	expect_line(&fixture, "[p41]", "…", NULL);
	write_process(&fixture, 41, 200, 300, 1000);
	write_process(&fixture, 42, 701, 0, 2000);
	update(&fixture);
	session_above(&fixture.session, "[p41]", "[p42]");
	expect_line(&fixture, "[p41]", "%", "…");
	end(&fixture);
}

/* What does not fit is shown if it is the order; the proportional set size is read only then. */
static void test_columns_of_processes(void **state)
{
	struct fixture fixture;

	begin(&fixture, "4");
	write_process(&fixture, 41, 100, 300, 1000);
	tree_file(fixture.tree, "proc/41/io", "read_bytes: 0\nwrite_bytes: 0\n");
	tree_file(fixture.tree, "proc/41/task/41/schedstat", "1 0 1\n");
	tree_file(fixture.tree, "proc/41/smaps_rollup", "Pss: 4096 kB\n");
	fixture.session.columns = 80;
	free(session_text(&fixture.session));
	update(&fixture);
	session_shows(&fixture.session, "TIME  COMMAND");
	fixture.session.columns = 120;
	free(session_text(&fixture.session));
	update(&fixture);
	session_shows(&fixture.session, "DELAY  READ/S WRITE/S  COMMAND");
	session_hides(&fixture.session, "PSS");
	fixture.session.columns = 80;
	session_keys(&fixture.session, "o o o o");
	session_shows(&fixture.session, "sorted by bytes read");
	update(&fixture);
	session_shows(&fixture.session, "TIME  READ/S  COMMAND");
	session_keys(&fixture.session, "o o");
	update(&fixture);
	session_shows(&fixture.session, "   4.0M  [p41]");
	end(&fixture);
}

static void expect_process(struct fixture *fixture, pid_t pid)
{
	const struct process *process;

	free(session_text(&fixture->session));
	process = detail_process(fixture->session.app->views[1].state);
	assert_non_null(process);
	assert_int_equal(process->pid, pid);
}

/* Keys act on the selected process, which stays selected when the order changes. */
static void test_actions_on_one_process(void **state)
{
	const struct change_job *change;
	struct fixture fixture;
	struct job *job;

	begin(&fixture, "4");
	write_process(&fixture, 41, 100, 300, 1000);
	write_process(&fixture, 42, 700, 0, 2000);
	update(&fixture);
	expect_process(&fixture, 42); /* the heading is never selected */
	session_shows(&fixture.session, "  1/2");
	session_keys(&fixture.session, "Down");
	expect_process(&fixture, 41);
	write_process(&fixture, 41, 200, 300, 1000);
	update(&fixture);
	session_above(&fixture.session, "[p41]", "[p42]");
	expect_process(&fixture, 41);
	session_keys(&fixture.session, "Up Up Up");
	expect_process(&fixture, 41);
	session_keys(&fixture.session, "o");
	session_shows(&fixture.session, "sorted by memory");
	session_above(&fixture.session, "[p42]", "[p41]");
	expect_process(&fixture, 41);
	session_keys(&fixture.session, "y");
	assert_string_equal(fixture.session.app->clipboard, "41");
	session_keys(&fixture.session, "k");
	session_shows(&fixture.session, "Process 41 ([p41]): choose a signal");
	session_keys(&fixture.session, "Enter");
	session_shows(&fixture.session, "Process 41: send TERM (15)");
	session_keys(&fixture.session, "Enter");
	job = job_pop(&fixture.session.app->jobs);
	assert_non_null(job);
	assert_true(job->acts);
	/* A change, which is in the journal, of this process only. */
	change = change_job_from(job);
	assert_non_null(change);
	assert_int_equal(change->steps[0].kind, CGW_STEP_KILL);
	assert_int_equal(change->steps[0].signal, SIGTERM);
	assert_int_equal(change->steps[0].pid, 41);
	assert_int_equal(change->steps[0].process_start, 7); /* see write_process() */
	assert_string_equal(change->targets.items[0].path, NGINX);
	job->free(job);
	session_keys(&fixture.session, "m");
	session_shows(&fixture.session, "Move process 41 to the group: " NGINX);
	session_keys(&fixture.session, "^U");
	session_type(&fixture.session, "/no/such");
	session_keys(&fixture.session, "Enter");
	session_shows(&fixture.session, "no such group");
	session_keys(&fixture.session, "^U");
	session_type(&fixture.session, "/user.slice");
	session_keys(&fixture.session, "Enter");
	session_keys(&fixture.session, "Esc");
	end(&fixture);
}

static void test_init_process_is_not_signalled(void **state)
{
	struct fixture fixture;

	begin(&fixture, "4");
	write_file(&fixture, "cgroup.procs", "1\n");
	write_process(&fixture, 1, 100, 0, 1000);
	update(&fixture);
	expect_process(&fixture, 1);
	session_keys(&fixture.session, "k");
	session_shows(&fixture.session, "cannot signal process 1: it is the init process");
	end(&fixture);
}

/* Processes of the groups below are listed on request, with their groups. */
static void test_processes_of_the_groups_below(void **state)
{
	struct fixture fixture;

	begin(&fixture, "q");
	write_process(&fixture, 41, 100, 300, 1000);
	tree_file(fixture.tree, "cgroup/system.slice/cgroup.procs", "");
	session_keys(&fixture.session, "Left Enter 4");
	update(&fixture);
	update(&fixture);
	session_shows(&fixture.session, "no processes");
	session_shows(&fixture.session, "b: show those of the groups below");
	session_keys(&fixture.session, "b");
	update(&fixture);
	session_shows(&fixture.session, "nginx.service  [p41]");
	session_keys(&fixture.session, "b");
	update(&fixture);
	session_hides(&fixture.session, "[p41]");
	end(&fixture);
}

/* Enter on a proposed command opens the form of the group at fault, with the value filled in. */
static void test_remedy_fills_in_the_form(void **state)
{
	struct fixture fixture;
	struct detail *detail;

	begin(&fixture, "6");
	update(&fixture);
	detail = fixture.session.app->views[1].state;
	detail->cause_count = 1;
	detail->causes[0] = (struct cgw_cause){.kind = CGW_CAUSE_PIDS_MAX, .current = true};
	detail->causes[0].group = detail_find_group(detail);
	strcpy(detail->causes[0].key, "pids.max");
	strcpy(detail->causes[0].value, "150");
	detail->row_count = 0;
	detail_add_value(detail, ROLE_LIMIT, "  remedy", "cgward set");
	detail->rows[0].cause = 1;
	session_keys(&fixture.session, "y");
	assert_string_equal(fixture.session.app->clipboard,
			    "cgward set '" NGINX "' 'pids.max=150'");
	session_keys(&fixture.session, "Enter");
	for (struct job *job; (job = job_pop(&fixture.session.app->jobs)) != NULL;) {
		job->run(job);
		(void)app_job_done(fixture.session.app, job);
	}
	session_shows(&fixture.session, "Limits of " NGINX);
	expect_line(&fixture, "pids.max ", "150", NULL);
	session_shows(&fixture.session, "IN USE");
	expect_line(&fixture, "pids.max ", " 33 ", NULL);
	end(&fixture);
}

/* In a narrow terminal, the end of a cause is on the next row. */
static void test_causes_are_wrapped(void **state)
{
	struct fixture fixture;

	begin(&fixture, "6");
	fixture.session.columns = 80;
	free(session_text(&fixture.session));
	write_file(&fixture, "memory.high", "209715200\n");
	write_file(&fixture, "memory.current", "199229440\n");
	write_file(&fixture, "memory.stat", "inactive_file 0\n");
	write_file(&fixture, "memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n");
	update(&fixture);
	write_file(&fixture, "memory.events", "low 0\nhigh 500\nmax 0\noom 0\noom_kill 0\n");
	update(&fixture);
	session_shows(&fixture.session, "exceeded memory.high 500 times");
	session_shows(&fixture.session, "working set 190M");
	/* Its course is below, and nothing is cut off. */
	session_shows(&fixture.session, "╭─ memory.current");
	session_hides(&fixture.session, "…");
	session_shows(&fixture.session, "Enter: edit limits");
	end(&fixture);
}

/* What only the machine measures has no course in this group. */
static void test_system_wide_causes_are_not_graphed(void **state)
{
	struct fixture fixture;
	struct detail *detail;

	begin(&fixture, "6");
	update(&fixture);
	detail = fixture.session.app->views[1].state;
	detail->cause_count = 1;
	detail->causes[0] = (struct cgw_cause){.kind = CGW_CAUSE_CPU_WAIT, .current = true};
	detail->row_count = 0;
	detail_add_value(detail, ROLE_TEXT, "99%", "waited");
	detail->rows[0].cause = 1;
	detail->scroll.selected = 0;
	session_shows(&fixture.session, "╭─ cpu ");
	detail->causes[0].system_wide = true;
	session_hides(&fixture.session, "╭─ cpu ");
	end(&fixture);
}

static void test_graphs_at_several_sizes(void **state)
{
	static const struct {
		int rows, columns;
		const char *name;
	} sizes[] = {
		{30, 100, "opened-graphs-100x30"},
		{40, 132, "opened-graphs-132x40"},
		{50, 200, "opened-graphs-200x50"},
	};
	struct fixture fixture;

	begin(&fixture, "1");
	for (int i = 0; i < 20; i++)
		update(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		fixture.session.rows = sizes[i].rows;
		fixture.session.columns = sizes[i].columns;
		session_expect(&fixture.session, sizes[i].name);
	}
	end(&fixture);
}

/* Limits from the samples since the page was opened; Enter fills in the form. */
static void test_advice_from_the_samples_so_far(void **state)
{
	struct cgw_metric_set metrics = {0};
	struct fixture fixture;

	begin(&fixture, "2");
	app_metrics(fixture.session.app, &metrics);
	assert_false(cgw_metric_set_has(&metrics, CGW_M_CPU_WEIGHT)); /* not before it is shown */
	assert_true(session_keys(&fixture.session, "8") & REACTION_METRICS);
	app_metrics(fixture.session.app, &metrics);
	assert_true(cgw_metric_set_has(&metrics, CGW_M_CPU_WEIGHT));
	session_shows(&fixture.session, "No limit can be computed");
	update(&fixture);
	expect_line(&fixture, "Limits from 1 sample ", NULL, NULL);
	session_shows(&fixture.session, "only 1 sample");
	for (int i = 0; i < 11; i++)
		update(&fixture);
	/* 41% and 33 tasks, with a quarter and a half more. */
	session_expect(&fixture.session, "detail-advice");
	expect_line(&fixture, "cpu.max ", " 52% ", NULL);
	expect_line(&fixture, "cpu.max ", " now max", NULL);
	expect_line(&fixture, "pids.max ", " 65 ", NULL);
	session_keys(&fixture.session, "Home /");
	session_type(&fixture.session, "pids.max");
	session_keys(&fixture.session, "Enter Esc Enter");
	for (struct job *job; (job = job_pop(&fixture.session.app->jobs)) != NULL;) {
		job->run(job);
		(void)app_job_done(fixture.session.app, job);
	}
	session_shows(&fixture.session, "Limits of " NGINX);
	expect_line(&fixture, "pids.max ", "65", NULL);
	end(&fixture);
}

/* A limit that appears above the selected one does not get the keys that are meant for that. */
static void test_selection_follows_its_limit(void **state)
{
	struct fixture fixture;

	begin(&fixture, "3");
	update(&fixture);
	session_hides(&fixture.session, "memory.max ");
	session_keys(&fixture.session, "Home /");
	session_type(&fixture.session, "pids.max");
	session_keys(&fixture.session, "Enter Esc");
	session_shows(&fixture.session, "edit limits  3/5");
	write_file(&fixture, "memory.max", "max\n");
	update(&fixture);
	session_shows(&fixture.session, "memory.max ");
	session_shows(&fixture.session, "edit limits  4/6");
	end(&fixture);
}

/* A column of the list has the advice of all groups, computed once per sample. */
static void test_advice_in_the_list(void **state)
{
	struct cgw_metric_set metrics = {0};
	struct settings *settings;
	struct fixture fixture;

	begin(&fixture, "1 Esc");
	settings = &fixture.session.app->settings;
	assert_int_equal(column_parse("cpu.max:advice", &settings->columns[1], NULL), 0);
	assert_int_equal(column_parse("pids.max:advice", &settings->columns[2], NULL), 0);
	settings->column_count = 3;
	app_metrics(fixture.session.app, &metrics);
	assert_true(cgw_metric_set_has(&metrics, CGW_M_CPU_WEIGHT));
	update(&fixture);
	expect_line(&fixture, "nginx.service", NULL, " 65"); /* too few samples */
	for (int i = 0; i < 11; i++)
		update(&fixture);
	session_expect(&fixture.session, "groups-advice");
	end(&fixture);
}

static void test_advice_is_not_computed_for_other_hosts(void **state)
{
	struct fixture fixture;

	begin(&fixture, "2");
	fixture.session.app->source_flags = SOURCE_REMOTE;
	session_keys(&fixture.session, "8");
	session_shows(&fixture.session, "Limits are computed on each host");
	assert_null(fixture.session.app->advice.advisor);
	end(&fixture);
}

static void test_limits(void **state)
{
	struct fixture fixture;

	begin(&fixture, "3");
	update(&fixture);
	expect_line(&fixture, "pids.max", "limited to 200 by /system.slice", NULL);
	expect_line(&fixture, "cpu.max ", "50.0%", "limited to");
	write_file(&fixture, "pids.max", "100\n");
	update(&fixture);
	expect_line(&fixture, "pids.max", "100", "limited to");
	write_file(&fixture, "pids.max", "300\n");
	update(&fixture);
	expect_line(&fixture, "pids.max", "limited to 200 by /system.slice", NULL);
	end(&fixture);
}

static void test_events_since_the_group_was_opened(void **state)
{
	struct fixture fixture;

	begin(&fixture, "5");
	update(&fixture);
	expect_line(&fixture, "pids.events.max", "3", "+");
	session_shows(&fixture.session, "No events seen in this session");
	write_file(&fixture, "pids.events", "max 7\n");
	update(&fixture);
	expect_line(&fixture, "pids.events.max", "+4", NULL);
	end(&fixture);
}

/* The limit of CPU is in the unit of the graph: percent of one CPU. */
static void test_limits_of_graphs(void **state)
{
	struct fixture fixture;

	begin(&fixture, "1");
	update(&fixture);
	expect_line(&fixture, "max 41.0%", "limit 50.0%", NULL);
	end(&fixture);
}

/* The limit is a line, the cursor reads out values, and all boxes have the same span. */
static void test_graphs_have_numbers(void **state)
{
	struct fixture fixture;

	begin(&fixture, "1");
	for (int i = 0; i < 20; i++)
		update(&fixture);
	session_expect(&fixture.session, "detail-graphs-limit");
	session_shows(&fixture.session, "╌╌╌╌");
	session_shows(&fixture.session, "─ Now ");
	session_keys(&fixture.session, "< < <");
	session_shows(&fixture.session, "─ 4 s ago ");
	session_shows(&fixture.session, "  41.0% CPU");
	session_keys(&fixture.session, "> > >");
	session_shows(&fixture.session, "─ Now ");
	end(&fixture);
}

/* Enter on a metric draws it from the time when the group was opened; of counters, the rate. */
static void test_any_metric_is_graphed(void **state)
{
	struct fixture fixture;

	begin(&fixture, "2");
	for (int i = 0; i < 4; i++) {
		write_file(&fixture, "pids.events", i % 2 == 0 ? "max 3\n" : "max 13\n");
		update(&fixture);
	}
	session_keys(&fixture.session, "/");
	session_type(&fixture.session, "pids.max");
	session_keys(&fixture.session, "Enter Esc Enter");
	session_shows(&fixture.session, "─ pids.max ");
	session_keys(&fixture.session, "2 /");
	session_type(&fixture.session, "pids.events.max");
	session_keys(&fixture.session, "Enter Esc Enter");
	/* 3 and 13 are the counter itself. */
	expect_line(&fixture, "─ pids.events.max ", "  now ", "max 13 ");
	end(&fixture);
}

static void test_search_on_each_page(void **state)
{
	static const struct {
		const char *page, *text, *found;
	} rows[] = {
		{"1", "pids.max", "pids.max"}, /* shown by page 2 */
		{"2", "PIDS.max", "pids.max"},
		{"3", "cpu.max", "cpu.max"},
		{"4", "p42", "[p42]"},
		{"5", "pids.events.max", "pids.events.max"},
		{"6", "slows", "slows this group down"},
		{"7", "processes", "processes"},
	};
	struct fixture fixture;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct detail *detail;
		const struct detail_row *row;
		char line[1024];

		begin(&fixture, rows[i].page);
		write_process(&fixture, 41, 100, 300, 1000);
		write_process(&fixture, 42, 700, 0, 2000);
		update(&fixture);
		update(&fixture);
		session_keys(&fixture.session, "/");
		session_type(&fixture.session, rows[i].text);
		session_hides(&fixture.session, "no match");
		session_keys(&fixture.session, "Enter");
		assert_int_equal(fixture.session.app->view_count, 2);
		detail = fixture.session.app->views[1].state;
		row = &detail->rows[detail->scroll.selected];
		snprintf(line, sizeof(line), "%s %s %.*s", row->left, row->value,
			 (int)row->line_length, row->line != NULL ? row->line : "");
		if (strstr(line, rows[i].found) == NULL)
			fail_msg("page %s: %s", rows[i].page, line);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_columns_of_processes),
		cmocka_unit_test(test_actions_on_one_process),
		cmocka_unit_test(test_init_process_is_not_signalled),
		cmocka_unit_test(test_processes_of_the_groups_below),
		cmocka_unit_test(test_remedy_fills_in_the_form),
		cmocka_unit_test(test_causes_are_wrapped),
		cmocka_unit_test(test_system_wide_causes_are_not_graphed),
		cmocka_unit_test(test_graphs_at_several_sizes),
		cmocka_unit_test(test_advice_from_the_samples_so_far),
		cmocka_unit_test(test_selection_follows_its_limit),
		cmocka_unit_test(test_advice_in_the_list),
		cmocka_unit_test(test_advice_is_not_computed_for_other_hosts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_events_since_the_group_was_opened),
		cmocka_unit_test(test_limits_of_graphs),
		cmocka_unit_test(test_graphs_have_numbers),
		cmocka_unit_test(test_any_metric_is_graphed),
		cmocka_unit_test(test_search_on_each_page),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
