/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-screens.c - tests of whole sessions: keys in, screens out, at several sizes. */
#include <locale.h>
#include <unistd.h>

#include "session.h"

static void test_list_at_several_sizes(void **state)
{
	static const struct {
		int rows, columns;
		const char *name;
	} sizes[] = {
		{24, 80, "groups-80x24"},   {30, 100, "groups-100x30"}, {40, 132, "groups-132x40"},
		{50, 200, "groups-200x50"}, {12, 40, "groups-40x12"},   {5, 20, "groups-20x5"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct session session;

		session_begin(&session, sizes[i].rows, sizes[i].columns);
		session_expect(&session, sizes[i].name);
		session_end(&session);
	}
}

static void test_tree_collapses_and_flattens(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "Down Left");
	session_expect(&session, "groups-folded");
	session_keys(&session, "F5");
	session_expect(&session, "groups-flat");
	session_keys(&session, "F5 Right *");
	session_shows(&session, "▸ user.slice");
	session_hides(&session, "user-1000.slice");
	session_keys(&session, "*");
	session_shows(&session, "session-3");
	session_end(&session);
}

static void test_sorting(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "T M");
	session_shows(&session, "▼MEM/MAX");
	session_keys(&session, "I");
	session_expect(&session, "groups-by-memory-upwards");
	session_keys(&session, ">");
	session_shows(&session, "▼PIDS/MAX");
	session_keys(&session, "< P");
	session_shows(&session, "▼CPU");
	session_keys(&session, "a");
	session_above(&session, "init.scope", "user.slice");
	session_shows(&session, "GROUP▲");
	session_keys(&session, "a");
	session_above(&session, "user.slice", "init.scope");
	session_shows(&session, "GROUP▼");
	session_keys(&session, "F5");
	session_above(&session, "nginx.service", "cron.service");
	session_keys(&session, "I F5");
	session_above(&session, "cron.service", "nginx.service");
	session_keys(&session, "T F6");
	session_type(&session, "pids.cur");
	session_expect(&session, "sort-menu");
	session_keys(&session, "Enter");
	session_shows(&session, "▼PIDS");
	session_end(&session);
}

static void test_searching_and_filtering(void **state)
{
	struct session session;
	char path[256];

	session_begin(&session, 24, 80);
	session_keys(&session, "*"); /* collapse all: a search expands the path to its match */
	session_keys(&session, "/");
	session_type(&session, "SESS");
	session_expect(&session, "search");
	app_path(session.app, app_group(session.app), path, sizeof(path));
	assert_string_equal(path, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "Esc F4");
	session_type(&session, "*.service");
	session_expect(&session, "filter");
	session_keys(&session, "Enter F5");
	session_shows(&session, "slice/postgresql.service");
	session_hides(&session, "user.slice");
	session_keys(&session, "F4");
	session_type(&session, "[");
	session_keys(&session, "Enter");
	session_shows(&session, "Filter: *.service[");
	session_keys(&session, "Esc");
	session_shows(&session, "/9\n");
	session_end(&session);
}

static void test_windows(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "?");
	session_expect(&session, "help");
	session_hides(&session, "…"); /* complete sentences */
	session_keys(&session, "End");
	session_shows(&session, "[keys] ");
	session_keys(&session, "q F2");
	session_expect(&session, "setup");
	session_keys(&session, "/");
	session_type(&session, "oom_kill");
	session_keys(&session, "Enter Space");
	session_shows(&session, "[x] memory.events.oom_kill");
	session_keys(&session, "Esc d");
	session_type(&session, "x");
	session_keys(&session, "Enter");
	session_shows(&session, "expected a time from 100ms to 1h");
	session_keys(&session, "^U");
	session_type(&session, "500ms");
	session_keys(&session, "Enter");
	session_shows(&session, "every 500ms");
	session_keys(&session, "p");
	session_shows(&session, "PAUSED");
	session_end(&session);
}

/* What is wrong in the configuration is shown before anything else. */
static void test_invalid_configuration_is_shown(void **state)
{
	struct cgw_diag diag = {.text = "unknown setting 'colour' in [screen]",
				.file = "/home/me/.config/cgward/config"};
	struct session session;

	session_begin(&session, 24, 80);
	for (diag.line = 3; diag.line < 5; diag.line++)
		app_report_configuration(session.app, &diag);
	assert_true(app_tick(session.app, session.now_s * SECOND) & REACTION_DRAW);
	session_shows(&session, "config:3: unknown setting 'colour'");
	session_shows(&session, "config:4: ");
	session_keys(&session, "q");
	session_hides(&session, "colour");
	session_end(&session);
}

static void test_opened_group(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "Down Enter");
	for (int i = 0; i < 30; i++)
		session_sample(&session);
	session_expect(&session, "detail-graphs");
	session.utf8 = false;
	session_expect(&session, "detail-graphs-ascii");
	session.rows = 12;
	session_expect(&session, "detail-graphs-low");
	session_keys(&session, "2");
	session_shows(&session, "reading");
	session_keys(&session, "q");
	session_shows(&session, "MEM/MAX");
	session_end(&session);
}

static void test_ascii_only(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session.utf8 = false;
	session_expect(&session, "groups-ascii");
	session_end(&session);
}

/* Keys act on the same group when other groups appear, disappear or change places with it. */
static void test_selection_follows_group(void **state)
{
	static const struct frame_group later[] = {
		{"/", 1},
		{"/a.slice", 20},
		{"/system.slice", 3},
		{"/system.slice/nginx.service", 5},
		{"/user.slice", 70},
	};
	struct session session;
	char path[256];

	session_begin(&session, 24, 80);
	session_keys(&session, "Down Down Down");
	app_path(session.app, app_group(session.app), path, sizeof(path));
	assert_string_equal(path, "/system.slice/nginx.service");
	session_keys(&session, "Space Up");
	topology_unref(session.topology);
	session.topology = frame_topology(later, ARRAY_SIZE(later));
	session_sample(&session);
	app_path(session.app, app_group(session.app), path, sizeof(path));
	assert_string_equal(path, "/system.slice/nginx.service");
	session_expect(&session, "groups-came-and-went");
	assert_int_equal(session.app->list.marked, 1);
	for (int i = 0; i < 6; i++)
		session_sample(&session);
	session_hides(&session, "postgresql");
	session_hides(&session, "+ ");
	session_end(&session);
}

static void test_untrusted_names_are_escaped(void **state)
{
	static const struct frame_group untrusted[] = {
		{"/", 1},
		{"/a\x1b[31m\x1b]0;x\x07", 2},
		{"/b\n\t\r", 3},
		{"/c\xff\xfe", 4},
		{"/d\xe2\x80\xae"
		 "evil",
		 5},
		{"/e日本語のとても長い名前のグループです", 6},
	};
	struct session session;

	session_begin(&session, 14, 60);
	topology_unref(session.topology);
	session.topology = frame_topology(untrusted, ARRAY_SIZE(untrusted));
	for (int i = 0; i < 6; i++)
		session_sample(&session);
	session_expect(&session, "groups-untrusted-names");
	session_end(&session);
}

static void test_filter_by_condition(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "F5 F4");
	session_type(&session, "cpu > 100% and memory.working_set > 1G");
	session_keys(&session, "Enter");
	session_shows(&session, "filter cpu > 100%");
	session_shows(&session, ": 3 of 9");
	session_hides(&session, "nginx");
	session_keys(&session, "F4 ^U");
	session_type(&session, "cpu >");
	assert_true(session_keys(&session, "Enter") & REACTION_BEEP);
	session_keys(&session, "Esc");
	session_end(&session);
}

/* Disruptive actions ask for confirmation: first a preview job, then the action itself. */
static void test_actions_ask_for_confirmation(void **state)
{
	struct session session;
	struct job *job;

	session_begin(&session, 24, 80);
	session_keys(&session, "Down Down Space Space f");
	session_expect(&session, "freeze-confirm");
	job = job_pop(&session.app->jobs);
	assert_non_null(job);
	assert_false(job->acts);
	app_job_done(session.app, job); /* it was not run, so it found no process */
	session_shows(&session, "0 processes in");
	session_keys(&session, "Esc");
	assert_null(job_pop(&session.app->jobs));
	session_keys(&session, "f Enter");
	job = job_pop(&session.app->jobs);
	job->free(job);
	job = job_pop(&session.app->jobs);
	assert_non_null(job);
	assert_true(job->acts);
	job->free(job);
	session_keys(&session, "U k");
	session_expect(&session, "kill-menu");
	session_type(&session, "hup");
	session_keys(&session, "Enter");
	session_shows(&session, "Send HUP (1) to all processes of");
	session_keys(&session, "Esc n");
	session_type(&session, "a/b");
	session_keys(&session, "Enter");
	session_shows(&session, "expected a name without '/'");
	session_keys(&session, "Esc m");
	session_type(&session, "12x");
	session_keys(&session, "Enter");
	session_shows(&session, "invalid PID");
	session_keys(&session, "Esc");
	session_end(&session);
}

static void test_policy_preview(void **state)
{
	static const char text[] = "[policy]\nmode = enforce\n"
				   "[rule hog]\nmatch = /system.slice/*\nwhen = cpu > 100%\n"
				   "for = 3s\nthen = limit cpu.max 50%\nhold = 60s\n";
	const struct cgw_policy_reporter reporter = {NULL, NULL};
	struct cgw_policy *policy;
	struct session session;

	session_begin(&session, 24, 100);
	session_keys(&session, "R q");
	session_work(&session);
	assert_int_equal(cgw_policy_parse("test", text, strlen(text), &reporter, &policy), 0);
	assert_int_equal(rules_new(policy, &session.app->rules), 0);
	session_keys(&session, "R");
	for (int i = 0; i < 3; i++) {
		session_sample(&session);
		session_work(&session);
	}
	session_shows(&session, "rule hog");
	session_shows(&session, "pending");
	/* A slow thread gets all pending samples at once. */
	for (int i = 0; i < 4; i++)
		session_sample(&session);
	session_work(&session);
	session_shows(&session, "limit cpu.max 50%");
	session_expect(&session, "policy");
	session_shows(&session, "active");
	session_keys(&session, "End q");
	session_shows(&session, "MEM/MAX");
	session_end(&session);
}

static void save_and_read(struct session *session, const char *file, const char *part)
{
	char text[64 * 1024] = "";
	FILE *saved;

	session_keys(session, "X");
	session_type(session, file);
	session_keys(session, "Enter");
	session_shows(session, "saved /");
	saved = fopen(file, "r");
	assert_non_null(saved);
	text[fread(text, 1, sizeof(text) - 1, saved)] = '\0';
	fclose(saved);
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in %s:\n%.2000s", part, file, text);
}

/* By suffix; a file is never replaced. */
static void test_view_is_saved(void **state)
{
	char directory[] = "/tmp/cgward-test-view-XXXXXX", files[3][64];
	struct session session;

	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		snprintf(files[i], sizeof(files[i]), "%s/view.%s", directory,
			 i == 0   ? "txt"
			 : i == 1 ? "csv"
				  : "svg");
	session_begin(&session, 24, 80);
	save_and_read(&session, files[0], "├─postgresql.service");
	save_and_read(&session, files[1],
		      "\"/system.slice/nginx.service\",\"41\",\"292552704\",\"33\"");
	save_and_read(&session, files[2], "nginx.service");
	session_keys(&session, "X");
	session_type(&session, files[0]);
	session_keys(&session, "Enter");
	session_shows(&session, "File exists");
	session_end(&session);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(unlink(files[i]), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void test_read_only_rejects_actions(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session.app->read_only = true;
	assert_true(session_keys(&session, "f") & REACTION_BEEP);
	session_shows(&session, "cannot freeze: read-only mode");
	session_hides(&session, "Freeze");
	session_end(&session);
}

static void test_mouse(void **state)
{
	struct session session;
	struct event event = {.kind = EVENT_MOUSE, .button = MOUSE_LEFT, .row = 4, .column = 55};
	char path[256];

	session_begin(&session, 24, 80);
	free(session_text(&session));
	app_mouse(session.app, &event);
	session_shows(&session, "▼MEM/MAX");
	event.row = 6;
	event.column = 4;
	app_mouse(session.app, &event);
	app_path(session.app, app_group(session.app), path, sizeof(path));
	assert_string_equal(path, "/system.slice");
	session_shows(&session, "▸ system.slice");
	event.button = MOUSE_WHEEL_DOWN;
	app_mouse(session.app, &event);
	app_path(session.app, app_group(session.app), path, sizeof(path));
	assert_string_equal(path, "/user.slice/user-1000.slice/session-3.scope");
	event = (struct event){.kind = EVENT_MOUSE, .button = MOUSE_LEFT, .row = 23, .column = 1};
	app_mouse(session.app, &event);
	session_shows(&session, "─ Help ─");
	session_end(&session);
}

/* All windows can be drawn at all sizes. */
static void test_every_size_can_be_drawn(void **state)
{
	static const char *const windows[] = {"", "?", "F2", "F6", "F4 x", "Enter", "Enter 2", "d"};

	for (size_t w = 0; w < ARRAY_SIZE(windows); w++) {
		struct session session;

		session_begin(&session, 24, 80);
		session_keys(&session, windows[w]);
		for (int rows = 1; rows <= 200; rows += rows < 12 ? 1 : 47)
			for (int columns = 1; columns <= 500; columns += columns < 24 ? 1 : 119) {
				session.rows = rows;
				session.columns = columns;
				free(session_text(&session));
			}
		session_end(&session);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_at_several_sizes),
		cmocka_unit_test(test_tree_collapses_and_flattens),
		cmocka_unit_test(test_sorting),
		cmocka_unit_test(test_searching_and_filtering),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_invalid_configuration_is_shown),
		cmocka_unit_test(test_opened_group),
		cmocka_unit_test(test_ascii_only),
		cmocka_unit_test(test_selection_follows_group),
		cmocka_unit_test(test_untrusted_names_are_escaped),
		cmocka_unit_test(test_filter_by_condition),
		cmocka_unit_test(test_actions_ask_for_confirmation),
		cmocka_unit_test(test_policy_preview),
		cmocka_unit_test(test_view_is_saved),
		cmocka_unit_test(test_read_only_rejects_actions),
		cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_every_size_can_be_drawn),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
