/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-pins.c - groups pinned to the top of the list: as a tree, flat, filtered, created again. */
#include <errno.h>
#include <locale.h>

#include "session.h"

static void select_group(struct session *session, const char *path)
{
	list_go(&session->app->list, session->app->frame,
		cgw_topology_find(app_topology(session->app), path));
	app_arrange(session->app);
}

/* Paths of the rows, indented by two blanks per level. */
static void expect_rows(struct session *session, const char *const *rows, size_t count)
{
	const struct list *list = &session->app->list;

	free(session_text(session));
	for (size_t i = 0; i < count || i < list->row_count; i++) {
		char path[256], row[300] = "nothing";

		if (i < list->row_count) {
			app_path(session->app, list->rows[i].group, path, sizeof(path));
			snprintf(row, sizeof(row), "%*s%s", 2 * list->rows[i].depth, "", path);
		}
		if (i >= count || strcmp(row, rows[i]) != 0)
			fail_msg("row %zu is '%s', not '%s'", i, row,
				 i < count ? rows[i] : "nothing");
	}
}

static void expect_selected(const struct session *session, const char *expected)
{
	char path[256];

	app_path(session->app, app_group(session->app), path, sizeof(path));
	assert_string_equal(path, expected);
}

/* In the tree, a pinned group takes the groups below it along; in a flat list it is one row. */
static void test_pinned_groups_come_first(void **state)
{
	static const char *const tree[] = {
		"/user.slice/user-1000.slice",
		"  /user.slice/user-1000.slice/session-3.scope",
		"/system.slice/cron.service",
		"/",
		"  /system.slice",
		"    /system.slice/postgresql.service",
		"    /system.slice/nginx.service",
		"  /user.slice",
		"  /init.scope",
	};
	static const char *const flat[] = {
		"/user.slice/user-1000.slice",
		"/system.slice/cron.service",
		"/",
		"/system.slice",
		"/system.slice/postgresql.service",
		"/user.slice",
		"/user.slice/user-1000.slice/session-3.scope",
		"/system.slice/nginx.service",
		"/init.scope",
	};
	struct session session;

	session_begin(&session, 24, 80);
	select_group(&session, "/system.slice/cron.service");
	session_keys(&session, "#");
	expect_selected(&session, "/system.slice/cron.service");
	assert_true(session.app->settings_changed);
	select_group(&session, "/user.slice/user-1000.slice");
	session_keys(&session, "#");
	expect_rows(&session, tree, ARRAY_SIZE(tree));
	session_expect(&session, "groups-pinned");
	session_sample(&session);
	expect_rows(&session, tree, ARRAY_SIZE(tree));
	session_keys(&session, "F5");
	expect_rows(&session, flat, ARRAY_SIZE(flat));
	session_expect(&session, "groups-pinned-flat");
	session_keys(&session, "F5 I");
	session_above(&session, "slice/cron.service", "slice/user-1000.slice");
	session_keys(&session, "Home");
	expect_selected(&session, "/system.slice/cron.service");
	session_keys(&session, "#");
	expect_selected(&session, "/system.slice/cron.service");
	session_hides(&session, "# …stem");
	assert_int_equal(session.app->settings.pins.count, 1);
	session_end(&session);
}

/* One below another is a row of its own; below the root are those that are not pinned. */
static void test_pinned_below_pinned(void **state)
{
	static const char *const rows[] = {
		"/system.slice",
		"  /system.slice/postgresql.service",
		"  /system.slice/cron.service",
		"/system.slice/nginx.service",
		"/",
		"  /user.slice",
		"    /user.slice/user-1000.slice",
		"      /user.slice/user-1000.slice/session-3.scope",
		"  /init.scope",
	};
	struct session session;

	session_begin(&session, 24, 80);
	select_group(&session, "/system.slice");
	session_keys(&session, "#");
	select_group(&session, "/system.slice/nginx.service");
	session_keys(&session, "#");
	expect_rows(&session, rows, ARRAY_SIZE(rows));
	/* Pinned by other spellings of their paths, in the configuration. */
	assert_int_equal(pins_add(&session.app->settings.pins, "/system.slice/", NULL), 0);
	app_arrange(session.app);
	expect_rows(&session, rows, ARRAY_SIZE(rows));
	session_end(&session);
}

/* Neither folds nor hidden idle groups hide them; a filter does. */
static void test_what_hides_pinned_groups(void **state)
{
	static const char *const shown[] = {"/system.slice/cron.service", "/"};
	static const char *const matching[] = {"/", "  /system.slice",
					       "    /system.slice/nginx.service"};
	static const char *const both[] = {
		"/system.slice/cron.service",
		"/",
		"  /system.slice",
		"    /system.slice/postgresql.service",
		"    /system.slice/nginx.service",
	};
	struct session session;

	session_begin(&session, 24, 80);
	select_group(&session, "/system.slice/cron.service");
	session_keys(&session, "# Home Down Left z");
	for (int i = 0; i < 12; i++)
		session_sample(&session);
	expect_rows(&session, shown, ARRAY_SIZE(shown));
	session_keys(&session, "z F4");
	session_type(&session, "nginx");
	session_keys(&session, "Enter");
	expect_rows(&session, matching, ARRAY_SIZE(matching));
	session_keys(&session, "F4 ^U");
	session_type(&session, "service");
	session_keys(&session, "Enter");
	expect_rows(&session, both, ARRAY_SIZE(both));
	session_end(&session);
}

/* The ancestors of a selected pinned group are folded: it stays selected, as it is visible. */
static void test_selection_stays_on_pinned_groups(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	select_group(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "# *");
	expect_selected(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_sample(&session);
	expect_selected(&session, "/user.slice/user-1000.slice/session-3.scope");
	/* Going to it unfolds nothing. */
	session_keys(&session, "End /");
	session_type(&session, "session-3");
	expect_selected(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "Enter");
	session_hides(&session, "─user-1000.slice");
	/* Unpinned, it is in a folded group. */
	session_keys(&session, "#");
	expect_selected(&session, "/user.slice");
	session_end(&session);
}

/* A pin belongs to the path: it applies again when the group is created again. */
static void test_pin_of_a_group_created_again(void **state)
{
	struct session session;
	struct topology *all;

	session_begin(&session, 24, 80);
	select_group(&session, "/user.slice/user-1000.slice/session-3.scope");
	session_keys(&session, "#");
	all = session.topology;
	session.topology = frame_topology(session_groups, ARRAY_SIZE(session_groups) - 1);
	for (int i = 0; i < 5; i++)
		session_sample(&session);
	session_hides(&session, "session-3");
	assert_int_equal(session.app->settings.pins.count, 1);
	topology_unref(session.topology);
	session.topology = all;
	session_sample(&session);
	session_shows(&session, "slice/session-3.scope");
	session_end(&session);
}

static void test_pins_have_limits(void **state)
{
	struct cgw_diag diag = {.text = ""};
	struct pins pins = {.count = 0};
	char path[PIN_BYTES + 1] = "/";

	memset(path + 1, 'a', PIN_BYTES - 1);
	assert_int_equal(pins_add(&pins, path, &diag), -EINVAL);
	assert_string_equal(diag.text,
			    "cannot pin the group: its path is too long (at most 183 bytes)");
	path[PIN_BYTES - 1] = '\0';
	assert_int_equal(pins_add(&pins, path, &diag), 0);
	assert_int_equal(pins_add(&pins, path, &diag), 0); /* the same */
	assert_int_equal(pins_add(&pins, "/a ;b", &diag), -EINVAL);
	for (size_t i = 1; i < PINS_MAX; i++) {
		snprintf(path, sizeof(path), "/%zu", i);
		assert_int_equal(pins_add(&pins, path, &diag), 0);
	}
	assert_int_equal(pins_add(&pins, "/more", &diag), -EINVAL);
	assert_string_equal(diag.text, "too many pinned groups (at most 32)");
	pins_remove(&pins, 0);
	assert_int_equal(pins.count, PINS_MAX - 1);
	assert_int_equal(pins_find(&pins, "/31"), PINS_MAX - 2);
	assert_int_equal(pins_find(&pins, "/more"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pinned_groups_come_first),
		cmocka_unit_test(test_pinned_below_pinned),
		cmocka_unit_test(test_what_hides_pinned_groups),
		cmocka_unit_test(test_selection_stays_on_pinned_groups),
		cmocka_unit_test(test_pin_of_a_group_created_again),
		cmocka_unit_test(test_pins_have_limits),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
