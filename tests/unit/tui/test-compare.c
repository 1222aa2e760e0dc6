/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-compare.c - which two groups are shown side by side, and what is shown of them. */
#include <locale.h>

#include "session.h"

static void select_group(struct session *session, const char *path)
{
	list_go(&session->app->list, session->app->frame,
		cgw_topology_find(app_topology(session->app), path));
	app_arrange(session->app);
}

static void test_marked_and_selected_group(void **state)
{
	struct session session;
	struct cgw_metric_set metrics = {0};

	session_begin(&session, 24, 80);
	select_group(&session, "/system.slice/nginx.service");
	session_keys(&session, "Space");
	select_group(&session, "/system.slice/postgresql.service");
	session_keys(&session, "|");
	assert_int_equal(session.app->view_count, 2);
	/* Columns that the list does not show have a row, and are read. */
	app_metrics(session.app, &metrics);
	assert_true(cgw_metric_set_has(&metrics, CGW_M_MEMORY_ANON));
	session_sample(&session);
	session_expect(&session, "compare");
	session_keys(&session, "/");
	session_type(&session, "io.w");
	session_shows(&session, "io.write");
	session_keys(&session, "Enter Esc");
	session_shows(&session, "Bytes written");
	session_keys(&session, "Esc");
	assert_int_equal(session.app->view_count, 1);
	session_end(&session);
}

/* Not the selected group if two are marked; never one, three, or the same group twice. */
static void test_which_groups_are_compared(void **state)
{
	static const struct {
		const char *keys;
		unsigned views;
	} rows[] = {
		{"|", 1}, /* none is marked */
		{"Home Space Home |", 1},
		{"Home Space End |", 2},
		{"Home Space Space End |", 2},
		{"Home Space Space Space End |", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct session session;

		session_begin(&session, 24, 80);
		session_keys(&session, rows[i].keys);
		assert_int_equal(session.app->view_count, rows[i].views);
		if (rows[i].views == 1)
			session_shows(&session, "mark one group (Space) and select another");
		else
			session_shows(&session, " / ");
		session_end(&session);
	}
}

/* The groups are known by their paths: neither samples nor the selection change them. */
static void test_removed_group(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	select_group(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "Space");
	select_group(&session, "/system.slice");
	session_keys(&session, "|");
	topology_unref(session.topology);
	session.topology = frame_topology(session_groups, ARRAY_SIZE(session_groups) - 1);
	session_sample(&session);
	session_shows(&session, "removed: …");
	session_shows(&session, " /system.slice\n");
	session_shows(&session, "143.0%");
	session_end(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marked_and_selected_group),
		cmocka_unit_test(test_which_groups_are_compared),
		cmocka_unit_test(test_removed_group),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
