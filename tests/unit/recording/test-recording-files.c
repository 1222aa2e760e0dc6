/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-recording-files.c - continuing, limiting and following recordings; clock changes. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/recording/recorder-priv.h"
#include "record-fixture.h"

/* A restarted recorder appends to the same file; rates continue, except across a reboot. */
static void test_recorder_continues_a_file(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &options);
	struct cgw_replay *replay;
	uint64_t boot;

	record(fixture, recorder, 0, 70);
	cgw_recorder_free(recorder);
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 80, 150);
	cgw_recorder_free(recorder);
	options.boot_id = "two";
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 160, 165);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 80 * TICK_NS), 1);
	assert_tick(fixture, replay, 80);
	assert_non_null(cgw_frame_before(cgw_replay_frame(replay)));
	assert_true(has_event(replay, CGW_EVENT_START, "", ""));
	assert_true(has_event(replay, CGW_EVENT_GAP, "", ""));
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 75 * TICK_NS), 1);
	assert_tick(fixture, replay, 69);
	boot = cgw_replay_boot(replay);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 160 * TICK_NS), 1);
	assert_tick(fixture, replay, 160);
	assert_true(cgw_replay_boot(replay) != boot);
	assert_null(cgw_frame_before(cgw_replay_frame(replay)));
	assert_true(has_event(replay, CGW_EVENT_START, "", ""));
	assert_false(has_event(replay, CGW_EVENT_GAP, "", ""));
	cgw_replay_free(replay);
}

static void change_byte(const char *path, uint64_t offset)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 0x55;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

/* The length of the chain of index blocks that the hint points to. */
static uint64_t indexes_in_chain(const char *path)
{
	struct packer *packer = NULL;
	struct record_file file;
	uint64_t count = 0, at;

	assert_int_equal(record_file_open(path, O_RDONLY, &file), 0);
	assert_int_equal(packer_new(&packer), 0);
	for (at = file.hint.index; at != 0; count++) {
		struct bytes stored = {0};
		struct block_header header;
		struct index_part part;
		struct cursor in;

		assert_int_equal(record_file_block(&file, at, &header, &at), 1);
		assert_int_equal(header.kind, BLOCK_INDEX);
		assert_int_equal(record_file_payload(&file, at, &header, &stored), 0);
		assert_int_equal(packer_unpack(packer, &header, stored.data, &in), 0);
		assert_int_equal(index_decode(&in, &header, at, &part), 0);
		bytes_done(&stored);
		at = part.previous;
	}
	packer_free(packer);
	record_file_done(&file);
	return count;
}

#define LONG 3000 /* three indexes, and the final one */

/* Without the hint, the last index or one in the middle, the other indexes are found and used. */
static void test_indexes_are_found_without_hint(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct record_file whole, file;
	static const unsigned ticks[] = {0, 5, 959, 1000, 2100, LONG - 1};
	uint64_t middle = 0, last;

	record(fixture, recorder, 0, LONG);
	cgw_recorder_free(recorder);
	assert_int_equal(record_file_open(fixture->file, O_RDONLY, &whole), 0);
	last = whole.hint.index;
	for (uint64_t offset = FILE_HEADER_BYTES; offset < last;) {
		struct block_header header;

		assert_int_equal(record_file_block(&whole, offset, &header, &offset), 1);
		if (header.kind == BLOCK_INDEX && header.sequence < LONG - 1000)
			middle = offset; /* the second of four */
		offset += BLOCK_HEADER_BYTES + header.stored_bytes;
	}
	for (int how = 0; how < 3; how++) {
		struct cgw_replay *replay;

		if (how == 0)
			change_byte(fixture->file, FILE_HINT_OFFSET + 3);
		else if (how == 1)
			change_byte(fixture->file, middle + BLOCK_HEADER_BYTES + 5);
		else
			assert_int_equal(truncate(fixture->file, (off_t)last), 0);
		assert_int_equal(record_file_open(fixture->file, O_RDONLY, &file), 0);
		assert_int_equal(file.key_count, whole.key_count);
		assert_int_equal(file.mark_count, whole.mark_count);
		assert_int_equal(file.first.sequence, whole.first.sequence);
		assert_int_equal(file.last.sequence, whole.last.sequence);
		assert_int_equal(
			memcmp(file.keys, whole.keys, whole.key_count * sizeof(*file.keys)), 0);
		assert_int_equal(file.damage_count, 0);
		/* Everything before the last remaining index is indexed. */
		assert_true(how == 2 ? file.indexed_keys >= 3 * 16 : file.indexed_to > last);
		record_file_done(&file);
		replay = open_replay(fixture->file);
		for (size_t i = 0; i < ARRAY_SIZE(ticks); i++) {
			assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + ticks[i] * TICK_NS), 1);
			assert_tick(fixture, replay, ticks[i]);
		}
		cgw_replay_free(replay);
	}
	record_file_done(&whole);
	/* Recording continues, still without the hint; the damage is reverted. */
	change_byte(fixture->file, middle + BLOCK_HEADER_BYTES + 5);
	recorder = open_recorder(fixture->file, &plain);
	record(fixture, recorder, LONG, LONG + 100);
	cgw_recorder_free(recorder);
	assert_int_equal(record_file_open(fixture->file, O_RDONLY, &file), 0);
	assert_int_equal(file.last.sequence, LONG + 99);
	record_file_done(&file);
	/* The chain of indexes leads back to the beginning. */
	middle = indexes_in_chain(fixture->file);
	assert_in_range(middle, 3, 5);
}

static void test_second_recorder_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *one = open_recorder(fixture->file, &plain), *two = NULL;
	struct cgw_diag diag = {0};

	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &two, &diag), -EBUSY);
	assert_non_null(strstr(diag.text, "machine.cgwr: another recorder is writing to it"));
	cgw_recorder_free(one);
	one = open_recorder(fixture->file, &plain);
	cgw_recorder_free(one);
	one = open_recorder(fixture->directory, &plain);
	assert_int_equal(cgw_recorder_open(fixture->directory, &plain, &two, &diag), -EBUSY);
	cgw_recorder_free(one);
}

static void test_other_files_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = NULL;
	struct cgw_replay *replay = NULL;
	struct cgw_diag diag = {0};
	uint8_t raw[FILE_HEADER_BYTES];

	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -ENOENT);
	tree_file(fixture->dir, "machine.cgwr", "text written by hand\n");
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EBADMSG);
	assert_non_null(strstr(diag.text, "machine.cgwr: not a cgward recording"));
	/* A recorder does not overwrite it. */
	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &recorder, &diag), -EBADMSG);
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EBADMSG);
	/* The message about a later format contains its version. */
	file_header_store(&(struct file_header){.version = 9}, raw);
	memset(raw + FILE_HINT_OFFSET, 0, sizeof(raw) - FILE_HINT_OFFSET);
	tree_remove(fixture->dir, "machine.cgwr");
	{
		CLEANUP(cleanup_close) int fd = open(fixture->file, O_CREAT | O_WRONLY, 0600);

		assert_int_equal(write_whole_at(fd, raw, sizeof(raw), 0), 0);
	}
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EBADMSG);
	assert_non_null(strstr(diag.text, "format 9"));
	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &recorder, &diag),
			 -EPROTONOSUPPORT);
	/* An empty directory contains no samples. */
	assert_int_equal(cgw_replay_open(fixture->directory, &replay, &diag), -ENODATA);
}

static uint64_t disk_bytes(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

/* The beginning of a limited file is returned to the file system; the rest remains readable. */
static void test_size_limit_of_a_file(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct cgw_recording_info info;
	struct cgw_replay *replay, *old;
	unsigned first;

	options.size_max_bytes = 200000;
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 0, 100);
	old = open_replay(fixture->file);
	record(fixture, recorder, 100, 2000);
	assert_true(disk_bytes(fixture->file) < 230000);
	/* A reader whose position was dropped continues after the dropped part. */
	assert_int_equal(cgw_replay_refresh(old), 1);
	assert_int_equal(cgw_replay_next(old), 1);
	assert_true(tick_of(old) > 100);
	cgw_replay_free(old);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	cgw_replay_info(replay, &info);
	assert_true(info.samples > 200 && info.samples < 1900);
	first = 2000 - (unsigned)info.samples;
	for (unsigned tick = first; tick < 2000; tick++) {
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
	}
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + (first + 70) * TICK_NS), 1);
	assert_tick(fixture, replay, first + 70);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS), 0);
	cgw_replay_free(replay);
}

static void test_age_limit_of_a_file(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct cgw_recording_info info;
	struct cgw_replay *replay;

	options.age_max_ns = 600 * TICK_NS;
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 0, 1300);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	cgw_replay_info(replay, &info);
	assert_true(info.samples >= 600 && info.samples < 600 + 75 + 120);
	assert_int_equal(cgw_replay_last(replay), 1);
	assert_tick(fixture, replay, 1299);
	cgw_replay_free(replay);
}

static void test_size_limit_of_a_directory(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct string_list names = {0};
	struct cgw_recording_info info;
	struct cgw_replay *replay;
	uint64_t bytes = 0;

	tree_file(fixture->dir, "many/notes.txt", "unrelated");
	options.size_max_bytes = 300000;
	recorder = open_recorder(fixture->directory, &options);
	record(fixture, recorder, 0, 2500);
	assert_int_equal(record_directory_list(fixture->directory, &names), 0);
	assert_true(names.count > 2);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(cleanup_free)
		char *path = record_path(fixture->directory, names.items[i]);
		struct stat status;

		assert_int_equal(stat(path, &status), 0);
		bytes += (uint64_t)status.st_size;
	}
	assert_true(bytes <= 300000);
	string_list_free(&names);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->directory);
	cgw_replay_info(replay, &info);
	for (unsigned tick = 2500 - (unsigned)info.samples; tick < 2500; tick++) {
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
		/* Rates continue across files. */
		if (tick > 2500 - info.samples)
			assert_non_null(cgw_frame_before(cgw_replay_frame(replay)));
	}
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 2300 * TICK_NS), 1);
	assert_tick(fixture, replay, 2300);
	cgw_replay_free(replay);
}

static void test_age_limit_of_a_directory(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct string_list names = {0};

	/* Files are dated by the real clock, unlike these samples: none is dropped. */
	options.age_max_ns = 800 * TICK_NS;
	recorder = open_recorder(fixture->directory, &options);
	record(fixture, recorder, 0, 1000);
	assert_int_equal(record_directory_list(fixture->directory, &names), 0);
	assert_true(names.count >= 5);
	string_list_free(&names);
	cgw_recorder_free(recorder);
}

/* A reader follows the recorder from file to file. */
static void test_reader_follows_recorder(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct cgw_replay *replay;

	options.size_max_bytes = 300000;
	recorder = open_recorder(fixture->directory, &options);
	record(fixture, recorder, 0, 1);
	replay = open_replay(fixture->directory);
	assert_int_equal(cgw_replay_next(replay), 1);
	assert_tick(fixture, replay, 0);
	for (unsigned tick = 1; tick < 700; tick++) {
		assert_int_equal(cgw_replay_next(replay), 0);
		record(fixture, recorder, tick, tick + 1);
		assert_int_equal(cgw_replay_refresh(replay), 1);
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
	}
	assert_int_equal(cgw_replay_refresh(replay), 0);
	cgw_recorder_free(recorder);
	cgw_replay_free(replay);
}

/* The wall clock is set back, then the machine is suspended. */
static void test_clock_set_back_and_suspend(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct cgw_replay *replay;
	const struct cgw_event *events;
	size_t count;

	for (unsigned tick = 0; tick < 300; tick++) {
		struct cgw_snapshot *now = machine_tick(&fixture->ticks, tick);

		if (tick >= 100)
			now->realtime_ns -= 50 * TICK_NS;
		if (tick >= 200) {
			now->boottime_ns += 1000 * TICK_NS;
			now->realtime_ns += 1000 * TICK_NS;
		}
		assert_int_equal(cgw_recorder_sample(recorder, now, NULL), 0);
	}
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_CLOCK)), 1);
	events = cgw_replay_events(replay, &count);
	for (size_t i = 0; i < count; i++)
		if (events[i].kind == CGW_EVENT_CLOCK) {
			assert_string_equal(events[i].why, "back");
			assert_true(events[i].new_number.value == 50 * TICK_NS);
		}
	/* Of a time that occurred twice, the first occurrence is found. */
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 70 * TICK_NS), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 75 * TICK_NS);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 140 * TICK_NS), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 195 * TICK_NS);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_SUSPEND)), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 205 * TICK_NS);
	/* Suspend is neither a gap nor a clock change. */
	events = cgw_replay_events(replay, &count);
	for (size_t i = 0; i < count; i++)
		assert_true(events[i].kind != CGW_EVENT_GAP && events[i].kind != CGW_EVENT_CLOCK);
	assert_true(cgw_frame_seconds(cgw_replay_frame(replay)) < 1.5);
	cgw_replay_free(replay);
}

/* Recordings of released versions remain readable: this fixture must never be regenerated. */
static void test_recording_of_version_1(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_replay *replay = open_replay(TEST_FIXTURES "/recordings/version-1.cgwr");
	struct cgw_recording_info info;

	for (unsigned tick = 0; tick < 70; tick++) {
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
	}
	assert_int_equal(cgw_replay_next(replay), 0);
	cgw_replay_info(replay, &info);
	assert_int_equal(info.version, 1);
	assert_int_equal(cgw_replay_first(replay), 1);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_ACTION)), 1);
	assert_tick(fixture, replay, 5);
	assert_true(has_event(replay, CGW_EVENT_ACTION, "/b", "freeze"));
	assert_string_equal(cgw_replay_host(replay), "somewhere");
	cgw_replay_free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_recorder_continues_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_indexes_are_found_without_hint, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_second_recorder_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size_limit_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age_limit_of_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_size_limit_of_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age_limit_of_a_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_follows_recorder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clock_set_back_and_suspend, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recording_of_version_1, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
