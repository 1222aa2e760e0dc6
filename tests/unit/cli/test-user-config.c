/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-user-config.c - loading, rejecting and saving the user's configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cli/user-config.h"
#include "test.h"

struct config_dir {
	char directory[64];
	char path[128];
};

static int set_up(void **state)
{
	struct config_dir *dir = calloc(1, sizeof(*dir));

	strcpy(dir->directory, "/tmp/cgward-test-config-XXXXXX");
	assert_non_null(mkdtemp(dir->directory));
	snprintf(dir->path, sizeof(dir->path), "%s/a/b/config", dir->directory);
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	struct config_dir *dir = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir->directory);
	assert_int_equal(system(command), 0);
	free(dir);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_file(const char *path, const char *expected)
{
	char text[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, expected);
}

static void test_missing_file_is_empty(void **state)
{
	const struct config_dir *dir = *state;
	struct config config;

	assert_int_equal(config_load(dir->path, &config, NULL), 0);
	assert_int_equal(config.count, 0);
	config_done(&config);
}

/* A FIFO would block every command that reads the configuration. */
static void test_special_file_is_neither_read_nor_replaced(void **state)
{
	const struct config_dir *dir = *state;
	struct config config = {0};
	struct cgw_diag diag = {0};
	char fifo[128];
	struct stat status;

	snprintf(fifo, sizeof(fifo), "%s/config", dir->directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_true(config_load(fifo, &config, &diag) < 0);
	assert_string_equal(diag.text, "not a regular file");
	assert_true(config_save(fifo, &config, &diag) < 0);
	assert_non_null(strstr(diag.text, "config: not a regular file"));
	assert_int_equal(stat(fifo, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
}

static void test_save_preserves_comments_and_unknown_names(void **state)
{
	const struct config_dir *dir = *state;
	struct config config = {0};

	assert_int_equal(config_add(&config, "groups", "column", "group"), 0);
	assert_int_equal(config_save(dir->path, &config, NULL), 0);
	config_done(&config);
	assert_file(dir->path, "[groups]\ncolumn = group\n");
	write_file(dir->path, "# mine\n[keys]\nfreeze = z\n\n[groups]\n; columns\ncolumn = a\n"
			      "columns = no\ncolumn=b\n");
	assert_int_equal(config_load(dir->path, &config, NULL), 0);
	assert_int_equal(config.count, 4);
	assert_string_equal(config.entries[3].value, "b");
	assert_int_equal(config.entries[3].line, 9);
	config_done(&config);
	assert_int_equal(config_add(&config, "groups", "column", "x"), 0);
	assert_int_equal(config_add(&config, "groups", "column", "y"), 0);
	assert_int_equal(config_add(&config, "screen", "theme", "dark"), 0);
	assert_int_equal(config_save(dir->path, &config, NULL), 0);
	config_done(&config);
	assert_file(dir->path, "# mine\n[keys]\nfreeze = z\n\n[groups]\ncolumn = x\ncolumn = y\n"
			       "; columns\ncolumns = no\n[screen]\ntheme = dark\n");
}

static void test_lines_are_removed(void **state)
{
	const struct config_dir *dir = *state;
	struct config config = {0};

	assert_int_equal(config_add(&config, "groups", "pin", NULL), 0);
	assert_int_equal(config_save(dir->path, &config, NULL), 0);
	assert_file(dir->path, "");
	write_file(dir->path, "[groups]\npin = /a\n# mine\npin = /b\ntree = no\n[keys]\n"
			      "pin = z\n");
	assert_int_equal(config_save(dir->path, &config, NULL), 0);
	config_done(&config);
	assert_file(dir->path, "[groups]\n# mine\ntree = no\n[keys]\npin = z\n");
}

/* What can be held is read as it was written; what cannot would be read differently. */
static void test_values_are_held_unchanged(void **state)
{
	static const struct {
		const char *value;
		bool held;
	} rows[] = {
		{"", true},     {"a", true},        {"a;b", true},    {"a ;b", false},
		{";b", false},  {" a", false},      {"a ", false},    {"a\tb", true},
		{"\ta", false}, {"a\nb", false},    {"a\rb", false},  {"a = b", true},
		{"[x]", true},  {"\"a b\"", true},  {"\\", true},     {"#a", true},
		{"a #b", true}, {"\xc3\xa4", true}, {"a : b=", true},
	};
	const struct config_dir *dir = *state;
	char text[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = {0};

		if (config_can_hold("name", rows[i].value) != rows[i].held)
			fail_msg("'%s'", rows[i].value);
		if (!rows[i].held)
			continue;
		assert_int_equal(config_add(&config, "section", "name", rows[i].value), 0);
		assert_int_equal(config_save(dir->path, &config, NULL), 0);
		config_done(&config);
		assert_int_equal(config_load(dir->path, &config, NULL), 0);
		assert_int_equal(config.count, 1);
		assert_string_equal(config.entries[0].value, rows[i].value);
		config_done(&config);
		assert_int_equal(unlink(dir->path), 0);
	}
	memset(text, 'x', sizeof(text));
	text[190 - strlen("name = \n") + 1] = '\0';
	assert_false(config_can_hold("name", text));
	text[190 - strlen("name = \n")] = '\0';
	assert_true(config_can_hold("name", text));
}

static void test_errors_name_file_and_line(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} table[] = {{"[a]\nb = 1\nnonsense\n", 3}, {"[a\n", 1}, {"x=1\n[s]\n%s=2\n", 3}};
	const struct config_dir *dir = *state;
	char path[128], text[512], long_name[256];

	snprintf(path, sizeof(path), "%s/config", dir->directory);
	memset(long_name, 'n', 100);
	long_name[100] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cgw_diag diag = {.text = ""};
		struct config config;

		snprintf(text, sizeof(text), strchr(table[i].text, '%') ? "x=1\n[s]\n%s=2\n" : "%s",
			 strchr(table[i].text, '%') ? long_name : table[i].text);
		write_file(path, text);
		assert_int_equal(config_load(path, &config, &diag), -EBADMSG);
		assert_int_equal(diag.line, table[i].line);
		assert_string_equal(diag.file, path);
		config_done(&config);
	}
}

static void test_write_failure_is_reported(void **state)
{
	struct cgw_diag diag = {.text = ""};
	struct config config = {0};

	assert_int_equal(config_add(&config, "a", "b", "c"), 0);
	assert_true(config_save("/proc/cgward/config", &config, &diag) < 0);
	assert_non_null(strstr(diag.text, "cannot write /proc/cgward/config: "));
	config_done(&config);
}

static void test_path_follows_xdg(void **state)
{
	char path[128];

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
		TEST(test_special_file_is_neither_read_nor_replaced),
		TEST(test_missing_file_is_empty),
		TEST(test_save_preserves_comments_and_unknown_names),
		TEST(test_lines_are_removed),
		TEST(test_values_are_held_unchanged),
		TEST(test_errors_name_file_and_line),
		TEST(test_write_failure_is_reported),
		TEST(test_path_follows_xdg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
