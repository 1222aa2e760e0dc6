/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-out-lines.c - lines for shells, spreadsheets and awk, read by shells and strict readers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report-fixture.h"
#include "tree.h"

/* Only "sh" must be installed. */
static const char *const shells[] = {"sh", "bash", "dash", "zsh", "ksh", "mksh"};

#define NOT_INSTALLED 127

/* Runs a script in a directory, with its output in the file "output". Returns its exit status. */
static int run_shell(const char *shell, const char *directory, const char *script)
{
	pid_t child = fork();
	int status, fd;

	assert_true(child >= 0);
	if (child == 0) {
		if (chdir(directory) < 0)
			_exit(126);
		fd = open("output", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
			_exit(126);
		execlp(shell, shell, "-c", script, (char *)NULL);
		_exit(NOT_INSTALLED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static FILE *open_output(struct tree_dir *dir)
{
	char path[300];
	FILE *file = fopen(tree_at(dir, "output", path, sizeof(path)), "r");

	assert_non_null(file);
	return file;
}

static void assert_line(FILE *file, const char *shell, const char *expected)
{
	char line[4096];

	if (fgets(line, sizeof(line), file) == NULL)
		fail_msg("%s: no line, expected '%s'", shell, expected);
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, expected) != 0)
		fail_msg("%s: expected '%s', got '%s'", shell, expected, line);
}

/* A name is data: a shell that evaluates the line runs nothing, and can restore each byte. */
static void test_shells_evaluate_names_as_data(void **state)
{
	struct report_fixture *fixture = *state;
	struct tree_dir *dir = tree_new();
	char *text = print_report(fixture, "group,name,depth", report_export), marker[300];

	(void)tree_at(dir, "marker", marker, sizeof(marker));
	tree_file(dir, "input", text);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		int status = run_shell(shells[i], dir->path,
				       "while IFS= read -r line; do eval \"$line\" || exit 1; "
				       "printf '%s\\n' \"$GROUP\" \"$NAME\"; done <input");
		char line[1024];
		FILE *output;

		if (status == NOT_INSTALLED && i > 0)
			continue;
		assert_int_equal(status, 0);
		if (access(marker, F_OK) == 0)
			fail_msg("%s ran a part of a name", shells[i]);
		output = open_output(dir);
		for (size_t j = 0; j < GROUP_COUNT; j++) {
			const char *parts[] = {fixture->paths[j],
					       strrchr(fixture->paths[j], '/') + 1};

			for (size_t k = 0; k < 2 && j > 0; k++) {
				CLEANUP(cleanup_free) char *bytes = NULL;

				assert_non_null(fgets(line, sizeof(line), output));
				line[strcspn(line, "\n")] = '\0';
				bytes = unescape_program(line);
				assert_string_equal(bytes, parts[k]);
			}
			if (j == 0) { /* the root */
				assert_line(output, shells[i], "/");
				assert_line(output, shells[i], "/");
			}
		}
		assert_null(fgets(line, sizeof(line), output));
		fclose(output);
	}
	free(text);
	tree_free(dir);
}

/* The name of the shell variable of a field, and its value, from a line of the output. */
static char *pop_pair(char **at, char **ret_value)
{
	char *name = *at, *equals = strstr(name, "=\"");

	assert_non_null(equals);
	*equals = '\0';
	*ret_value = equals + 2;
	*at = strchr(*ret_value, '"');
	assert_non_null(*at);
	**at = '\0';
	*at += 1 + ((*at)[1] == ' ');
	return name;
}

/*
 * Every field becomes a variable of its own that each shell can set: UID, for example, is read-only
 * in bash, and sets the user of the process in zsh.
 */
static void test_shells_set_every_variable(void **state)
{
	struct report_fixture *fixture = *state;
	struct tree_dir *dir = tree_new();
	char *text, *at, *names[512], *values[512], script[32768];
	size_t count = 0, used;

	fixture->report.groups = &fixture->groups[1];
	fixture->report.group_count = 1;
	text = print_report(fixture, "all", report_export);
	tree_file(dir, "input", text);
	used = (size_t)snprintf(script, sizeof(script), "eval \"$(cat input)\" || exit 1");
	for (at = text; *at != '\n'; count++) {
		assert_true(count < ARRAY_SIZE(names));
		names[count] = pop_pair(&at, &values[count]);
		assert_int_equal(names[count][strspn(names[count], "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
								   "0123456789")],
				 '\0');
		assert_true(names[count][0] < '0' || names[count][0] > '9');
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(names[i], names[count]);
		used += (size_t)snprintf(script + used, sizeof(script) - used,
					 "; printf '%%s\\n' \"$%s\"", names[count]);
		assert_true(used < sizeof(script));
	}
	assert_int_equal(count, fixture->fields.count);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		int status = run_shell(shells[i], dir->path, script);
		FILE *output;

		if (status == NOT_INSTALLED && i > 0)
			continue;
		assert_int_equal(status, 0);
		output = open_output(dir);
		for (size_t j = 0; j < count; j++)
			assert_line(output, shells[i], values[j]);
		fclose(output);
	}
	free(text);
	tree_free(dir);
}

/*
 * Reads a field of RFC 4180 and what ends it: ',' or '\n' for CR LF. Anything that readers of CSV
 * treat differently fails.
 */
static char read_csv(const char **at, char *buffer, size_t size)
{
	bool quoted = **at == '"';
	size_t used = 0;

	*at += quoted;
	for (;; (*at)++) {
		assert_true(**at != '\0' && used + 1 < size);
		if (quoted && **at == '"') {
			if (*++*at != '"')
				break;
		} else if (!quoted && (**at == ',' || **at == '\r')) {
			break;
		} else if (!quoted) {
			assert_true(**at != '"' && **at != '\n');
		}
		buffer[used++] = **at;
	}
	buffer[used] = '\0';
	if (*(*at)++ == ',')
		return ',';
	assert_int_equal((*at)[-1], '\r');
	assert_int_equal(*(*at)++, '\n');
	return '\n';
}

/* Text from outside is never a formula, and nothing but text gets an apostrophe. */
static void test_csv_is_read_by_a_strict_reader(void **state)
{
	struct report_fixture *fixture = *state;
	char *text = print_report(
		fixture, "group,name,memory.growth,cpu.usage,memory.max,io.rbytes", report_csv);
	const char *at = text;
	char cell[256];

	for (size_t i = 0; i < fixture->fields.count; i++) {
		assert_int_equal(read_csv(&at, cell, sizeof(cell)),
				 i + 1 < fixture->fields.count ? ',' : '\n');
		assert_string_equal(cell, report_key(fixture->fields.items[i]).text);
	}
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		const char *name = strrchr(fixture->paths[i], '/') + 1;

		for (size_t j = 0; j < fixture->fields.count; j++) {
			CLEANUP(cleanup_free) char *bytes = NULL;

			assert_int_equal(read_csv(&at, cell, sizeof(cell)),
					 j + 1 < fixture->fields.count ? ',' : '\n');
			bytes = unescape(cell);
			if (j == 0) {
				assert_string_equal(bytes, fixture->paths[i]);
			} else if (j == 1 && i > 0) {
				bool formula = strchr("=+-@", name[0]) != NULL;

				assert_int_equal(cell[0] == '\'' && name[0] != '\'', formula);
				assert_string_equal(bytes + formula, name);
			} else if (j > 1) {
				assert_true(cell[0] != '\'');
			}
		}
	}
	assert_int_equal(*at, '\0');
	free(text);
}

static void test_csv_values(void **state)
{
	static const struct {
		const char *key, *header, *a, *b; /* of the groups /a and /b */
	} rows[] = {
		{"cpu.usage", "cpu.usage", "1500500042", "400"},
		{"memory.growth", "memory.growth", "-2048", "524288"},
		{"memory.max", "memory.max", "max", "2097152"},
		{"pids.current", "pids.current", "", ""}, /* denied, absent */
		{"cpu", "cpu", "25.025", ""},             /* of /b: the counter was reset */
		{"io.rbytes", "io.rbytes", "30", ""},
		{"frozen", "cgroup.frozen", "1", "0"},
		{"cgroup.type", "cgroup.type", "domain threaded", ""},
		{"container", "container", "", ""}, /* missing text is empty, not a sign */
		{"memory.pressure.some.avg10", "memory.pressure.some.avg10", "12.34", ""},
	};
	struct report_fixture *fixture = *state;

	fixture->report.groups = &fixture->groups[1];
	fixture->report.group_count = 2;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = print_report(fixture, rows[i].key, report_csv), expected[256];

		snprintf(expected, sizeof(expected), "%s\r\n%s\r\n%s\r\n", rows[i].header,
			 rows[i].a, rows[i].b);
		assert_string_equal(text, expected);
		free(text);
	}
}

/* awk counts as many words as there are columns, and each name can be restored. */
static void test_raw_has_one_word_per_column(void **state)
{
	struct report_fixture *fixture = *state;
	char *text =
		print_report(fixture, "group,name,memory.max,pids.current,cgroup.type", report_raw);
	char *rest = text, *line;
	size_t row = 0;

	assert_string_equal(strsep(&rest, "\n"), "group name memory.max pids.current cgroup.type");
	while (*(line = strsep(&rest, "\n")) != '\0') {
		char *words[5];

		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			words[i] = strsep(&line, " \t\r\v\f");
			assert_non_null(words[i]);
			assert_true(words[i][0] != '\0');
		}
		assert_null(line);
		for (size_t i = 0; i < 2 && row > 0; i++) {
			CLEANUP(cleanup_free) char *bytes = unescape_program(words[i]);

			assert_string_equal(bytes, i == 0 ? fixture->paths[row]
							  : strrchr(fixture->paths[row], '/') + 1);
		}
		assert_string_equal(words[2], row == 1 ? "max" : row == 2 ? "2097152" : "-");
		assert_string_equal(words[3], row == 1 ? "!" : "-");
		assert_string_equal(words[4], row == 1 ? "domain\\x20threaded" : "-");
		row++;
	}
	assert_int_equal(row, GROUP_COUNT);
	free(text);
}

static void test_headers_and_times(void **state)
{
	static const struct {
		int (*format)(const struct report *report);
		bool headings, first, repeated;
		const char *expected;
	} rows[] = {
		{report_csv, true, true, false, "group,depth\r\n/a,1\r\n"},
		{report_csv, false, true, false, "/a,1\r\n"},
		{report_csv, true, false, true, "2023-11-14T22:13:20.123Z,/a,1\r\n"},
		{report_csv, true, true, true,
		 "time,group,depth\r\n2023-11-14T22:13:20.123Z,/a,1\r\n"},
		{report_raw, true, true, true, "time group depth\n2023-11-14T22:13:20.123Z /a 1\n"},
		{report_raw, true, false, false, "/a 1\n"},
		{report_export, true, true, false, "GROUP=\"/a\" DEPTH=\"1\"\n"},
		{report_export, true, true, true,
		 "TIME=\"2023-11-14T22:13:20.123Z\" GROUP=\"/a\" DEPTH=\"1\"\n"},
	};
	struct report_fixture *fixture = *state;

	fixture->report.groups = &fixture->groups[1];
	fixture->report.group_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text;

		fixture->report.headings = rows[i].headings;
		fixture->report.first = rows[i].first;
		fixture->report.repeated = rows[i].repeated;
		text = print_report(fixture, "group,depth", rows[i].format);
		assert_string_equal(text, rows[i].expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shells_evaluate_names_as_data, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_shells_set_every_variable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv_is_read_by_a_strict_reader, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_csv_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_raw_has_one_word_per_column, setup, teardown),
		cmocka_unit_test_setup_teardown(test_headers_and_times, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
