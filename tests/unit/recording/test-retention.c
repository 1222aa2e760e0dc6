/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-retention.c - how long and how large recordings are, with a clock that the test sets. */
#include <sys/stat.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/recording/recorder-priv.h"
#include "record-fixture.h"

static uint64_t fake_now_ns = EPOCH_NS;

/* Replaces that of libc, so that the files of a directory are as old as their samples. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	now->tv_sec = (time_t)(fake_now_ns / TICK_NS);
	now->tv_nsec = (long)(fake_now_ns % TICK_NS);
	return 0;
}

#define AGE_TICKS 800
/* Old samples are removed in steps: at most a quarter more than the limit remains. */
#define SLACK_TICKS (AGE_TICKS / 4)

static void record_tick(struct fixture *fixture, struct cgw_recorder *recorder, unsigned tick)
{
	fake_now_ns = EPOCH_NS + tick * TICK_NS;
	record(fixture, recorder, tick, tick + 1);
}

/* All samples from the oldest that is left on are there, up to the last one. */
static unsigned oldest_tick(const char *path, unsigned last)
{
	struct cgw_replay *replay = open_replay(path);
	struct cgw_recording_info info;
	size_t damage;

	cgw_replay_info(replay, &info);
	assert_int_equal(cgw_replay_next(replay), 1);
	assert_true(info.first_ns == cgw_snapshot_realtime_ns(cgw_replay_snapshot(replay)));
	assert_true(info.last_ns == EPOCH_NS + last * TICK_NS);
	assert_int_equal(info.samples, last + 1 - tick_of(replay));
	(void)cgw_replay_damage(replay, &damage);
	assert_int_equal(damage, 0);
	cgw_replay_free(replay);
	return (unsigned)((info.first_ns - EPOCH_NS) / TICK_NS);
}

static void assert_age_limit(struct fixture *fixture, const char *path)
{
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	unsigned oldest = 0;

	options.age_max_ns = AGE_TICKS * TICK_NS;
	fake_now_ns = EPOCH_NS;
	recorder = open_recorder(path, &options);
	for (unsigned tick = 0; tick < 3 * AGE_TICKS; tick++) {
		record_tick(fixture, recorder, tick);
		if (tick % 20 != 19)
			continue;
		oldest = oldest_tick(path, tick);
		if (oldest > (tick > AGE_TICKS ? tick - AGE_TICKS : 0))
			fail_msg("tick %u: samples before %u were removed", tick, oldest);
		if (tick > AGE_TICKS + SLACK_TICKS && oldest < tick - AGE_TICKS - SLACK_TICKS)
			fail_msg("tick %u: samples from %u on remain", tick, oldest);
	}
	assert_true(oldest > 0);
	cgw_recorder_free(recorder);
}

static void test_age_limit_of_a_file(void **state)
{
	struct fixture *fixture = *state;

	assert_age_limit(fixture, fixture->file);
}

static void test_age_limit_of_a_directory(void **state)
{
	struct fixture *fixture = *state;

	assert_age_limit(fixture, fixture->directory);
}

/* The limit also applies to what an earlier recorder left, but never to the newest samples. */
static void assert_limit_after_a_pause(struct fixture *fixture, const char *path)
{
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	unsigned tick = 0, later = 4 * AGE_TICKS;

	options.age_max_ns = AGE_TICKS * TICK_NS;
	fake_now_ns = EPOCH_NS;
	recorder = open_recorder(path, &options);
	for (; tick < AGE_TICKS / 2; tick++)
		record_tick(fixture, recorder, tick);
	cgw_recorder_free(recorder);
	assert_int_equal(oldest_tick(path, tick - 1), 0);
	fake_now_ns = EPOCH_NS + later * TICK_NS;
	recorder = open_recorder(path, &options);
	for (tick = later; tick < later + 200; tick++)
		record_tick(fixture, recorder, tick);
	cgw_recorder_free(recorder);
	{
		struct cgw_replay *replay = open_replay(path);

		assert_int_equal(cgw_replay_next(replay), 1);
		assert_true(tick_of(replay) >= AGE_TICKS / 2 - 120);
		assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + later * TICK_NS), 1);
		assert_tick(fixture, replay, later);
		assert_int_equal(cgw_replay_last(replay), 1);
		assert_tick(fixture, replay, later + 199);
		cgw_replay_free(replay);
	}
}

static void test_age_limit_after_a_pause(void **state)
{
	struct fixture *fixture = *state;

	assert_limit_after_a_pause(fixture, fixture->file);
	assert_limit_after_a_pause(fixture, fixture->directory);
}

static uint64_t bytes_of(const char *path, bool directory)
{
	struct string_list names = {0};
	uint64_t bytes = 0;
	struct stat status;

	if (!directory) {
		assert_int_equal(stat(path, &status), 0);
		return (uint64_t)status.st_blocks * 512;
	}
	assert_int_equal(record_directory_list(path, &names), 0);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(cleanup_free) char *file = record_path(path, names.items[i]);

		assert_int_equal(stat(file, &status), 0);
		bytes += (uint64_t)status.st_size;
	}
	string_list_free(&names);
	return bytes;
}

/* Once the limit is reached, at least three quarters of it stay in use. */
static void assert_size_limit(struct fixture *fixture, const char *path, bool directory)
{
	const uint64_t limit = 600000, page = 4096, key = 16384;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	bool reached = false;

	options.size_max_bytes = limit;
	fake_now_ns = EPOCH_NS;
	recorder = open_recorder(path, &options);
	for (unsigned tick = 0; tick < 6000; tick++) {
		uint64_t bytes;

		record_tick(fixture, recorder, tick);
		if (tick % 60 != 59)
			continue;
		bytes = bytes_of(path, directory);
		reached |= bytes > limit * 7 / 8;
		if (bytes > limit + (directory ? 0 : 2 * page + key) ||
		    (reached && bytes < limit * 3 / 4))
			fail_msg("tick %u: %llu bytes", tick, (unsigned long long)bytes);
	}
	assert_true(reached);
	cgw_recorder_free(recorder);
	assert_true(oldest_tick(path, 5999) > 0);
}

static void test_size_limit_of_a_file(void **state)
{
	struct fixture *fixture = *state;

	assert_size_limit(fixture, fixture->file, false);
}

static void test_size_limit_of_a_directory(void **state)
{
	struct fixture *fixture = *state;

	assert_size_limit(fixture, fixture->directory, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_age_limit_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age_limit_of_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age_limit_after_a_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size_limit_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size_limit_of_a_directory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
