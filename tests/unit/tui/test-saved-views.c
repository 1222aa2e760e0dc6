/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-saved-views.c - views are saved under a name, applied, listed, deleted, and checked. */
#include <errno.h>
#include <locale.h>
#include <unistd.h>

#include "session.h"
#include "tui/core/saved-views.h"

struct fixture {
	struct session session;
	char directory[64];
	char path[128];
};

static void begin(struct fixture *fixture)
{
	strcpy(fixture->directory, "/tmp/cgward-test-views-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof(fixture->path), "%s/config", fixture->directory);
	session_begin(&fixture->session, 24, 80);
	strcpy(fixture->session.app->config_path, fixture->path);
}

static void end(struct fixture *fixture)
{
	session_end(&fixture->session);
	(void)unlink(fixture->path);
	assert_int_equal(rmdir(fixture->directory), 0);
}

static void write_config(const struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->path, "we");

	assert_non_null(file);
	fputs(text, file);
	(void)fclose(file);
}

static void expect_config(const struct fixture *fixture, const char *expected)
{
	char text[4096] = "";
	FILE *file = fopen(fixture->path, "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(text, expected);
}

static void save_as(struct session *session, const char *name)
{
	session_keys(session, "A");
	session_type(session, name);
	session_keys(session, "Enter");
}

static const char *const io_view = "[view io]\n"
				   "filter = cpu > 5%\n"
				   "theme = light\n"
				   "tree = no\n"
				   "order = up\n"
				   "sort = io\n"
				   "column = group\n"
				   "column = io.read\n";

static void test_view_is_saved_and_applied(void **state)
{
	struct fixture fixture;
	struct app *app;

	begin(&fixture);
	app = fixture.session.app;
	save_as(&fixture.session, "all");
	session_shows(&fixture.session, "saved view all");
	app->settings.column_count = 1;
	assert_int_equal(settings_set(&app->settings, "groups", "column", "io.read", NULL), 0);
	assert_int_equal(settings_set(&app->settings, "screen", "theme", "light", NULL), 0);
	session_keys(&fixture.session, "F5 i I F4");
	app->settings_changed = false; /* saving them is another test */
	session_type(&fixture.session, "cpu > 5%");
	session_keys(&fixture.session, "Enter");
	save_as(&fixture.session, "io");
	session_keys(&fixture.session, "V");
	session_expect(&fixture.session, "saved-views");
	session_keys(&fixture.session, "Enter"); /* all */
	session_shows(&fixture.session, "view all");
	session_shows(&fixture.session, "▾ system.slice");
	session_shows(&fixture.session, "▼CPU");
	assert_int_equal(app->list.filter.kind, FILTER_NONE);
	assert_int_equal(app->settings.choices[CHOICE_THEME], THEME_AUTO);
	assert_int_equal(app->settings.column_count, 12);
	session_keys(&fixture.session, "V");
	session_type(&fixture.session, "io");
	assert_true(session_keys(&fixture.session, "Enter") & REACTION_SETTINGS);
	session_keys(&fixture.session, "Home");
	session_shows(&fixture.session, "filter cpu > 5%: 7 of 9");
	session_shows(&fixture.session, "sorted by io ▲");
	assert_string_equal(app->list.filter.text, "cpu > 5%");
	assert_int_equal(app->settings.choices[CHOICE_THEME], THEME_LIGHT);
	assert_int_equal(app->settings.choices[CHOICE_TREE], 0);
	assert_int_equal(app->settings.column_count, 2);
	session_keys(&fixture.session, "^D");
	session_type(&fixture.session, "all");
	session_keys(&fixture.session, "Enter");
	session_shows(&fixture.session, "deleted view all");
	expect_config(&fixture, io_view);
	end(&fixture);
}

/* A view lasts until the end of the session; what does not belong to views is kept as always. */
static void test_applied_view_is_not_kept(void **state)
{
	static const char *const text = "[groups]\nsort = io.read\n"
					"[view io]\nfilter = cpu > 5%\ntree = no\nsort = io\n";
	struct fixture fixture;
	struct app *app;

	begin(&fixture);
	app = fixture.session.app;
	write_config(&fixture, text);
	session_keys(&fixture.session, "M V Enter I");
	session_shows(&fixture.session, "view io  filter cpu > 5%");
	app_save(app);
	/* The key M before the view is kept, the key I within it is not. */
	expect_config(&fixture, "[groups]\nsort = memory.working_set\n"
				"[view io]\nfilter = cpu > 5%\ntree = no\nsort = io\n");
	session_keys(&fixture.session, "z");
	app_save(app);
	expect_config(&fixture, "[groups]\nidle = no\nsort = memory.working_set\n"
				"[view io]\nfilter = cpu > 5%\ntree = no\nsort = io\n");
	session_keys(&fixture.session, "V");
	session_type(&fixture.session, "(none");
	session_keys(&fixture.session, "Enter");
	session_hides(&fixture.session, "view io");
	session_shows(&fixture.session, "▼MEM");
	assert_int_equal(app->list.filter.kind, FILTER_NONE);
	assert_int_equal(app->settings.choices[CHOICE_TREE], 1);
	assert_int_equal(app->settings.choices[CHOICE_UPWARDS], 0);
	assert_int_equal(app->settings.choices[CHOICE_IDLE], 0);
	session_keys(&fixture.session, "I");
	app_save(app);
	expect_config(&fixture, "[groups]\norder = up\nidle = no\nsort = memory.working_set\n"
				"[view io]\nfilter = cpu > 5%\ntree = no\nsort = io\n");
	end(&fixture);
}

/* What options have set, such as --flat, is for this session only. */
static void test_only_changes_are_kept(void **state)
{
	struct fixture fixture;
	struct app *app;

	begin(&fixture);
	app = fixture.session.app;
	assert_int_equal(settings_set(&app->settings, "groups", "tree", "no", NULL), 0);
	app->kept = app->settings;
	session_keys(&fixture.session, "I z z");
	app_save(app);
	expect_config(&fixture, "[groups]\norder = up\n");
	end(&fixture);
}

/* What is not of the view stays: keys, pins, comments, other views. */
static void test_other_lines_stay(void **state)
{
	struct fixture fixture;

	begin(&fixture);
	write_config(&fixture, "# mine\n[keys]\nfreeze = z\n[view a]\n# of a\nsort = cpu\n"
			       "[view b]\nfilter = x\nsort = io\n[groups]\npin = /a\n");
	session_keys(&fixture.session, "^D Enter");
	expect_config(&fixture, "# mine\n[keys]\nfreeze = z\n"
				"[view b]\nfilter = x\nsort = io\n[groups]\npin = /a\n");
	save_as(&fixture.session, "b");
	session_shows(&fixture.session, "replaced view b");
	fixture.session.app->settings.column_count = 1;
	save_as(&fixture.session, "b");
	expect_config(&fixture, "# mine\n[keys]\nfreeze = z\n"
				"[view b]\ntheme = auto\ntree = yes\norder = down\nsort = cpu\n"
				"column = group\n[groups]\npin = /a\n");
	session_keys(&fixture.session, "^D Enter ^D");
	session_shows(&fixture.session, "no saved views (A: save)");
	end(&fixture);
}

/* An invalid view changes nothing, and the reason is one line. */
static void test_invalid_views_are_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"[view a]\nsort = nosuch\n", "nosuch"},
		{"[view a]\nsort = io\ntheme = ../../etc/passwd\n",
		 "invalid theme '../../etc/passwd'"},
		{"[view a]\nsort = io\nfilter = [\n", "invalid filter: unmatched '['"},
		{"[view a]\nsort = io\nfilter = cpu >\n",
		 "invalid filter: position 6: missing value"},
		{"[view a]\nsort = io\ncolumn = cpu:pie\n", "pie"},
		{"[view a]\nsort = io\ninterval = 1s\n", "unknown setting 'interval' in a view"},
		{"[view a]\nsort = io\nfreeze = z\n", "unknown setting 'freeze' in a view"},
		{"[view a]\nsort = io\n[nonsense\n", "invalid line"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture fixture;
		struct settings before;

		begin(&fixture);
		before = fixture.session.app->settings;
		write_config(&fixture, rows[i].text);
		session_keys(&fixture.session, "V");
		session_shows(&fixture.session, rows[i].message);
		session_keys(&fixture.session, "Enter");
		assert_memory_equal(&fixture.session.app->settings, &before, sizeof(before));
		assert_int_equal(fixture.session.app->list.filter.kind, FILTER_NONE);
		end(&fixture);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{"a", true},
		{"io-2_x.y", true},
		{"", false},
		{"a b", false},
		{"a]b", false},
		{"a\nb", false},
		{";a", false},
		{"\xc3\xa4", false},
		{"a/b", false},
		{"0123456789012345678901234567890123456789", true},
		{"01234567890123456789012345678901234567890", false},
	};
	struct fixture fixture;

	begin(&fixture);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct saved_view view = {.settings = fixture.session.app->settings};
		struct cgw_diag diag = {.text = ""};
		bool replaced = true;
		int r = saved_view_store(fixture.path, rows[i].name, &view.settings, "", &replaced,
					 &diag);

		assert_int_equal(r, rows[i].valid ? 0 : -EINVAL);
		if (r < 0) {
			assert_non_null(strstr(diag.text, "invalid name of a view"));
			continue;
		}
		assert_false(replaced);
		assert_int_equal(saved_view_load(fixture.path, rows[i].name, &view, &diag), 0);
		assert_int_equal(saved_view_delete(fixture.path, rows[i].name, &diag), 0);
		assert_int_equal(saved_view_load(fixture.path, rows[i].name, &view, &diag),
				 -ENOENT);
		assert_non_null(strstr(diag.text, "unknown view"));
	}
	end(&fixture);
}

static void collect(void *context, const struct cgw_diag *diag)
{
	char *text = context;

	snprintf(text + strlen(text), 1024 - strlen(text), "%u: %s\n", diag->line, diag->text);
}

/* At the start, each line is reported once; an invalid name once for all its lines. */
static void test_configuration_is_checked(void **state)
{
	static const char *const text = "[view a b]\nsort = cpu\ntree = no\n"
					"[view c]\ntree = maybe\nsort = io\nfilter = [\n"
					"[view d]\nfilter = cpu > 1%\n";
	struct fixture fixture;
	struct config config;
	struct settings settings;
	char reports[1024] = "";

	begin(&fixture);
	write_config(&fixture, text);
	assert_int_equal(config_load(fixture.path, &config, NULL), 0);
	settings_default(&settings);
	settings_read(&settings, &config, collect, reports);
	assert_string_equal(reports, "");
	saved_views_check(&config, collect, reports);
	assert_string_equal(reports,
			    "2: invalid name of a view 'a b' (expected 1 to 40 letters, digits, "
			    "'-', '_' or '.')\n"
			    "5: invalid tree 'maybe' (expected one of no, yes)\n"
			    "7: invalid filter: unmatched '[' at position 1\n");
	config_done(&config);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_is_saved_and_applied),
		cmocka_unit_test(test_applied_view_is_not_kept),
		cmocka_unit_test(test_only_changes_are_kept),
		cmocka_unit_test(test_other_lines_stay),
		cmocka_unit_test(test_invalid_views_are_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_configuration_is_checked),
	};

	/* Character widths depend on the locale. */
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
