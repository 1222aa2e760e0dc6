/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-recording-files.c - the files of a recording: continued, bounded, followed; clocks that jump. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/recording/index-block.h"
#include "lib/recording/recorder-priv.h"
#include "record-fixture.h"

/* A recorder that comes back goes on in the same file; rates go over that, not over a reboot. */
static void a_recording_goes_on(void **state)
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

/* How many index blocks name each other, from the hint on. */
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

#define LONG 3000 /* three indexes, and the one at the end */

/* Without its hint, its last index or one in the middle, the others are found and used. */
static void indexes_are_found(void **state)
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
		/* All but what came after the last index that is left. */
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
	/* And it goes on from there, still without the hint; the damaged one is healed. */
	change_byte(fixture->file, middle + BLOCK_HEADER_BYTES + 5);
	recorder = open_recorder(fixture->file, &plain);
	record(fixture, recorder, LONG, LONG + 100);
	cgw_recorder_free(recorder);
	assert_int_equal(record_file_open(fixture->file, O_RDONLY, &file), 0);
	assert_int_equal(file.last.sequence, LONG + 99);
	record_file_done(&file);
	/* With a chain of indexes that leads back to the beginning. */
	middle = indexes_in_chain(fixture->file);
	assert_in_range(middle, 3, 5);
}

static void one_writer_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *one = open_recorder(fixture->file, &plain), *two = NULL;
	struct cgw_diag diag = {0};

	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &two, &diag), -EBUSY);
	assert_non_null(strstr(diag.text, "another recorder"));
	cgw_recorder_free(one);
	one = open_recorder(fixture->file, &plain);
	cgw_recorder_free(one);
	one = open_recorder(fixture->directory, &plain);
	assert_int_equal(cgw_recorder_open(fixture->directory, &plain, &two, &diag), -EBUSY);
	cgw_recorder_free(one);
}

static void what_is_no_recording(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = NULL;
	struct cgw_replay *replay = NULL;
	struct cgw_diag diag = {0};
	uint8_t raw[FILE_HEADER_BYTES];

	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -ENOENT);
	tree_file(fixture->dir, "machine.cgwr", "what somebody wrote by hand\n");
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EBADMSG);
	assert_non_null(strstr(diag.text, "no recording"));
	/* It is not overwritten. */
	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &recorder, &diag), -EBADMSG);
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EBADMSG);
	/* A file of a later version says so. */
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
	/* An empty directory holds no sample. */
	assert_int_equal(cgw_replay_open(fixture->directory, &replay, &diag), -ENODATA);
}

static uint64_t disk_bytes(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

/* A file gives its beginning back; what is left is read, jumps and all. */
static void a_file_stays_within_its_size(void **state)
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
	/* Somebody who reads what is dropped meanwhile goes on behind it. */
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

static void a_file_stays_within_its_age(void **state)
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

static void a_directory_stays_within_its_bounds(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct name_list names = {0};
	struct cgw_recording_info info;
	struct cgw_replay *replay;
	uint64_t bytes = 0;

	tree_file(fixture->dir, "many/notes.txt", "not ours");
	options.size_max_bytes = 300000;
	recorder = open_recorder(fixture->directory, &options);
	record(fixture, recorder, 0, 2500);
	assert_int_equal(record_directory_list(fixture->directory, &names), 0);
	assert_true(names.count > 2);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(cleanup_free)
		char *path = record_path(fixture->directory, names.names[i]);
		struct stat status;

		assert_int_equal(stat(path, &status), 0);
		bytes += (uint64_t)status.st_size;
	}
	assert_true(bytes <= 300000);
	name_list_done(&names);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->directory);
	cgw_replay_info(replay, &info);
	for (unsigned tick = 2500 - (unsigned)info.samples; tick < 2500; tick++) {
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
		/* The end of a file is no end of rates. */
		if (tick > 2500 - info.samples)
			assert_non_null(cgw_frame_before(cgw_replay_frame(replay)));
	}
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 2300 * TICK_NS), 1);
	assert_tick(fixture, replay, 2300);
	cgw_replay_free(replay);
}

static void a_directory_drops_what_is_old(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct name_list names = {0};

	/* Files are dated by the clock, these samples by another one: parts are made, and stay. */
	options.age_max_ns = 800 * TICK_NS;
	recorder = open_recorder(fixture->directory, &options);
	record(fixture, recorder, 0, 1000);
	assert_int_equal(record_directory_list(fixture->directory, &names), 0);
	assert_true(names.count >= 5);
	name_list_done(&names);
	cgw_recorder_free(recorder);
}

/* A reader goes along while it is written, from file to file. */
static void a_reader_follows(void **state)
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

/* The wall clock is set back an hour, then the machine sleeps. */
static void clocks_that_jump(void **state)
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
	/* What came twice: the first coming; what came once, wherever it is. */
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 70 * TICK_NS), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 75 * TICK_NS);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 140 * TICK_NS), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 195 * TICK_NS);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_SUSPEND)), 1);
	assert_true(cgw_snapshot_monotonic_ns(cgw_replay_snapshot(replay)) == 205 * TICK_NS);
	/* Asleep, nothing was missed: no gap, and no wall clock that was set. */
	events = cgw_replay_events(replay, &count);
	for (size_t i = 0; i < count; i++)
		assert_true(events[i].kind != CGW_EVENT_GAP && events[i].kind != CGW_EVENT_CLOCK);
	assert_true(cgw_frame_seconds(cgw_replay_frame(replay)) < 1.5);
	cgw_replay_free(replay);
}

/* What a released version wrote stays readable: the fixture is never made anew. */
static void a_recording_of_version_1(void **state)
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
		cmocka_unit_test_setup_teardown(a_recording_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(indexes_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(one_writer_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_recording, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_stays_within_its_size, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_stays_within_its_age, setup, teardown),
		cmocka_unit_test_setup_teardown(a_directory_stays_within_its_bounds, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_directory_drops_what_is_old, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(clocks_that_jump, setup, teardown),
		cmocka_unit_test_setup_teardown(a_recording_of_version_1, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
