/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-diff-command.c - `cgward diff` on a recording, and invalid arguments of both commands. */
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command-run.h"
#include "lib/base/cleanup.h"
#include "record-fixture.h"

#define WORDS_MAX 10
#define SAMPLES   100

static int setup_recording(void **state)
{
	struct fixture *fixture;
	struct cgw_recorder *recorder;

	(void)setup(state);
	fixture = *state;
	recorder = open_recorder(fixture->file, &plain);
	record(fixture, recorder, 0, SAMPLES);
	cgw_recorder_free(recorder);
	return 0;
}

static void run_diff(struct fixture *fixture, const char *const *options, struct command_run *run)
{
	const char *words[WORDS_MAX + 2] = {"diff"};
	size_t count = 1;

	for (; count <= WORDS_MAX && options[count - 1] != NULL; count++)
		words[count] = options[count - 1];
	words[count] = fixture->file;
	command_run(record_commands, fixture->dir, words, run);
}

/* Between two ticks of the synthetic machine, compared with the samples themselves. */
static void test_changes_between_two_times(void **state)
{
	static const char *const options[] = {"-J", "--from=@1700000010", "--to=@1700000030",
					      "-ocpu.usage,memory.current", NULL};
	struct fixture *fixture = *state;
	struct cgw_snapshot *before = cgw_snapshot_ref(machine_tick(&fixture->ticks, 10));
	struct cgw_snapshot *after = machine_tick(&fixture->ticks, 30);
	uint32_t x = cgw_topology_find(cgw_snapshot_topology(before), "/a/x");
	struct command_run run;
	json_t *document, *groups, *change = NULL;
	bool recreated = false;

	run_diff(fixture, options, &run);
	assert_int_equal(run.status, CLI_OK);
	document = json_loads(run.capture.out, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	groups = json_object_get(document, "groups");
	for (size_t i = 0; i < json_array_size(groups); i++) {
		const json_t *group = json_array_get(groups, i);
		const char *path = json_string_value(json_object_get(group, "group"));
		const char *what = json_string_value(json_object_get(group, "state"));

		if (strcmp(path, "/a/x") == 0)
			change = json_object_get(
				json_object_get(json_object_get(group, "fields"), "memory.current"),
				"change");
		/* "/c" is replaced by another group at tick 20. */
		recreated |= strcmp(path, "/c") == 0 && strcmp(what, "recreated") == 0;
	}
	assert_true(recreated);
	assert_true(json_integer_value(change) ==
		    (json_int_t)(cgw_snapshot_number(
					 after, CGW_M_MEMORY_CURRENT,
					 cgw_topology_find(cgw_snapshot_topology(after), "/a/x"))
					 .value -
				 cgw_snapshot_number(before, CGW_M_MEMORY_CURRENT, x).value));
	json_decref(document);
	command_run_free(&run);
	cgw_snapshot_unref(before);
}

/* By default the first and the last sample are compared. */
static void test_default_times(void **state)
{
	static const char *const after[] = {"--events", "--from=@1700000020", "--to=@1700000021",
					    NULL};
	static const char *const none[] = {NULL};
	struct fixture *fixture = *state;
	struct command_run run;

	/* But not those at the earlier one, which happened before it. */
	run_diff(fixture, after, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_null(strstr(run.capture.out, "  /c\n"));
	command_run_free(&run);
	run_diff(fixture, none, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_memory_equal(run.capture.out,
			    "2023-11-14T22:13:20.000Z to 2023-11-14T22:14:59.000Z\n", 53);
	command_run_free(&run);
}

static void test_a_time_before_the_recording_is_its_beginning(void **state)
{
	static const char *const early[] = {"--from=-1h", NULL}, *const none[] = {NULL};
	static const char *const early_events[] = {"--events", "--from=@1", NULL};
	static const char *const events[] = {"--events", NULL};
	struct fixture *fixture = *state;
	struct command_run run, expected;

	run_diff(fixture, early, &run);
	run_diff(fixture, none, &expected);
	assert_int_equal(run.status, CLI_OK);
	assert_string_equal(run.capture.out, expected.capture.out);
	command_run_free(&run);
	command_run_free(&expected);
	run_diff(fixture, early_events, &run);
	run_diff(fixture, events, &expected);
	assert_string_equal(run.capture.out, expected.capture.out);
	command_run_free(&run);
	command_run_free(&expected);
}

static void test_events_between_two_times(void **state)
{
	static const char *const some[] = {"--events", "--from=@1700000019", "--to=@1700000021",
					   NULL};
	static const char *const last[] = {"--events", "--from=@1700000019", "--to=@1700000020",
					   NULL};
	static const char *const none[] = {"--events", "--from=@1700000001", "--to=@1700000002",
					   NULL};
	struct fixture *fixture = *state;
	struct command_run run;

	run_diff(fixture, some, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_non_null(strstr(run.capture.out, "2023-11-14T22:13:40.000Z  recreated  /c\n"));
	assert_null(strstr(run.capture.out, "22:13:42"));
	command_run_free(&run);
	/* Including those at the later time. */
	run_diff(fixture, last, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_non_null(strstr(run.capture.out, "2023-11-14T22:13:40.000Z  recreated  /c\n"));
	command_run_free(&run);
	run_diff(fixture, none, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_string_equal(run.capture.out, "");
	command_run_free(&run);
}

/* A flipped byte: the rest is printed, with a message and a status of its own. */
static void test_damage_is_reported(void **state)
{
	static const char *const options[] = {"--events", NULL};
	struct fixture *fixture = *state;
	CLEANUP(cleanup_close) int fd = open(fixture->file, O_RDWR);
	struct command_run run;
	struct stat status;
	uint8_t byte;

	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(pread(fd, &byte, 1, status.st_size * 2 / 5), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, status.st_size * 2 / 5), 1);
	run_diff(fixture, options, &run);
	assert_int_equal(run.status, CLI_PARTLY);
	assert_non_null(strstr(run.capture.err, "machine.cgwr: skipped "));
	command_run_free(&run);
}

static void test_reversed_times_are_reported(void **state)
{
	static const char *const options[] = {"--from=@1700000030", "--to=@1700000010", NULL};
	struct fixture *fixture = *state;
	struct command_run run;

	run_diff(fixture, options, &run);
	assert_int_equal(run.status, CLI_OK);
	assert_non_null(strstr(run.capture.err, "--from is later than --to"));
	command_run_free(&run);
}

static void test_invalid_arguments(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		bool file; /* followed by the recording */
		enum cli_exit status;
		const char *err; /* part of the message */
	} rows[] = {
		{{"diff"}, false, CLI_USAGE, "expected exactly one RECORDING"},
		{{"diff", "/none"}, true, CLI_USAGE, "expected exactly one RECORDING"},
		{{"diff", "/none"}, false, CLI_FAILED, "/none"},
		{{"diff", "--events", "--json"}, true, CLI_USAGE, "mutually exclusive"},
		{{"diff", "--from=never"}, true, CLI_USAGE, "invalid --from 'never'"},
		{{"diff", "--to=25:61"}, true, CLI_USAGE, "invalid --to '25:61'"},
		{{"diff", "--to=@1"}, true, CLI_NO_SUCH_GROUP, "the recording begins at 2023-"},
		{{"diff", "-o", "cgroup.type"}, true, CLI_USAGE, "its value is not a number"},
		{{"diff", "-o", ","}, true, CLI_USAGE, "missing column"},
		{{"diff", "-o", "pids.curent"}, true, CLI_USAGE, "did you mean 'pids.current'"},
		{{"diff", "--sort", "nothing.here"}, true, CLI_USAGE, "nothing.here"},
		{{"record"}, false, CLI_USAGE, "expected exactly one FILE or DIRECTORY"},
		{{"record", "--size=0"}, true, CLI_USAGE, "invalid --size '0'"},
		{{"record", "--size=1X"}, true, CLI_USAGE, "invalid --size '1X'"},
		{{"record", "--keep=0"}, true, CLI_USAGE, "invalid --keep '0'"},
		{{"record", "--interval=x"}, true, CLI_USAGE, "invalid --interval 'x'"},
		{{"record", "--count=0"}, true, CLI_USAGE, "invalid --count '0'"},
		{{"record", "--count=-1"}, true, CLI_USAGE, "invalid --count '-1'"},
		{{"record", "--match=/a[b"}, true, CLI_USAGE, "--match: "},
		{{"record", "-o", "memory.mx"}, true, CLI_USAGE, "did you mean 'memory.max'"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words[WORDS_MAX + 2] = {NULL};
		struct command_run run;
		size_t count = 0;

		for (; rows[i].words[count] != NULL; count++)
			words[count] = rows[i].words[count];
		if (rows[i].file)
			words[count] = fixture->file;
		command_run(record_commands, fixture->dir, words, &run);
		if (run.status != (int)rows[i].status ||
		    strstr(run.capture.err, rows[i].err) == NULL)
			fail_msg("row %zu: status %d: %s", i, run.status, run.capture.err);
		assert_string_equal(run.capture.out, "");
		command_run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_changes_between_two_times, setup_recording,
						teardown),
		cmocka_unit_test_setup_teardown(test_default_times, setup_recording, teardown),
		cmocka_unit_test_setup_teardown(test_a_time_before_the_recording_is_its_beginning,
						setup_recording, teardown),
		cmocka_unit_test_setup_teardown(test_events_between_two_times, setup_recording,
						teardown),
		cmocka_unit_test_setup_teardown(test_damage_is_reported, setup_recording, teardown),
		cmocka_unit_test_setup_teardown(test_reversed_times_are_reported, setup_recording,
						teardown),
		cmocka_unit_test_setup_teardown(test_invalid_arguments, setup_recording, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
