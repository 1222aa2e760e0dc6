/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-options.c - options bound to the members of a struct. */
#include <string.h>

#include "capture.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "shared/cli/options.h"
#include "test.h"

enum colour { RED, GREEN, BLUE };

struct chosen {
	bool exact, headings;
	enum colour colour, mode;
	unsigned sections;
	const char *text, *called;
	struct cli_list hosts, globs;
	uint64_t count, interval_ns, fresh_ns, rates_ns, bytes;
	uint32_t depth;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static enum cli_exit call(void *target, struct cli_context *context,
			  const struct cli_option *option, const char *argument)
{
	((struct chosen *)target)->called = argument;
	return option->value == 7 ? CLI_OK : cli_usage_error(context, "wrong row");
}

static const struct cli_option options[] = {
	{'e', "exact", NULL, "", CLI_TRUE(struct chosen, exact)},
	{'n', "noheadings", NULL, "", CLI_FALSE(struct chosen, headings)},
	{0, "blue", NULL, "", CLI_ENUM(struct chosen, mode, BLUE)},
	{0, "first", NULL, "", CLI_BITS(struct chosen, sections, 1)},
	{0, "third", NULL, "", CLI_BITS(struct chosen, sections, 4)},
	{'t', "text", "TEXT", "", CLI_TEXT(struct chosen, text)},
	{0, "host", "HOST", "", CLI_LIST(struct chosen, hosts)},
	{0, "match", "GLOB", "", CLI_GLOBS(struct chosen, globs)},
	{0, "count", "N", "", CLI_COUNT(struct chosen, count)},
	{0, "depth", "N", "", CLI_COUNT32(struct chosen, depth)},
	{'i', "interval", "TIME", "", CLI_TIME(struct chosen, interval_ns)},
	{0, "fresh", "TIME", "", CLI_TIME_OR_0(struct chosen, fresh_ns)},
	{0, "rates", "TIME", "", CLI_TIME(struct chosen, rates_ns), .otherwise = "1s"},
	{0, "size", "SIZE", "", CLI_SIZE(struct chosen, bytes)},
	{0, "colour", "NAME", "", CLI_CHOICE(struct chosen, colour, colours)},
	{0, "call", "TEXT", "", CLI_CALL(call), .value = 7},
	CLI_COMMON_OPTIONS,
};

static const struct cli_command_help help = {.usage = "test", .text = "", .options = options};

struct run {
	struct cli_context context;
	struct chosen chosen;
	struct capture capture;
	enum cli_exit status;
	bool continues;
	int argc;
	char **argv, *words[CLI_LIST_MAX + 4];
};

static void parse(struct run *run, const char *const *words)
{
	run->context = (struct cli_context){.program = "cgward", .command = "test"};
	run->chosen = (struct chosen){.headings = true};
	run->argv = run->words;
	for (run->argc = 0; words[run->argc] != NULL; run->argc++)
		run->words[run->argc] = (char *)(uintptr_t)words[run->argc];
	run->words[run->argc] = NULL;
	capture_begin(&run->capture);
	run->continues = cli_parse_options(&run->context, &help, &run->argc, &run->argv,
					   &run->chosen, &run->status);
	capture_end(&run->capture);
}

static void test_values_reach_their_members(void **state)
{
	static const char *const words[] = {"test",
					    "one",
					    "-en",
					    "--blue",
					    "--third",
					    "--first",
					    "--text=a",
					    "-t",
					    "b",
					    "--host",
					    "h1",
					    "--host=h2",
					    "--match",
					    "/a/*",
					    "--count=3",
					    "--depth=4294967295",
					    "-i",
					    "2s",
					    "--fresh=0",
					    "--rates",
					    "--size=2K",
					    "--colour",
					    "green",
					    "--call=me",
					    "two",
					    "--proc-root=p",
					    "--sys-root=s",
					    NULL};
	struct run run;

	parse(&run, words);
	assert_string_equal(run.capture.err, "");
	assert_true(run.continues);
	assert_true(run.chosen.exact);
	assert_false(run.chosen.headings);
	assert_int_equal(run.chosen.mode, BLUE);
	assert_int_equal(run.chosen.sections, 5);
	assert_string_equal(run.chosen.text, "b");
	assert_int_equal(run.chosen.hosts.count, 2);
	assert_string_equal(run.chosen.hosts.items[1], "h2");
	assert_int_equal(run.chosen.globs.count, 1);
	assert_int_equal(run.chosen.count, 3);
	assert_int_equal(run.chosen.depth, UINT32_MAX);
	assert_int_equal(run.chosen.interval_ns, 2 * NS_PER_S);
	assert_int_equal(run.chosen.fresh_ns, 0);
	assert_int_equal(run.chosen.rates_ns, NS_PER_S);
	assert_int_equal(run.chosen.bytes, 2048);
	assert_int_equal(run.chosen.colour, GREEN);
	assert_string_equal(run.chosen.called, "me");
	assert_string_equal(run.context.roots.proc, "p");
	assert_string_equal(run.context.roots.sys, "s");
	assert_int_equal(run.argc, 2);
	assert_string_equal(run.argv[0], "one");
	assert_string_equal(run.argv[1], "two");
	capture_free(&run.capture);
}

/* No number is too large: more than there can be of anything is all of it. */
static void test_large_counts(void **state)
{
	static const struct {
		const char *number;
		uint64_t count;
		uint32_t depth;
	} rows[] = {
		{"4294967295", UINT32_MAX, UINT32_MAX},
		{"4294967296", UINT64_C(4294967296), UINT32_MAX},
		{"18446744073709551615", UINT64_MAX, UINT32_MAX},
		{"99999999999999999999", UINT64_MAX, UINT32_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[] = {"test",    "--count",      rows[i].number,
				       "--depth", rows[i].number, NULL};
		struct run run;

		parse(&run, words);
		assert_string_equal(run.capture.err, "");
		assert_true(run.chosen.count == rows[i].count);
		assert_int_equal(run.chosen.depth, rows[i].depth);
		capture_free(&run.capture);
	}
}

static void test_errors_name_option_value_and_expectation(void **state)
{
	static const struct {
		const char *words[4];
		const char *error;
	} rows[] = {
		{{"test", "--count=0"}, "invalid --count '0' (expected a positive number)"},
		{{"test", "--count=-1"}, "invalid --count '-1' (expected a positive number)"},
		{{"test", "--depth=1x"}, "invalid --depth '1x' (expected a positive number)"},
		{{"test", "-i", "0"}, "invalid --interval '0' (expected a positive time such as"},
		{{"test", "--rates=x"}, "invalid --rates 'x' (expected a positive time such as"},
		{{"test", "--fresh", "x"}, "invalid --fresh 'x' (expected a time such as 0,"},
		{{"test", "--size=0"}, "invalid --size '0' (expected a size such as 200M or 2G)"},
		{{"test", "--colour=x"}, "unknown colour 'x' (expected red, green or blue)"},
		{{"test", "--match=/a[b"}, "--match: "},
		{{"test", "--text"}, "option --text requires an argument"},
		{{"test", "--exact=1"}, "option --exact does not take an argument"},
		{{"test", "--txt=1"}, "unknown option '--txt=1'; did you mean '--text'?"},
		{{"test", "-z"}, "unknown option '-z'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct run run;

		parse(&run, rows[i].words);
		assert_false(run.continues);
		assert_int_equal(run.status, CLI_USAGE);
		if (strstr(run.capture.err, rows[i].error) == NULL)
			fail_msg("expected '%s', got '%s'", rows[i].error, run.capture.err);
		capture_free(&run.capture);
	}
}

static void test_lists_are_limited(void **state)
{
	const char *words[CLI_LIST_MAX + 3] = {"test"};
	struct run run;

	for (size_t i = 1; i <= CLI_LIST_MAX + 1; i++)
		words[i] = "--host=h";
	parse(&run, words);
	assert_int_equal(run.status, CLI_USAGE);
	assert_non_null(strstr(run.capture.err, "too many --host options (at most 64)"));
	capture_free(&run.capture);
}

static void test_help_and_version_end_the_command(void **state)
{
	static const char *const help_words[] = {"test", "--help", NULL};
	static const char *const version_words[] = {"test", "--version", NULL};
	struct run run;

	parse(&run, help_words);
	assert_false(run.continues);
	assert_int_equal(run.status, CLI_OK);
	assert_non_null(strstr(run.capture.out, "--rates[=TIME]"));
	assert_non_null(strstr(run.capture.out, "-t, --text TEXT"));
	capture_free(&run.capture);
	parse(&run, version_words);
	assert_false(run.continues);
	assert_int_equal(strncmp(run.capture.out, "cgward ", 7), 0);
	capture_free(&run.capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_reach_their_members),
		cmocka_unit_test(test_large_counts),
		cmocka_unit_test(test_errors_name_option_value_and_expectation),
		cmocka_unit_test(test_lists_are_limited),
		cmocka_unit_test(test_help_and_version_end_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
