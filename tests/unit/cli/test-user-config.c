/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-user-config.c - the user's configuration: read whole or refused, written back in place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/cli/user-config.h"
#include "test.h"

struct place {
	char directory[64];
	char path[128];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->directory, "/tmp/cgward-test-config-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->path, sizeof(place->path), "%s/a/b/config", place->directory);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place->directory);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_file(const char *path, const char *wanted)
{
	char text[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, wanted);
}

static void nothing_there_is_nothing_said(void **state)
{
	const struct place *place = *state;
	struct config config;

	assert_int_equal(config_load(place->path, &config, NULL), 0);
	assert_int_equal(config.count, 0);
	config_done(&config);
}

static void comments_and_strangers_survive(void **state)
{
	const struct place *place = *state;
	struct config config = {0};

	assert_int_equal(config_add(&config, "groups", "column", "group"), 0);
	assert_int_equal(config_save(place->path, &config, NULL), 0);
	config_done(&config);
	assert_file(place->path, "[groups]\ncolumn = group\n");
	write_file(place->path, "# mine\n[keys]\nfreeze = z\n\n[groups]\n; columns\ncolumn = a\n"
				"columns = no\ncolumn=b\n");
	assert_int_equal(config_load(place->path, &config, NULL), 0);
	assert_int_equal(config.count, 4);
	assert_string_equal(config.entries[3].value, "b");
	assert_int_equal(config.entries[3].line, 9);
	config_done(&config);
	assert_int_equal(config_add(&config, "groups", "column", "x"), 0);
	assert_int_equal(config_add(&config, "groups", "column", "y"), 0);
	assert_int_equal(config_add(&config, "screen", "theme", "dark"), 0);
	assert_int_equal(config_save(place->path, &config, NULL), 0);
	config_done(&config);
	assert_file(place->path, "# mine\n[keys]\nfreeze = z\n\n[groups]\ncolumn = x\ncolumn = y\n"
				 "; columns\ncolumns = no\n[screen]\ntheme = dark\n");
}

static void mistakes_are_named_with_their_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} table[] = {{"[a]\nb = 1\nnonsense\n", 3}, {"[a\n", 1}, {"x=1\n[s]\n%s=2\n", 3}};
	const struct place *place = *state;
	char path[128], text[512], lengthy[256];

	snprintf(path, sizeof(path), "%s/config", place->directory);
	memset(lengthy, 'n', 100);
	lengthy[100] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cgw_diag diag = {.text = ""};
		struct config config;

		snprintf(text, sizeof(text), strchr(table[i].text, '%') ? "x=1\n[s]\n%s=2\n" : "%s",
			 strchr(table[i].text, '%') ? lengthy : table[i].text);
		write_file(path, text);
		assert_int_equal(config_load(path, &config, &diag), -EBADMSG);
		assert_int_equal(diag.line, table[i].line);
		assert_string_equal(diag.file, path);
		config_done(&config);
	}
}

static void what_cannot_be_written_is_said(void **state)
{
	struct cgw_diag diag = {.text = ""};
	struct config config = {0};

	(void)state;
	assert_int_equal(config_add(&config, "a", "b", "c"), 0);
	assert_true(config_save("/proc/cgward/config", &config, &diag) < 0);
	assert_non_null(strstr(diag.text, "cannot write /proc/cgward/config: "));
	config_done(&config);
}

static void the_place_follows_xdg(void **state)
{
	char path[128];

	(void)state;
	setenv("HOME", "/home/u", 1);
	setenv("XDG_CONFIG_HOME", "/etc/x", 1);
	assert_int_equal(config_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/etc/x/cgward/config");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	assert_int_equal(config_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/home/u/.config/cgward/config");
	assert_int_equal(config_path(path, 10), -ENAMETOOLONG);
	unsetenv("HOME");
	assert_int_equal(config_path(path, sizeof(path)), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_nothing_said),
		TEST(comments_and_strangers_survive),
		TEST(mistakes_are_named_with_their_line),
		TEST(what_cannot_be_written_is_said),
		TEST(the_place_follows_xdg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
