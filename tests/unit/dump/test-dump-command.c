/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dump-command.c - options and exit statuses of `cgward dump` and `cgward get`. */
#include <locale.h>

#include "command-run.h"
#include "exposition-reader.h"
#include "lib/base/cleanup.h"
#include "special-names.h"

#define WORDS_MAX 10

static int setup(void **state)
{
	static const struct {
		const char *group, *memory, *pids;
	} groups[] = {
		{"a", "4096\n", "3\n"},  {"a/x", "100\n", "2\n"}, {"a/y", "300\n", "1\n"},
		{"b", "200\n", "max\n"}, {"c", "200\n", "4\n"},   {"ab", "50\n", "0\n"},
		{"d", "200\n", "4\n"},
	};
	struct tree_dir *dir = tree_new();

	tree_machine_v2(dir);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		char path[64];

		snprintf(path, sizeof(path), "cgroup/%s/memory.current", groups[i].group);
		tree_file(dir, path, groups[i].memory);
		snprintf(path, sizeof(path), "cgroup/%s/pids.max", groups[i].group);
		tree_file(dir, path, groups[i].pids);
	}
	*state = dir;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

struct row {
	const char *words[WORDS_MAX];
	const char *out; /* all of the output */
};

static void assert_rows(struct tree_dir *dir, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct command_run run;

		command_run(dump_commands, dir, rows[i].words, &run);
		if (run.status != CLI_OK || strcmp(run.capture.out, rows[i].out) != 0)
			fail_msg("row %zu: status %d, output:\n%s%s", i, run.status,
				 run.capture.out, run.capture.err);
		assert_string_equal(run.capture.err, "");
		command_run_free(&run);
	}
}

/* A key of the kernel that no metric reads has its value in every format, by its own name. */
static void test_keys_that_no_metric_reads(void **state)
{
	static const struct row rows[] = {
		{{"dump", "--noheadings", "-r", "-omemory.stat:newkey,memory.stat:anon,group",
		  "--sort=memory.stat:newkey", "--below=/a"},
		 "9 200 /a/y\n7 100 /a\n- - /a/x\n"},
		{{"dump", "-r", "-omemory.stat:newkey", "--match=/a"}, "memory.stat:newkey\n7\n"},
		{{"dump", "-P", "-omemory.stat:newkey", "--match=/a"},
		 "MEMORY_STAT_NEWKEY=\"7\"\n"},
		{{"dump", "--csv", "-omemory.stat:newkey", "--match=/a"},
		 "memory.stat:newkey\r\n7\r\n"},
		{{"get", "a", "memory.stat:newkey"}, "7\n"},
		{{"get", "-b", "a", "memory.current.own"}, "3696\n"},
		{{"get", "-b", "a", "memory.stat:anon.own"}, "0\n"},
		{{"get", "-b", "a/y", "memory.stat:anon", "memory.stat:newkey"}, "200\n9\n"},
	};
	struct tree_dir *dir = *state;
	struct command_run run;

	tree_file(dir, "cgroup/a/memory.stat", "anon 100\nnewkey 7\n");
	tree_file(dir, "cgroup/a/y/memory.stat", "anon 200\nnewkey 9\n");
	assert_rows(dir, rows, ARRAY_SIZE(rows));
	command_run(dump_commands, dir,
		    (const char *const[WORDS_MAX]){"dump", "--ndjson", "-omemory.stat:newkey",
						   "--match=/a"},
		    &run);
	assert_non_null(strstr(run.capture.out, "\"memory.stat:newkey\":7"));
	command_run_free(&run);
	command_run(dump_commands, dir,
		    (const char *const[WORDS_MAX]){"dump", "--openmetrics", "-omemory.stat:newkey"},
		    &run);
	assert_non_null(strstr(run.capture.out, "cgward_memory_stat_newkey{group=\"/a\""));
	command_run_free(&run);
}

/* Equal values stay in the order of paths, in both directions: rows must not change places. */
static void test_groups_are_selected_and_sorted(void **state)
{
	static const struct row rows[] = {
		{{"dump", "--noheadings", "-r", "-ogroup"}, "/\n/a\n/a/x\n/a/y\n/ab\n/b\n/c\n/d\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--sort=memory.current", "--below=/"},
		 "/\n/a\n/a/y\n/b\n/c\n/d\n/a/x\n/ab\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--sort=memory.current", "--reverse"},
		 "/ab\n/a/x\n/b\n/c\n/d\n/a/y\n/a\n/\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--sort=pids.max"},
		 "/b\n/c\n/d\n/a\n/a/x\n/a/y\n/ab\n/\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--sort=group"},
		 "/\n/a\n/a/x\n/a/y\n/ab\n/b\n/c\n/d\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--match=/a/*", "--match=/c"},
		 "/a/x\n/a/y\n/c\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--match=/a/*", "--sort=memory.current"},
		 "/a/y\n/a/x\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--depth=1"},
		 "/\n/a\n/ab\n/b\n/c\n/d\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--below=/a"}, "/a\n/a/x\n/a/y\n"},
		{{"dump", "--noheadings", "-r", "-ogroup", "--below=a//"}, "/a\n/a/x\n/a/y\n"},
		{{"dump", "--noheadings", "-T", "-oname", "--sort=memory.current"},
		 "/\n├─a\n│ ├─y\n│ └─x\n├─b\n├─c\n├─d\n└─ab\n"},
	};

	assert_rows(*state, rows, ARRAY_SIZE(rows));
}

static void test_columns_and_formats(void **state)
{
	static const struct row rows[] = {
		{{"dump", "-r", "--match=/a", "-ogroup,memory"},
		 "group memory.working_set\n/a -\n"},
		{{"dump", "-r", "--match=/a", "-ogroup,depth,group"}, "group depth\n/a 1\n"},
		{{"dump", "--csv", "--match=/b", "-opids.max,group"},
		 "pids.max,group\r\nmax,/b\r\n"},
		{{"dump", "-P", "--match=/c", "-ogroup,pids.max"}, "GROUP=\"/c\" PIDS_MAX=\"4\"\n"},
		{{"dump", "--noheadings", "--match=/a", "-omemory.current"}, "  4.0K\n"},
		{{"dump", "--noheadings", "-b", "--match=/a", "-omemory.current"}, "  4096\n"},
		{{"dump", "--noheadings", "-r", "--match=/", "-ocpu", "--rates=1ms"}, "0\n"},
		{{"get", "/a", "memory.current", "depth"}, "4.0K\n1\n"},
		{{"get", "-b", "a/x", "memory.current"}, "100\n"},
		{{"get", "b", "pids.max"}, "max\n"},
	};

	assert_rows(*state, rows, ARRAY_SIZE(rows));
}

/* Rates exist from the second sample on. */
static void test_repeated_samples(void **state)
{
	static const char *const words[] = {
		"dump", "-r", "--interval=1ms", "--count=2", "--match=/", "-ocpu", NULL};
	struct command_run run;
	char *rest;

	command_run(dump_commands, *state, words, &run);
	assert_int_equal(run.status, CLI_OK);
	rest = run.capture.out;
	assert_string_equal(strsep(&rest, "\n"), "time cpu");
	assert_string_equal(strchr(strsep(&rest, "\n"), ' '), " -");
	assert_string_equal(strchr(strsep(&rest, "\n"), ' '), " 0");
	assert_string_equal(rest, "");
	command_run_free(&run);
}

static void test_invalid_arguments(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		enum cli_exit status;
		const char *err; /* part of the message */
	} rows[] = {
		{{"dump", "--json", "--csv"}, CLI_USAGE, "only one output format"},
		{{"dump", "--tree", "--raw"}, CLI_USAGE, "--tree is only valid with the table"},
		{{"dump", "--count=2"}, CLI_USAGE, "--count requires --interval"},
		{{"dump", "--count=0", "--interval=1s"}, CLI_USAGE, "invalid --count '0'"},
		{{"dump", "--count=-1", "--interval=1s"}, CLI_USAGE, "invalid --count '-1'"},
		{{"dump", "--depth=x"}, CLI_USAGE, "invalid --depth 'x'"},
		{{"dump", "--depth=-4294967296"}, CLI_USAGE, "invalid --depth"},
		{{"dump", "--interval=0"}, CLI_USAGE, "invalid --interval '0'"},
		{{"dump", "--rates", "--interval=1s"}, CLI_USAGE, "mutually exclusive"},
		{{"dump", "--openmetrics", "--rates"}, CLI_USAGE, "--rates is not valid"},
		{{"dump", "--prometheus", "--interval=1s"}, CLI_USAGE, "requires --output"},
		{{"dump", "--openmetrics", "-o", "cpu"}, CLI_USAGE, "cannot expose 'cpu'"},
		{{"dump", "--csv", "--groups-max=3"}, CLI_USAGE, "--groups-max requires"},
		{{"dump", "--collector=none"}, CLI_USAGE, "unknown collector 'none'"},
		{{"dump", "--match=/a[b"}, CLI_USAGE, "--match: "},
		{{"dump", "-o", "memory.curent"}, CLI_USAGE, "did you mean 'memory.current'"},
		{{"dump", "-o", ","}, CLI_USAGE, "missing column"},
		{{"dump", "--sort=nothing.at.all"}, CLI_USAGE, "nothing.at.all"},
		{{"dump", "/a"}, CLI_USAGE, "unexpected argument '/a'"},
		{{"dump", "--at=-1m"}, CLI_USAGE, "require --replay"},
		{{"dump", "--replay=f", "--interval=1s"}, CLI_USAGE, "--replay is not valid"},
		{{"dump", "--ssh=ssh"}, CLI_USAGE, "--ssh requires --host"},
		{{"dump", "--stream=1", "--ndjson"}, CLI_USAGE, "not valid with another"},
		{{"dump", "--stream=1", "--sort=cpu"}, CLI_USAGE, "not valid with another"},
		{{"dump", "--match=/none"}, CLI_NO_SUCH_GROUP, "no group matches"},
		{{"dump", "--below=/none"}, CLI_NO_SUCH_GROUP, "no such group '/none'"},
		{{"dump", "--output=/none/at/all"}, CLI_OUTPUT_FAILED, "cannot write /none/at/all"},
		{{"get", "/a"}, CLI_USAGE, "missing GROUP or KEY"},
		{{"get", "/a", "memory.mx"}, CLI_USAGE, "did you mean 'memory.max'"},
		{{"get", "--rates=0", "/a", "cpu"}, CLI_USAGE, "invalid --rates '0'"},
		{{"get", "/none", "depth"}, CLI_NO_SUCH_GROUP, "no such group '/none'"},
		{{"get", "/../a", "depth"}, CLI_USAGE, "must not contain"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command_run run;

		command_run(dump_commands, *state, rows[i].words, &run);
		if (run.status != (int)rows[i].status ||
		    strstr(run.capture.err, rows[i].err) == NULL)
			fail_msg("row %zu: status %d: %s", i, run.status, run.capture.err);
		/* One line, and nothing that a program would take for output. */
		assert_ptr_equal(strchr(run.capture.err, '\n'),
				 run.capture.err + strlen(run.capture.err) - 1);
		assert_string_equal(run.capture.out, "");
		command_run_free(&run);
	}
}

/* A value that is not available is printed as '-', and makes the status 1. */
static void test_get_reports_missing_values(void **state)
{
	static const char *const words[] = {"get", "/a", "memory.current", "rdma.max.hca_handle",
					    NULL};
	static const char *const json[] = {"get", "-J", "/a", "group", "memory.max", NULL};
	struct command_run run;

	command_run(dump_commands, *state, words, &run);
	assert_int_equal(run.status, CLI_FAILED);
	assert_string_equal(run.capture.out, "4.0K\n-\n");
	command_run_free(&run);
	command_run(dump_commands, *state, json, &run);
	assert_int_equal(run.status, CLI_FAILED);
	assert_non_null(strstr(run.capture.out, "\"group\":\"/a\",\"memory.max\":null,"));
	command_run_free(&run);
}

static void test_output_file_is_replaced(void **state)
{
	static const char *const bad[] = {"dump", "--output=/none/at/all", NULL};
	struct tree_dir *dir = *state;
	char path[300], option[320], line[64] = "";
	const char *words[] = {"dump", "--noheadings", "-r", "-ogroup", "--match=/b", option, NULL};
	struct command_run run;
	FILE *file;

	tree_file(dir, "out/file", "old\n");
	snprintf(option, sizeof(option), "--output=%s",
		 tree_at(dir, "out/file", path, sizeof(path)));
	command_run(dump_commands, dir, words, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_string_equal(run.capture.out, "");
	command_run_free(&run);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "/b\n");
	fclose(file);
	/* No temporary file is left. */
	assert_int_equal(remove(path), 0);
	assert_int_equal(rmdir(tree_at(dir, "out", path, sizeof(path))), 0);
	command_run(dump_commands, dir, bad, &run);
	assert_int_equal(run.status, CLI_OUTPUT_FAILED);
	command_run_free(&run);
}

/* What a format prints as the name of a group is accepted as a name of this group. */
static void test_printed_names_are_accepted(void **state)
{
	static const char *const formats[][6] = {
		{"dump", "--noheadings", "-r", "-ogroup", "--match=/z/*"},
		{"dump", "-P", "-ogroup", "--match=/z/*"},
		{"dump", "--noheadings", "-ogroup", "--match=/z/*"},
	};
	const char *names[SPECIAL_NAME_COUNT];
	struct tree_dir *dir = *state;

	special_names_sorted(names);
	for (size_t i = 0; i < SPECIAL_NAME_COUNT; i++) {
		char path[128];

		snprintf(path, sizeof(path), "cgroup/z/%s", names[i]);
		tree_directory(dir, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct command_run list, one;
		char *rest, *name;
		size_t count = 0;

		command_run(dump_commands, dir, formats[i], &list);
		assert_int_equal(list.status, CLI_OK);
		rest = list.capture.out;
		while (*(name = strsep(&rest, "\n")) != '\0') {
			const char *get[] = {"get", "-J", name, "name", NULL};
			CLEANUP(cleanup_free) char *bytes = NULL;
			char *end;

			if (i == 1) {
				get[2] = name += strlen("GROUP=\"");
				name[strlen(name) - 1] = '\0';
			}
			command_run(dump_commands, dir, get, &one);
			if (one.status != CLI_OK)
				fail_msg("%s: %s", name, one.capture.err);
			command_run_free(&one);
			bytes = (i < 2 ? unescape_program : unescape)(strrchr(name, '/') + 1);
			/* Blanks at the end of a line of a table are lost. */
			end = bytes + strlen(names[count]);
			assert_true(strlen(bytes) >= strlen(names[count]));
			assert_true(i < 2 ? *end == '\0' : strspn(end, " ") == strlen(end));
			*end = '\0';
			assert_string_equal(bytes, names[count++]);
		}
		assert_int_equal(count, SPECIAL_NAME_COUNT);
		command_run_free(&list);
	}
}

/* Expositions are in the order of paths, also if the report is sorted. */
static void test_expositions(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		bool openmetrics;
		const char *expected; /* groups with a value of pids.max, and the value */
	} rows[] = {
		{{"dump", "--openmetrics", "-opids.max", "--sort=pids.max"},
		 true,
		 "/a 3 /a/x 2 /a/y 1 /ab 0 /b +Inf /c 4 /d 4 "},
		{{"dump", "--prometheus", "-opids.max", "--sort=memory.current", "--reverse"},
		 false,
		 "/a 3 /a/x 2 /a/y 1 /ab 0 /b +Inf /c 4 /d 4 "},
		{{"dump", "--openmetrics", "-opids.max", "--match=/a/*"}, true, "/a/x 2 /a/y 1 "},
		{{"dump", "--openmetrics", "-opids.max", "--groups-max=6"},
		 true,
		 "/a 3 /ab 0 /b +Inf /c 4 /d 4 "},
		{{"dump", "--openmetrics", "-oall", "--groups-max=1"}, true, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct exposition_reader reader;
		struct command_run run;
		char text[256] = "";

		command_run(dump_commands, *state, rows[i].words, &run);
		assert_int_equal(run.status, CLI_OK);
		exposition_read(run.capture.out, rows[i].openmetrics, &reader);
		for (size_t j = 0; j < reader.series_count; j++)
			if (strcmp(reader.series[j].name, "cgward_pids_max") == 0)
				snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %s ",
					 series_label_value(&reader.series[j], "group"),
					 reader.series[j].number);
		assert_string_equal(text, rows[i].expected);
		exposition_reader_free(&reader);
		command_run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys_that_no_metric_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_are_selected_and_sorted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_columns_and_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeated_samples, setup, teardown),
		cmocka_unit_test_setup_teardown(test_invalid_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_get_reports_missing_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_file_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_printed_names_are_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expositions, setup, teardown),
	};

	/* Without UTF-8 libsmartcols escapes characters that cgward does not. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
