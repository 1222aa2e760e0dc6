/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-search.c - searching in every view, and that typed words change nothing. */
#include <locale.h>

#include "session.h"

/* Keys that open each view with text. */
static const char *const views[] = {"",        "F5",      "?",       "Enter 1", "Enter 2",
				    "Enter 3", "Enter 4", "Enter 5", "Enter 6", "Enter 7",
				    "w",       "v",       "R",       "S",       "Home Space End |"};

/* Whether a job that changes something was posted; frees all jobs. */
static bool acted(struct session *session)
{
	bool acts = false;
	struct job *job;

	while ((job = job_pop(&session->app->jobs)) != NULL) {
		acts = acts || job->acts;
		job->free(job);
	}
	return acts;
}

/* Without Enter, whatever letters come first: those of a word typed where nothing asks for text. */
static void test_typed_words_change_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		for (char first = '!'; first <= '~'; first++) {
			struct session session;

			session_begin(&session, 30, 100);
			session_keys(&session, views[i]);
			session_type(&session, (char[]){first, '\0'});
			session_type(&session,
				     "yes thaw freeze kill pgma okay undo xylem 0123456789");
			if (acted(&session))
				fail_msg("'%c' after \"%s\" starts a change", first, views[i]);
			session_end(&session);
		}
}

/* Where a search is typed, no letter is a key. */
static void test_search_takes_every_letter(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		struct session session;
		size_t count;

		session_begin(&session, 30, 100);
		session_keys(&session, views[i]);
		count = session.app->view_count;
		session_keys(&session, "/");
		session_type(&session, "th pgma fkq");
		if (session.app->view_count > count + 1 || session.app->paused)
			fail_msg("letters are keys after \"%s /\"", views[i]);
		session_shows(&session, "th pgma fkq");
		session_keys(&session, "Esc");
		assert_int_equal(session.app->view_count, count);
		assert_false(acted(&session));
		session_end(&session);
	}
}

static void test_search_in_a_window(void **state)
{
	struct cgw_diag diag = {.text = "", .file = "config"};
	struct session session;

	session_begin(&session, 24, 100);
	for (diag.line = 1; diag.line < 60; diag.line++) {
		snprintf(diag.text, sizeof(diag.text), "Problem number %u", diag.line);
		app_report_configuration(session.app, &diag);
	}
	(void)app_tick(session.app, session.now_s * SECOND);
	session_hides(&session, "Problem number 50");
	session_keys(&session, "/");
	session_type(&session, "NUMBER 50");
	session_shows(&session, "Problem number 50");
	session_keys(&session, "Enter Home");
	session_hides(&session, "Problem number 50");
	session_keys(&session, "n");
	session_shows(&session, "Problem number 50");
	session_keys(&session, "/ x y z");
	session_shows(&session, "no match");
	/* Esc ends the search first, then closes the window. */
	session_keys(&session, "Enter Esc");
	assert_int_equal(session.app->view_count, 2);
	session_keys(&session, "Esc");
	assert_int_equal(session.app->view_count, 1);
	session_end(&session);
}

/* The help shows whole sentences once few keys are left; Esc shows all keys again. */
static void test_help_is_filtered(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "? /");
	session_type(&session, "undo");
	session_shows(&session, "Undo the last change of this session");
	session_shows(&session, "─ Help");
	session_hides(&session, "Move up");
	session_keys(&session, "Enter Esc");
	session_shows(&session, "Move up");
	session_keys(&session, "Esc");
	assert_int_equal(session.app->view_count, 1);
	session_end(&session);
}

/* All actions of the view, by name; those that would not do anything here are left out. */
static void test_actions_are_found_by_name(void **state)
{
	struct session session;

	session_begin(&session, 24, 100);
	session_keys(&session, ":");
	session_type(&session, "sort-mem");
	session_shows(&session, "Sort by memory");
	session_keys(&session, "Enter");
	session_shows(&session, "▼MEM/MAX");
	session.app->read_only = true;
	session_keys(&session, ":");
	session_type(&session, "freeze");
	session_shows(&session, "no match");
	session_keys(&session, "Esc");
	session_end(&session);
}

static void test_each_view_has_its_own_search(void **state)
{
	struct session session;

	session_begin(&session, 24, 100);
	session_keys(&session, "/");
	session_type(&session, "nginx");
	session_keys(&session, "Enter Enter");
	assert_int_equal(session.app->view_count, 2);
	assert_string_equal(session.app->views[1].search, "");
	session_keys(&session, "Esc");
	assert_int_equal(session.app->view_count, 1);
	assert_string_equal(session.app->views[0].search, "nginx");
	session_end(&session);
}

/* As in less: the prompt is empty, Up recalls, Enter alone repeats the last search. */
static void test_search_starts_empty(void **state)
{
	struct session session;
	struct app *app;

	session_begin(&session, 24, 100);
	app = session.app;
	session_keys(&session, "/");
	session_type(&session, "a\\b");
	session_keys(&session, "Enter /");
	session_type(&session, "slice");
	session_keys(&session, "Enter /");
	session_type(&session, "nginx");
	assert_string_equal(app->views[0].search, "nginx");
	session_keys(&session, "Enter");
	session_keys(&session, "/ Up");
	session_shows(&session, "Search: nginx");
	session_keys(&session, "Up Up");
	session_shows(&session, "Search: a\\b");
	session_shows(&session, "no match");
	assert_true(session_keys(&session, "Up") & REACTION_BEEP);
	session_keys(&session, "Down");
	session_shows(&session, "Search: slice");
	assert_string_equal(app->views[0].search, "slice");
	session_keys(&session, "Home Esc");
	assert_string_equal(app->views[0].search, "");
	/* Also in another view. */
	session_keys(&session, "Enter 2 / Enter");
	assert_string_equal(app->views[1].search, "nginx");
	session_end(&session);
}

/* A second filter of the help replaces the first. */
static void test_help_filter_starts_empty(void **state)
{
	struct session session;

	session_begin(&session, 24, 80);
	session_keys(&session, "? /");
	session_type(&session, "undo");
	session_keys(&session, "Enter /");
	session_shows(&session, "Move up");
	session_type(&session, "freeze");
	session_shows(&session, "Freeze (suspend)");
	session_end(&session);
}

static void test_search_in_the_policy(void **state)
{
	struct session session;
	struct job *job;

	session_begin(&session, 24, 100);
	session.app->state_path = "/nonexistent";
	session_keys(&session, "R");
	while ((job = job_pop(&session.app->jobs)) != NULL) {
		job->run(job);
		(void)app_job_done(session.app, job);
	}
	session_keys(&session, "/");
	session_type(&session, "no enforcement");
	session_hides(&session, "no match");
	session_type(&session, " xyz");
	session_shows(&session, "no match");
	session_end(&session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typed_words_change_nothing),
		cmocka_unit_test(test_search_takes_every_letter),
		cmocka_unit_test(test_search_in_a_window),
		cmocka_unit_test(test_help_is_filtered),
		cmocka_unit_test(test_actions_are_found_by_name),
		cmocka_unit_test(test_each_view_has_its_own_search),
		cmocka_unit_test(test_search_starts_empty),
		cmocka_unit_test(test_help_filter_starts_empty),
		cmocka_unit_test(test_search_in_the_policy),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
