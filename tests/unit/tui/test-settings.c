/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-settings.c - which settings are accepted, and that saved ones are read back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tui/core/settings.h"

static void test_lines_of_the_configuration(void **state)
{
	static const struct {
		const char *section, *name, *value;
		const char *err; /* part of the message, or NULL */
	} rows[] = {
		{"screen", "theme", "light", NULL},
		{"screen", "theme", "pink", "invalid theme 'pink' (expected one of auto, dark"},
		{"screen", "theme", "", "invalid theme ''"},
		{"groups", "theme", "light", "unknown setting 'theme' in [groups]"},
		{"screen", "interval", "100ms", NULL},
		{"screen", "interval", "99ms", "invalid interval '99ms'"},
		{"screen", "interval", "0", "invalid interval '0'"},
		{"screen", "interval", "1h", NULL},
		{"screen", "interval", "3601s", "invalid interval '3601s'"},
		{"screen", "interval", "soon", "invalid interval 'soon'"},
		{"groups", "sort", "memory.current", NULL},
		{"groups", "sort", "memory.curent", "memory.curent"},
		{"groups", "column", "cpu:graph", NULL},
		{"groups", "column", "cpu:pie", "pie"},
		{"groups", "order", "up", NULL},
		{"groups", "pin", "/a", NULL},
		{"groups", "pin", "a", "invalid pin 'a' (expected the path of a group"},
		{"groups", "pin", "", "invalid pin ''"},
		{"keys", "freeze", "z", NULL},
		{"keys", "freze", "z", "did you mean 'freeze'"},
		{"keys", "freeze", "F99", "invalid key 'F99'"},
		{"colours", "bad", "red", "unknown setting 'bad' in [colours]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct settings settings, before;
		struct cgw_diag diag = {0};
		int r;

		settings_default(&settings);
		before = settings;
		r = settings_set(&settings, rows[i].section, rows[i].name, rows[i].value, &diag);
		assert_int_equal(r, rows[i].err == NULL ? 0 : -EINVAL);
		if (rows[i].err == NULL) {
			assert_memory_not_equal(&settings, &before, sizeof(settings));
			continue;
		}
		if (strstr(diag.text, rows[i].err) == NULL)
			fail_msg("row %zu: %s", i, diag.text);
		/* What was valid before remains. */
		assert_memory_equal(&settings, &before, sizeof(settings));
	}
}

static void fail_on_report(void *context, const struct cgw_diag *diag)
{
	fail_msg("%s", diag->text);
}

static void test_saved_settings_are_read_back(void **state)
{
	static const char *const changes[][3] = {
		{"screen", "theme", "plain"}, {"screen", "graphs", "ascii"},
		{"screen", "header", "none"}, {"screen", "warnings", "no"},
		{"screen", "keys", "no"},     {"screen", "mouse", "no"},
		{"groups", "tree", "no"},     {"groups", "own", "yes"},
		{"groups", "order", "up"},    {"screen", "interval", "2500ms"},
		{"groups", "sort", "memory"}, {"groups", "column", "memory.percent:bar"},
		{"groups", "pin", "/a/b"},    {"groups", "pin", "/a\\x09 b"},
	};
	struct settings saved, read;
	struct config config = {0};

	settings_default(&saved);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		assert_int_equal(
			settings_set(&saved, changes[i][0], changes[i][1], changes[i][2], NULL), 0);
	assert_int_equal(settings_apply(&saved, &config), 0);
	settings_default(&read);
	settings_read(&read, &config, fail_on_report, NULL);
	assert_memory_equal(read.choices, saved.choices, sizeof(saved.choices));
	assert_int_equal(read.interval_ns, 2500000000);
	assert_int_equal(read.column_count, saved.column_count);
	assert_int_equal(saved.pins.count, 2);
	assert_memory_equal(&read.pins, &saved.pins, sizeof(saved.pins));
	for (size_t i = 0; i <= saved.column_count; i++) {
		const struct column *a = i < saved.column_count ? &saved.columns[i] : &saved.sort;
		const struct column *b = i < saved.column_count ? &read.columns[i] : &read.sort;
		char texts[2][64];

		(void)column_print(a, texts[0], sizeof(texts[0]));
		(void)column_print(b, texts[1], sizeof(texts[1]));
		assert_string_equal(texts[0], texts[1]);
	}
	config_done(&config);
}

/* Invalid lines are reported, and the others are used. */
static void count_report(void *context, const struct cgw_diag *diag)
{
	assert_true(diag->text[0] != '\0');
	(*(unsigned *)context)++;
}

static void test_invalid_lines_are_ignored(void **state)
{
	struct settings settings, standard;
	struct config config = {0};
	unsigned reports = 0;

	settings_default(&standard);
	settings_default(&settings);
	assert_int_equal(config_add(&config, "screen", "interval", "1ms"), 0);
	assert_int_equal(config_add(&config, "groups", "column", "no.such.column"), 0);
	assert_int_equal(config_add(&config, "screen", "theme", "dark"), 0);
	settings_read(&settings, &config, count_report, &reports);
	assert_int_equal(reports, 2);
	assert_int_equal(settings.interval_ns, standard.interval_ns);
	/* Without a valid column, the default ones remain. */
	assert_int_equal(settings.column_count, standard.column_count);
	assert_int_not_equal(settings.choices[CHOICE_THEME], standard.choices[CHOICE_THEME]);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_the_configuration),
		cmocka_unit_test(test_saved_settings_are_read_back),
		cmocka_unit_test(test_invalid_lines_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
