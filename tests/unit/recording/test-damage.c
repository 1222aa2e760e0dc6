/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * test-damage.c - a recorder killed at any byte, a full disk, flipped bits: all intact samples are
 * read, none of them is wrong, and recording continues.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/recording/recorder-priv.h"
#include "recordings.h"
#include "tree.h"

#define SAMPLES 64 /* two keys */

struct fixture {
	struct tree_dir *dir;
	char whole[300], file[300];
	struct machine_ticks ticks;
	struct cgw_snapshot *samples[SAMPLES + 8];
	uint8_t *bytes; /* of the complete recording */
	size_t length;
};

static const struct cgw_recorder_options plain = {.interval_ns = TICK_NS, .boot_id = "one"};

static struct cgw_snapshot *sample(struct fixture *fixture, unsigned tick)
{
	if (fixture->samples[tick] == NULL)
		fixture->samples[tick] = cgw_snapshot_ref(machine_tick(&fixture->ticks, tick));
	return fixture->samples[tick];
}

static void record(struct fixture *fixture, struct cgw_recorder *recorder, unsigned from,
		   unsigned to)
{
	for (unsigned tick = from; tick < to; tick++)
		assert_int_equal(cgw_recorder_sample(recorder, sample(fixture, tick), NULL), 0);
}

static struct cgw_recorder *open_recorder(const char *path)
{
	struct cgw_recorder *recorder = NULL;
	struct cgw_diag diag = {0};

	if (cgw_recorder_open(path, &plain, &recorder, &diag) < 0)
		fail_msg("%s", diag.text);
	return recorder;
}

static void read_all(struct fixture *fixture, const char *path)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDONLY);
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	free(fixture->bytes);
	fixture->length = (size_t)status.st_size;
	fixture->bytes = malloc(fixture->length);
	assert_int_equal(read_whole_at(fd, fixture->bytes, fixture->length, 0), fixture->length);
}

static void write_file(const char *path, const uint8_t *bytes, size_t length)
{
	CLEANUP(cleanup_close) int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_int_equal(write_whole_at(fd, bytes, length, 0), 0);
}

/* The file contents are those of a killed recorder: no final index. */
static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct cgw_recorder *recorder;

	fixture->dir = tree_new();
	(void)tree_at(fixture->dir, "whole.cgwr", fixture->whole, sizeof(fixture->whole));
	(void)tree_at(fixture->dir, "machine.cgwr", fixture->file, sizeof(fixture->file));
	recorder = open_recorder(fixture->whole);
	record(fixture, recorder, 0, SAMPLES);
	read_all(fixture, fixture->whole);
	cgw_recorder_free(recorder);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(fixture->samples); i++)
		cgw_snapshot_unref(fixture->samples[i]);
	machine_ticks_done(&fixture->ticks);
	tree_free(fixture->dir);
	free(fixture->bytes);
	free(fixture);
	return 0;
}

/*
 * Reads all samples and compares them with the recorded ones. Returns their number, the last tick
 * and the number of damaged parts.
 */
static unsigned replay_all(struct fixture *fixture, const char *path, unsigned *ret_last,
			   size_t *ret_damage)
{
	struct cgw_replay *replay = NULL;
	unsigned count = 0;
	int r = cgw_replay_open(path, &replay, NULL);

	*ret_last = 0;
	*ret_damage = 0;
	if (r < 0) {
		assert_true(r == -EBADMSG || r == -ENODATA);
		return 0;
	}
	while ((r = cgw_replay_next(replay)) > 0) {
		const struct cgw_snapshot *now = cgw_replay_snapshot(replay);

		*ret_last = (unsigned)((cgw_snapshot_realtime_ns(now) - EPOCH_NS) / TICK_NS);
		assert_true(*ret_last < ARRAY_SIZE(fixture->samples));
		/* Comparing is slower than reading, so only some samples are compared. */
		if (*ret_last % 8 == 1 || *ret_last >= SAMPLES - 1)
			assert_same_snapshot(now, sample(fixture, *ret_last));
		count++;
	}
	assert_int_equal(r, 0);
	(void)cgw_replay_damage(replay, ret_damage);
	cgw_replay_free(replay);
	return count;
}

static size_t last_block(struct fixture *fixture)
{
	struct record_file file;
	size_t offset;

	write_file(fixture->file, fixture->bytes, fixture->length);
	assert_int_equal(record_file_open(fixture->file, O_RDONLY, &file), 0);
	offset = (size_t)file.last_offset;
	record_file_done(&file);
	return offset;
}

/* Recordings are read on other machines: the processor's instruction gives the same checksums. */
static void test_checksums_do_not_depend_on_the_processor(void **state)
{
	uint8_t bytes[64];

	assert_int_equal(checksum("123456789", 9), 0xe3069283); /* the check value of CRC-32C */
	assert_int_equal(checksum_by_table("123456789", 9), 0xe3069283);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 200);
	for (size_t from = 0; from < 8; from++)
		for (size_t length = 0; from + length <= sizeof(bytes); length++)
			assert_int_equal(checksum(bytes + from, length),
					 checksum_by_table(bytes + from, length));
}

static void test_recorder_killed_at_any_byte_of_the_last_block(void **state)
{
	struct fixture *fixture = *state;
	size_t from = last_block(fixture), damage;
	unsigned last;

	assert_true(from > 0 && from < fixture->length);
	for (size_t length = from; length <= fixture->length; length++) {
		unsigned whole = length == fixture->length ? SAMPLES : SAMPLES - 1;
		struct cgw_recorder *recorder;

		write_file(fixture->file, fixture->bytes, length);
		assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), whole);
		assert_int_equal(damage, length > from && length < fixture->length);
		recorder = open_recorder(fixture->file);
		record(fixture, recorder, SAMPLES, SAMPLES + 2);
		cgw_recorder_free(recorder);
		assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), whole + 2);
		assert_int_equal(last, SAMPLES + 1);
		assert_int_equal(damage, 0);
	}
}

/*
 * A torn block that is longer than all that follows: if it were not cut, its end would remain in
 * the middle of the file.
 */
static void test_long_torn_block_is_cut(void **state)
{
	struct fixture *fixture = *state;
	const struct block_header header = {
		.kind = BLOCK_KEY, .stored_bytes = 1 << 20, .raw_bytes = 1 << 20, .boot = 1};
	size_t torn = 1 << 19, length = fixture->length + torn, damage;
	uint8_t *bytes = malloc(length);
	struct cgw_recorder *recorder;
	struct stat status;
	unsigned last;

	assert_non_null(bytes);
	memcpy(bytes, fixture->bytes, fixture->length);
	memset(bytes + fixture->length, 0xa5, torn);
	block_header_store(&header, bytes + fixture->length);
	write_file(fixture->file, bytes, length);
	free(bytes);
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES);
	assert_int_equal(damage, 1);
	recorder = open_recorder(fixture->file);
	record(fixture, recorder, SAMPLES, SAMPLES + 1);
	/* Also if this recorder is killed. */
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES + 1);
	assert_int_equal(damage, 0);
	record(fixture, recorder, SAMPLES + 1, SAMPLES + 2);
	cgw_recorder_free(recorder);
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES + 2);
	assert_int_equal(last, SAMPLES + 1);
	assert_int_equal(damage, 0);
	assert_int_equal(stat(fixture->file, &status), 0);
	assert_true((size_t)status.st_size < length);
}

/* A recorder killed while writing the header leaves a file that the next one treats as empty. */
static void test_recorder_killed_while_writing_the_header(void **state)
{
	struct fixture *fixture = *state;
	size_t damage;
	unsigned last;

	for (size_t length = 0; length < FILE_HEADER_BYTES + BLOCK_HEADER_BYTES; length++) {
		struct cgw_recorder *recorder;

		write_file(fixture->file, fixture->bytes, length);
		assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), 0);
		recorder = open_recorder(fixture->file);
		record(fixture, recorder, 0, 2);
		cgw_recorder_free(recorder);
		assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), 2);
	}
}

/* A flipped bit loses at most the samples up to the next key, and no sample is wrong. */
static void test_one_flipped_bit(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < fixture->length; i += i < 200 ? 1 : 211) {
		uint8_t original = fixture->bytes[i];
		unsigned count, last;
		size_t damage;

		fixture->bytes[i] ^= (uint8_t)(1 << i % 8);
		write_file(fixture->file, fixture->bytes, fixture->length);
		count = replay_all(fixture, fixture->file, &last, &damage);
		/* The first half of the header is required; the second is only a hint. */
		if (i >= FILE_HINT_OFFSET) {
			assert_true(count >= SAMPLES - 60);
			assert_true(i < FILE_HEADER_BYTES ? count == SAMPLES : count < SAMPLES);
			assert_int_equal(damage > 0, i >= FILE_HEADER_BYTES);
		}
		fixture->bytes[i] = original;
	}
}

/* An index names the keys, so opening the file does not notice a block that is damaged. */
static void test_damaged_block_header_in_a_file_with_an_index(void **state)
{
	struct fixture *fixture = *state;
	struct record_file file;
	struct block_header header;
	uint64_t offset = FILE_HEADER_BYTES;

	read_all(fixture, fixture->whole);
	assert_int_equal(record_file_open(fixture->whole, O_RDONLY, &file), 0);
	assert_true(file.hint.index > 0);
	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned count, last;
		size_t damage;

		assert_int_equal(record_file_block(&file, offset, &header, &offset), 1);
		fixture->bytes[offset + 20] ^= 1;
		write_file(fixture->file, fixture->bytes, fixture->length);
		fixture->bytes[offset + 20] ^= 1;
		count = replay_all(fixture, fixture->file, &last, &damage);
		assert_true(count < SAMPLES && count >= SAMPLES - 60);
		assert_int_equal(damage, 1);
		offset += BLOCK_HEADER_BYTES + header.stored_bytes;
	}
	record_file_done(&file);
}

/* A FIFO would wait for a writer for ever; terabytes of nothing take no time. */
static void test_special_and_sparse_files(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_replay *replay = NULL;
	struct cgw_recorder *recorder = NULL;
	struct cgw_diag diag = {0};
	size_t damage;
	unsigned last;

	assert_int_equal(cgw_replay_open("/dev/zero", &replay, &diag), -EMEDIUMTYPE);
	assert_non_null(strstr(diag.text, "cannot read /dev/zero: not a regular file"));
	assert_int_equal(mkfifo(fixture->file, 0600), 0);
	assert_int_equal(cgw_replay_open(fixture->file, &replay, &diag), -EMEDIUMTYPE);
	assert_int_equal(cgw_recorder_open(fixture->file, &plain, &recorder, &diag), -EMEDIUMTYPE);
	assert_int_equal(unlink(fixture->file), 0);
	/* The last block is incomplete, and nothing follows. */
	write_file(fixture->file, fixture->bytes, fixture->length - 1);
	if (truncate(fixture->file, (off_t)1 << 40) == 0)
		assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES - 1);
}

/* Samples after a range of zeros, as left by a system crash, are found. */
static void test_range_of_zeros(void **state)
{
	struct fixture *fixture = *state;
	size_t damage;
	unsigned last;

	memset(fixture->bytes + 1000, 0, 3000);
	write_file(fixture->file, fixture->bytes, fixture->length);
	assert_true(replay_all(fixture, fixture->file, &last, &damage) >= SAMPLES - 60);
	assert_int_equal(last, SAMPLES - 1);
	assert_true(damage > 0);
}

/* After a power failure the file may have its full size, but zeros at the end. */
static void test_last_block_not_written_to_disk(void **state)
{
	struct fixture *fixture = *state;
	size_t from = last_block(fixture), damage;
	struct cgw_recorder *recorder;
	unsigned last;

	memset(fixture->bytes + from + BLOCK_HEADER_BYTES, 0,
	       fixture->length - from - BLOCK_HEADER_BYTES);
	write_file(fixture->file, fixture->bytes, fixture->length);
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES - 1);
	recorder = open_recorder(fixture->file);
	record(fixture, recorder, SAMPLES, SAMPLES + 2);
	cgw_recorder_free(recorder);
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES + 1);
	assert_int_equal(damage, 0);
}

/* A file size limit makes a write fail in the middle, as a full disk does. */
static void test_full_disk(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file);
	struct rlimit limit, small;
	struct cgw_replay *replay;
	struct cgw_diag diag = {0};
	bool has_gone_event = false;
	size_t damage;
	unsigned last;

	record(fixture, recorder, 0, 20);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	read_all(fixture, fixture->file);
	small.rlim_cur = fixture->length + 100; /* less than a block */
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (unsigned tick = 20; tick < 30; tick++)
		assert_int_equal(cgw_recorder_sample(recorder, sample(fixture, tick), &diag),
				 -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_non_null(strstr(diag.text, "cannot write a sample to "));
	assert_non_null(strstr(diag.text, fixture->file));
	/* They left no bytes in the file. */
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), 20);
	assert_int_equal(damage, 0);
	record(fixture, recorder, 30, SAMPLES);
	assert_int_equal(cgw_recorder_stats(recorder).lost, 10);
	cgw_recorder_free(recorder);
	assert_int_equal(replay_all(fixture, fixture->file, &last, &damage), SAMPLES - 10);
	assert_int_equal(damage, 0);
	/* The gap is recorded, and so are the events during it. */
	assert_int_equal(cgw_replay_open(fixture->file, &replay, NULL), 0);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_GAP)), 1);
	{
		const struct cgw_event *events = cgw_replay_events(replay, &damage);

		for (size_t i = 0; i < damage; i++)
			has_gone_event |= events[i].kind == CGW_EVENT_GONE; /* at tick 21 */
	}
	assert_true(has_gone_event);
	cgw_replay_free(replay);
}

/* A damaged index is ignored. */
static void test_damaged_index(void **state)
{
	struct fixture *fixture = *state;
	struct record_file file;
	struct cgw_replay *replay;
	uint64_t index;

	read_all(fixture, fixture->whole);
	assert_int_equal(record_file_open(fixture->whole, O_RDONLY, &file), 0);
	index = file.hint.index;
	record_file_done(&file);
	assert_true(index > 0);
	for (size_t i = (size_t)index; i < fixture->length; i++) {
		fixture->bytes[i] ^= 0x40;
		write_file(fixture->file, fixture->bytes, fixture->length);
		assert_int_equal(cgw_replay_open(fixture->file, &replay, NULL), 0);
		assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 61 * TICK_NS), 1);
		assert_same_snapshot(cgw_replay_snapshot(replay), sample(fixture, 61));
		assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_EVERY_KIND), 1);
		cgw_replay_free(replay);
		fixture->bytes[i] ^= 0x40;
	}
}

/* Seeking skips the damaged sample as well, and the replay remains usable. */
static void test_seek_over_damage(void **state)
{
	struct fixture *fixture = *state;
	struct record_file file;
	struct cgw_replay *replay;
	struct block_header header;
	uint64_t offset = FILE_HEADER_BYTES;

	write_file(fixture->file, fixture->bytes, fixture->length);
	assert_int_equal(record_file_open(fixture->file, O_RDONLY, &file), 0);
	for (unsigned i = 0; i < 30; i++) {
		assert_int_equal(record_file_block(&file, offset, &header, &offset), 1);
		offset += BLOCK_HEADER_BYTES + header.stored_bytes;
	}
	record_file_done(&file);
	fixture->bytes[offset + BLOCK_HEADER_BYTES + 3] ^= 1; /* the payload of sample 30 */
	write_file(fixture->file, fixture->bytes, fixture->length);
	assert_int_equal(cgw_replay_open(fixture->file, &replay, NULL), 0);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + 40 * TICK_NS), 1);
	assert_same_snapshot(cgw_replay_snapshot(replay), sample(fixture, 29));
	assert_int_equal(cgw_replay_next(replay), 1);
	assert_same_snapshot(cgw_replay_snapshot(replay), sample(fixture, 60));
	assert_null(cgw_frame_before(cgw_replay_frame(replay)));
	assert_int_equal(cgw_replay_previous(replay), 1);
	assert_same_snapshot(cgw_replay_snapshot(replay), sample(fixture, 29));
	/* Events in the damaged part cannot be shown: the next one is after it. */
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_EVERY_KIND), 1);
	assert_true(cgw_snapshot_realtime_ns(cgw_replay_snapshot(replay)) >=
		    EPOCH_NS + 60 * TICK_NS);
	cgw_replay_free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksums_do_not_depend_on_the_processor),
		cmocka_unit_test_setup_teardown(test_recorder_killed_at_any_byte_of_the_last_block,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_torn_block_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recorder_killed_while_writing_the_header,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_flipped_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_block_header_in_a_file_with_an_index,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_special_and_sparse_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_range_of_zeros, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_block_not_written_to_disk, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_index, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seek_over_damage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
