/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-dump-recording.c - which samples of a recording `cgward dump --replay` prints. */
#include "command-run.h"
#include "lib/base/cleanup.h"
#include "record-fixture.h"

#define WORDS_MAX 12

/* Ticks 0 to 9 and 30 to 39: nothing is recorded for 20 seconds. */
static int setup_recording(void **state)
{
	struct cgw_recorder *recorder;
	struct fixture *fixture;

	(void)setup(state);
	fixture = *state;
	recorder = open_recorder(fixture->file, &plain);
	record(fixture, recorder, 0, 10);
	record(fixture, recorder, 30, 40);
	cgw_recorder_free(recorder);
	return 0;
}

/* Prints the last two digits of the seconds of each sample of /e, as "20 21 ". */
static void print_seconds(char *out, char *seconds, size_t size)
{
	char *line;

	seconds[0] = '\0';
	while (*(line = strsep(&out, "\n")) != '\0') {
		const char *dot = strchr(line, '.');

		assert_non_null(dot);
		snprintf(seconds + strlen(seconds), size - strlen(seconds), "%.5s ", dot - 5);
	}
}

static void test_samples_of_a_range(void **state)
{
	static const struct {
		const char *options[4];
		const char *expected; /* minutes and seconds */
	} rows[] = {
		{{"--begin=@1700000002", "--end=@1700000004"}, "13:22 13:23 13:24 "},
		{{"--begin=@1700000002", "--end=@1700000002"}, "13:22 "},
		{{"--begin=@1700000009", "--end=@1700000031"}, "13:29 13:50 13:51 "},
		{{"--begin=@1600000000", "--end=@1700000001"}, "13:20 13:21 "},
		{{"--begin=@1700000038"}, "13:58 13:59 "},
		{{"--begin=@1700000038", "--end=@1900000000"}, "13:58 13:59 "},
		{{"--begin=@1700000032", "--end=@1700000038", "--every=3s"}, "13:52 13:55 13:58 "},
		/* Steps without a new sample are left out. */
		{{"--begin=@1700000005", "--end=@1700000033", "--every=4s"}, "13:25 13:29 13:53 "},
	};
	struct fixture *fixture = *state;
	char replay[320], seconds[256];

	snprintf(replay, sizeof(replay), "--replay=%s", fixture->file);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[WORDS_MAX] = {"dump",    "--noheadings", "-r",
						"-ogroup", "--match=/e",   replay};
		struct command_run run;

		for (size_t j = 0; j < 4 && rows[i].options[j] != NULL; j++)
			words[6 + j] = rows[i].options[j];
		command_run(dump_commands, fixture->dir, words, &run);
		if (run.status != CLI_OK)
			fail_msg("row %zu: %d %s", i, run.status, run.capture.err);
		print_seconds(run.capture.out, seconds, sizeof(seconds));
		if (strcmp(seconds, rows[i].expected) != 0)
			fail_msg("row %zu: %s", i, seconds);
		command_run_free(&run);
	}
}

/* A sample that is much older than the requested time is used, with a warning. */
static void test_sample_at_a_time(void **state)
{
	static const struct {
		const char *at,
			*expected; /* pids.current of /e: the largest number minus 109 a tick */
		enum cli_exit status;
		const char *err; /* part of the message, or NULL */
	} rows[] = {
		{"--at=@1700000003", "/e 18446744073709551288\n", CLI_OK, NULL},
		{"--at=@1700000012", "/e 18446744073709550634\n", CLI_OK, NULL},
		{"--at=@1700000013", "/e 18446744073709550634\n", CLI_OK,
		 "using the last sample before it, from 2023-11-14T22:13:29"},
		{"--at=@1600000000", "", CLI_NO_SUCH_GROUP, "no sample for --at"},
		{"--at=never", "", CLI_USAGE, "--at"},
	};
	struct fixture *fixture = *state;
	char replay[320];

	snprintf(replay, sizeof(replay), "--replay=%s", fixture->file);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[] = {
			"dump",       "--noheadings", "-rb",      "-ogroup,pids.current",
			"--match=/e", replay,         rows[i].at, NULL};
		struct command_run run;

		command_run(dump_commands, fixture->dir, words, &run);
		if (run.status != (int)rows[i].status ||
		    strcmp(run.capture.out, rows[i].expected) != 0)
			fail_msg("row %zu: %d %s%s", i, run.status, run.capture.out,
				 run.capture.err);
		if (rows[i].err == NULL)
			assert_string_equal(run.capture.err, "");
		else
			assert_non_null(strstr(run.capture.err, rows[i].err));
		command_run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_samples_of_a_range, setup_recording, teardown),
		cmocka_unit_test_setup_teardown(test_sample_at_a_time, setup_recording, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
