/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-group-list.c - which group of the list is selected, visible, marked and found. */
#include <locale.h>

#include "session.h"

static void expect_selected(struct session *session, const char *expected)
{
	char path[256];

	/* Drawing arranges the rows. */
	free(session_text(session));
	app_path(session->app, app_group(session->app), path, sizeof(path));
	assert_string_equal(path, expected);
}

/* The row of the selected group is always on the screen, and no row is left empty. */
static void test_list_scrolls_to_the_selected_row(void **state)
{
	static const char *const keys[] = {"Down", "Up"};

	for (int rows = 6; rows <= 16; rows++) {
		struct session session;

		session_begin(&session, rows, 80);
		for (size_t i = 0; i < 2 * ARRAY_SIZE(session_groups); i++) {
			const struct list *list = &session.app->list;
			uint32_t page;

			session_keys(&session, keys[i / ARRAY_SIZE(session_groups)]);
			free(session_text(&session));
			page = list->page < list->row_count ? list->page : list->row_count;
			assert_in_range(list->selected, list->first, list->first + list->page - 1);
			assert_true(list->first + page <= list->row_count);
			/* It scrolls no farther than necessary. */
			if (i < ARRAY_SIZE(session_groups) && list->selected >= page)
				assert_int_equal(list->first, list->selected - page + 1);
		}
		session_end(&session);
	}
}

/* The end of a path counts, however long it is: 20 names of 250 bytes, and then the group. */
static void test_filter_and_search_long_paths(void **state)
{
	static char paths[22][5100];
	struct frame_group groups[22] = {{"/", 1}};
	struct session session;

	for (size_t i = 1; i < ARRAY_SIZE(groups); i++) {
		int length = (int)strlen(paths[i - 1]);

		memcpy(paths[i], paths[i - 1], sizeof(paths[i]));
		if (i + 1 < ARRAY_SIZE(groups))
			snprintf(paths[i] + length, 252, "/%0250zu", i);
		else
			strcpy(paths[i] + length, "/needle");
		groups[i] = (struct frame_group){paths[i], i + 1};
	}
	session_begin(&session, 24, 80);
	topology_unref(session.topology);
	session.topology = frame_topology(groups, ARRAY_SIZE(groups));
	session_sample(&session);
	session_keys(&session, "T F4");
	session_type(&session, "/**/needle");
	session_keys(&session, "Enter");
	assert_int_equal(session.app->list.matched, 1);
	session_keys(&session, "F4 ^U");
	session_type(&session, "20/needle");
	session_keys(&session, "Enter");
	assert_int_equal(session.app->list.matched, 1);
	session_keys(&session, "F4 ^U Enter Home F3");
	session_type(&session, "20/needle");
	assert_int_equal(app_group(session.app), ARRAY_SIZE(groups) - 1);
	session_end(&session);
}

static void test_search_in_both_directions(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "a"); /* by name */
	session_keys(&session, "/");
	session_type(&session, ".service");
	session_keys(&session, "Enter");
	expect_selected(&session, "/system.slice/cron.service");
	session_keys(&session, "n");
	expect_selected(&session, "/system.slice/nginx.service");
	session_keys(&session, "n");
	expect_selected(&session, "/system.slice/postgresql.service");
	session_keys(&session, "n"); /* from the end to the start */
	expect_selected(&session, "/system.slice/cron.service");
	session_keys(&session, "N");
	expect_selected(&session, "/system.slice/postgresql.service");
	session_keys(&session, "N");
	expect_selected(&session, "/system.slice/nginx.service");
	session_end(&session);
}

/* If all groups are folded, the selection moves to the parent that is still visible. */
static void test_selection_moves_out_of_folded_groups(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "End");
	expect_selected(&session, "/init.scope");
	session_keys(&session, "*");
	expect_selected(&session, "/init.scope");
	session_keys(&session, "* /");
	session_type(&session, "session-3");
	session_keys(&session, "Enter Esc");
	expect_selected(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "*");
	expect_selected(&session, "/user.slice");
	session_hides(&session, "session-3");
	session_end(&session);
}

/* A filter shows the groups in folded parents as well, so that they can be selected. */
static void test_filtered_groups_in_folded_parents(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "* F4");
	session_type(&session, "session-3");
	session_keys(&session, "Enter");
	session_shows(&session, "session-3.scope");
	session_keys(&session, "End");
	for (int i = 0; i < 2; i++) {
		expect_selected(&session, "/user.slice/user-1000.slice/session-3.scope");
		session_sample(&session);
	}
	session_end(&session);
}

static void test_marks(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "Down Space Space");
	assert_int_equal(session.app->list.marked, 2);
	session_keys(&session, "Up Space"); /* the second one again */
	assert_int_equal(session.app->list.marked, 1);
	session_sample(&session);
	assert_int_equal(session.app->list.marked, 1);
	session_keys(&session, "U");
	assert_int_equal(session.app->list.marked, 0);
	session_end(&session);
}

/* The share of all CPUs decides: a busy group is less of a problem on a larger machine. */
static void test_colour_depends_on_the_machine(void **state)
{
	static const struct {
		unsigned cpus;
		double percent; /* of one CPU */
		enum role role;
	} rows[] = {
		{1, 0, ROLE_DIM},   {1, 24, ROLE_TEXT},    {1, 25, ROLE_WARM},  {1, 50, ROLE_HOT},
		{1, 90, ROLE_BAD},  {4, 99, ROLE_TEXT},    {4, 100, ROLE_WARM}, {4, 200, ROLE_HOT},
		{4, 360, ROLE_BAD}, {64, 1500, ROLE_TEXT},
	};
	struct session session;
	struct column cpu;

	session_begin(&session, 24, 80);
	assert_int_equal(column_parse("cpu", &cpu, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cgw_snapshot *snapshot = session_snapshot(&session);
		const struct cgw_value value = {.state = CGW_OK, .real = rows[i].percent};
		struct column_source source = {.frame = session.app->frame};

		snapshot->machine.cpu_count = rows[i].cpus;
		assert_int_equal(cgw_frame_update(session.app->frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
		if (column_role(&source, &cpu, value) != rows[i].role)
			fail_msg("row %zu: %d", i, (int)column_role(&source, &cpu, value));
	}
	session_end(&session);
}

/* Idle groups are hidden on request, but not those that were marked. */
static void test_idle_groups_can_be_hidden(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	for (int i = 0; i < 12; i++)
		session_sample(&session);
	session_keys(&session, "z");
	session_hides(&session, "cron.service");
	session_hides(&session, "init.scope");
	session_shows(&session, "nginx.service");
	session_shows(&session, "2 idle hidden (z)");
	session_keys(&session, "z /");
	session_type(&session, "cron");
	session_keys(&session, "Enter Esc Space z");
	session_shows(&session, "cron.service");
	session_shows(&session, "1 idle hidden");
	session_end(&session);
}

/* On a narrow screen, columns without values leave their space to columns with values. */
static void test_empty_columns_give_way(void **state)
{
	struct session session;

	session_begin(&session, 24, 76);
	session_hides(&session, "THROTTLED");
	session.app->settings.column_count = 1;
	for (const char *key =
		     "cpu.throttled_percent\0memory.swap.current\0cpu\0memory.percent:bar\0"
		     "io.read\0io.write\0pids.current\0memory.current\0";
	     *key != '\0'; key += strlen(key) + 1)
		assert_int_equal(
			settings_set(&session.app->settings, "groups", "column", key, NULL), 0);
	session_shows(&session, "THROTTLED");
	session_hides(&session, "MEMORY");
	for (int i = 0; i < 4; i++) {
		session_sample(&session);
		free(session_text(&session));
	}
	session_hides(&session, "THROTTLED");
	session_shows(&session, "MEMORY");
	/* With space for all, nothing is hidden. */
	session.columns = 160;
	session_shows(&session, "THROTTLED");
	/* The sort column is always shown. */
	session.columns = 76;
	session_keys(&session, "F6");
	session_type(&session, "throttled_percent");
	session_keys(&session, "Enter");
	session_shows(&session, "▼THROTTLED");
	session_end(&session);
}

static void test_sort_order_is_always_visible(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_hides(&session, "sorted by");
	session_keys(&session, "F6");
	session_type(&session, "memory.peak");
	session_keys(&session, "Enter");
	session_shows(&session, "sorted by memory.peak ▼");
	session_keys(&session, "I");
	session_shows(&session, "sorted by memory.peak ▲");
	session_end(&session);
}

/* One scale for all rows: a group with a few percent does not look like one with 200%. */
static void test_graphs_share_a_scale(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_shows(&session, "187.0%          ⢸");
	session_shows(&session, "44.0%          ⢀");
	session_shows(&session, "CPU 1 MIN");
	session_end(&session);
}

static void test_limits_are_shown_beside_the_use(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_shows(&session, "███▌  1.7G/2.0G"); /* a limit of its own */
	session_shows(&session, "  2.7G  ");        /* none */
	session_end(&session);
}

/* From the line of warnings to the group, by key and by click. */
static void test_warned_groups_are_reached(void **state)
{
	struct event click = {.kind = EVENT_MOUSE, .button = MOUSE_LEFT, .row = 3, .column = 12};
	struct session session;

	session_begin(&session, 24, 100);
	session_hides(&session, "Warned");
	session_keys(&session, "!");
	session_shows(&session, "no warnings");
	for (int i = 0; i < 2; i++) {
		struct cgw_snapshot *snapshot = session_snapshot(&session);
		struct arrival arrival = {.now = snapshot};

		set_value(snapshot, CGW_M_MEMORY_CURRENT, "/system.slice/cron.service",
			  number_ok(63 * MIB));
		set_value(snapshot, CGW_M_MEMORY_INACTIVE_FILE, "/system.slice/cron.service",
			  number_ok(0));
		set_value(snapshot, CGW_M_MEMORY_EVENTS_OOM_KILL, "/init.scope",
			  number_ok((uint64_t)i));
		assert_int_equal(app_on_sample(session.app, &arrival, session.now_s * SECOND), 0);
		arrival_free(&arrival);
	}
	session_shows(&session, "Warned");
	session_keys(&session, "*"); /* found in collapsed groups too */
	session_keys(&session, "!");
	expect_selected(&session, "/init.scope");
	session_keys(&session, "!");
	expect_selected(&session, "/system.slice/cron.service");
	session_keys(&session, "!");
	expect_selected(&session, "/init.scope");
	click.column = 60;
	(void)app_mouse(session.app, &click);
	expect_selected(&session, "/system.slice/cron.service");
	click.column = 2;
	(void)app_mouse(session.app, &click);
	expect_selected(&session, "/init.scope");
	session_end(&session);
}

#define HEX64_A "3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708"
#define HEX64_B "3f2a1b4c5d6f7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708"

static void test_names_identifiers_and_paths(void **state)
{
	static const struct frame_group groups[] = {
		{"/", 1},
		{"/system.slice", 2},
		{"/system.slice/docker-" HEX64_A ".scope", 3},
		{"/system.slice/docker-" HEX64_A ".scope/init", 4},
		{"/system.slice/docker-" HEX64_B ".scope", 5},
		{"/system.slice/docker-" HEX64_B ".scope/init", 6},
	};
	struct session session;

	session_begin(&session, 24, 100);
	topology_unref(session.topology);
	session.topology = frame_topology(groups, ARRAY_SIZE(groups));
	for (int i = 0; i < 6; i++)
		session_sample(&session);
	assert_int_equal(group_names_add(&session.app->names, HEX64_A, "web-1"), 0);
	assert_int_equal(group_names_add(&session.app->names, HEX64_B, ""), 0);
	session_shows(&session, "─▾ web-1 ");
	session_shows(&session, "─▾ docker-3f2a1b4c5d6f.scope");
	session_keys(&session, "T");
	session_shows(&session, " web-1/init");
	session_expect(&session, "groups-container-names");
	session_keys(&session, "l");
	session_hides(&session, "web-1");
	session_shows(&session, "docker-3f2a1b4c5d6e.scope/init");
	/* The whole identifier does not fit: what differs is kept. */
	session_keys(&session, "l");
	session_expect(&session, "groups-long-paths");
	session_shows(&session, "e7f8091a2");
	session_shows(&session, "f7f8091a2");
	session_end(&session);
}

/* A search finds the names that are shown. */
static void test_names_are_found(void **state)
{
	static const struct frame_group groups[] = {
		{"/", 1}, {"/docker", 2}, {"/docker/" HEX64_A, 3}, {"/docker/" HEX64_B, 4}};
	struct session session;

	session_begin(&session, 24, 80);
	topology_unref(session.topology);
	session.topology = frame_topology(groups, ARRAY_SIZE(groups));
	session_sample(&session);
	assert_int_equal(group_names_add(&session.app->names, HEX64_B, "db-1"), 0);
	session_keys(&session, "/");
	session_type(&session, "db-");
	session_keys(&session, "Enter");
	expect_selected(&session, "/docker/" HEX64_B);
	session_keys(&session, "Esc F4");
	session_type(&session, "db-1");
	session_keys(&session, "Enter");
	assert_int_equal(session.app->list.matched, 1);
	session_end(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_scrolls_to_the_selected_row),
		cmocka_unit_test(test_filter_and_search_long_paths),
		cmocka_unit_test(test_search_in_both_directions),
		cmocka_unit_test(test_selection_moves_out_of_folded_groups),
		cmocka_unit_test(test_filtered_groups_in_folded_parents),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_colour_depends_on_the_machine),
		cmocka_unit_test(test_idle_groups_can_be_hidden),
		cmocka_unit_test(test_empty_columns_give_way),
		cmocka_unit_test(test_sort_order_is_always_visible),
		cmocka_unit_test(test_graphs_share_a_scale),
		cmocka_unit_test(test_limits_are_shown_beside_the_use),
		cmocka_unit_test(test_warned_groups_are_reached),
		cmocka_unit_test(test_names_identifiers_and_paths),
		cmocka_unit_test(test_names_are_found),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
