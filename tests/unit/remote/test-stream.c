/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-stream.c - streams from other hosts: valid, invalid and oversized input. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/recording/block.h"
#include "recordings.h"
#include "streams.h"
#include "test.h"
#include <cgward/model.h>

#define FIRST "cgward stream 1\n"

struct fixture {
	struct layout_list layouts;
	struct remote_stream *stream;
	struct cgw_frame *frame;       /* of the sender */
	struct cgw_snapshot *snapshot; /* the newest received */
	struct cgw_diag diag;
	char *sent;
	size_t length;
	FILE *out;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_int_equal(remote_stream_new(&fixture->layouts, &fixture->stream), 0);
	assert_int_equal(cgw_frame_new(&fixture->frame), 0);
	fixture->out = open_memstream(&fixture->sent, &fixture->length);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	(void)fclose(fixture->out);
	free(fixture->sent);
	cgw_frame_free(fixture->frame);
	cgw_snapshot_unref(fixture->snapshot);
	remote_stream_free(fixture->stream);
	layout_list_done(&fixture->layouts);
	free(fixture);
	return 0;
}

/* Parses all of the bytes. Returns the number of samples, or the first error. */
static int parse(struct fixture *fixture, const void *data, size_t length)
{
	struct remote_parsed parsed;
	int samples = 0;

	do {
		/* Reading beyond the end is an error that sanitizers find. */
		CLEANUP(cleanup_free) void *copy = malloc(length + (length == 0));
		int r;

		memcpy(copy, data, length);
		r = remote_stream_parse(fixture->stream, copy, length, &parsed, &fixture->diag);
		if (r < 0)
			return r;
		assert_true(parsed.used <= length);
		assert_true(parsed.snapshot == NULL || parsed.cost > 0);
		data = (const char *)data + parsed.used;
		length -= parsed.used;
		if (parsed.snapshot == NULL)
			continue;
		cgw_snapshot_unref(fixture->snapshot);
		fixture->snapshot = parsed.snapshot;
		samples++;
	} while (parsed.used > 0);
	assert_int_equal(length, 0);
	return samples;
}

/* Parses what was sent since the last call. */
static int receive(struct fixture *fixture)
{
	int r;

	assert_int_equal(fflush(fixture->out), 0);
	r = parse(fixture, fixture->sent, fixture->length);
	rewind(fixture->out);
	return r;
}

/* Values of every shape and state arrive unchanged, and topologies are shared as they were. */
static void test_all_kinds_of_values(void **state)
{
	struct fixture *fixture = *state;
	struct machine_ticks ticks = {0};

	for (unsigned tick = 0; tick < 60; tick++) {
		struct cgw_snapshot *now = machine_tick(&ticks, tick);
		const struct cgw_topology *before =
			tick > 0 ? cgw_snapshot_topology(fixture->snapshot) : NULL;
		bool same = tick > 0 && cgw_frame_now(fixture->frame)->topology == now->topology;

		now->topology->view.layout = sent_layout();
		assert_int_equal(cgw_frame_update(fixture->frame, now), 0);
		assert_int_equal(remote_stream_write(fixture->frame, tick == 0, fixture->out), 0);
		assert_int_equal(receive(fixture), 1);
		assert_same_snapshot(fixture->snapshot, now);
		assert_true(!same || cgw_snapshot_topology(fixture->snapshot) == before);
		assert_int_equal(cgw_snapshot_topology(fixture->snapshot)->layout->kind,
				 CGW_LAYOUT_V2);
	}
	machine_ticks_done(&ticks);
}

/* Two samples produce rates. */
static void test_rates(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 9}};
	static const struct frame_group recreated[] = {{"/", 1}, {"/a", 10}};
	struct fixture *fixture = *state;
	struct cgw_frame *frame;
	struct cgw_field cpu;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_field_parse("cpu", &cpu, NULL), 0);
	send_sample(fixture->frame, groups, 2, 1, CGW_M_CPU_USAGE, 100000000, fixture->out);
	assert_int_equal(receive(fixture), 1);
	assert_int_equal(cgw_frame_update(frame, fixture->snapshot), 0);
	send_sample(fixture->frame, groups, 2, 3, CGW_M_CPU_USAGE, 600000000, fixture->out);
	assert_int_equal(receive(fixture), 1);
	assert_int_equal(cgw_frame_update(frame, fixture->snapshot), 0);
	assert_true(cgw_frame_value(frame, cpu, 1).real > 24.9 &&
		    cgw_frame_value(frame, cpu, 1).real < 25.1);
	/* Another group with the same name. */
	send_sample(fixture->frame, recreated, 2, 4, CGW_M_CPU_USAGE, 5, fixture->out);
	assert_int_equal(receive(fixture), 1);
	assert_int_equal(cgw_frame_update(frame, fixture->snapshot), 0);
	assert_int_equal(cgw_frame_flags(frame, 1), CGW_ROW_RECREATED);
	cgw_frame_free(frame);
}

/* A stream may arrive in pieces of any size. */
static void test_pieces(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 9}};
	struct fixture *fixture = *state;
	size_t at = 0;
	int samples = 0;

	send_sample(fixture->frame, groups, 2, 1, CGW_M_CPU_USAGE, 5, fixture->out);
	send_sample(fixture->frame, groups, 2, 2, CGW_M_CPU_USAGE, 6, fixture->out);
	assert_int_equal(fflush(fixture->out), 0);
	for (size_t length = 0; at + length <= fixture->length; length++) {
		struct remote_parsed parsed;

		assert_int_equal(remote_stream_parse(fixture->stream, fixture->sent + at, length,
						     &parsed, &fixture->diag),
				 0);
		if (parsed.used == 0)
			continue;
		assert_int_equal(parsed.used, length);
		at += length;
		length = 0;
		samples += parsed.snapshot != NULL;
		cgw_snapshot_unref(parsed.snapshot);
	}
	assert_int_equal(samples, 2);
	assert_int_equal(at, fixture->length);
}

static void assert_refused(struct fixture *fixture, int error, const char *reason)
{
	assert_true(error < 0);
	assert_non_null(strstr(fixture->diag.text, reason));
	assert_null(fixture->snapshot);
	/* So is everything that follows. */
	assert_int_equal(parse(fixture, FIRST, strlen(FIRST)), -EBADMSG);
}

static void test_invalid_first_lines(void **state)
{
	static const struct {
		const char *line;
		int expected;
		const char *reason;
	} cases[] = {
		{"hello", -EBADMSG, "startup files"},
		{"\n", -EBADMSG, "startup files"},
		{"cgward stream", 0, NULL},
		{"cgward stream\n", -EBADMSG, "startup files"},
		{"cgward stream \n1", -EPROTONOSUPPORT, "schema 0 is not"},
		{"cgward stream 2\n", -EPROTONOSUPPORT, "schema 2 is not"},
		{"cgward stream 99999999999999999999\n", -EPROTONOSUPPORT, "is not supported"},
		{"cgward stream 0000000000000000000000000000000000000000000000000000000000000001\n",
		 -EBADMSG, "startup files"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture;
		void *one = NULL;
		struct remote_parsed parsed;
		int r;

		setup(&one);
		fixture = one;
		r = remote_stream_parse(fixture->stream, cases[i].line, strlen(cases[i].line),
					&parsed, &fixture->diag);
		if (r != cases[i].expected)
			fail_msg("case %zu: %d %s", i, r, fixture->diag.text);
		if (r < 0)
			assert_refused(fixture, r, cases[i].reason);
		teardown(&one);
	}
}

/* Trees that no kernel has. The encoder writes them as they are. */
static void test_invalid_groups(void **state)
{
	static char long_name[1 + 256 + 1];
	const struct frame_group cases[][4] = {
		{{"/a", 1}},
		{{"/", 1}, {"/", 2}},
		{{"/", 1}, {"/b", 2}, {"/a", 3}},
		{{"/", 1}, {"/a", 2}, {"/a", 3}},
		{{"/", 1}, {"/a", 2}, {"/a/", 3}},
		{{"/", 1}, {"/a", 2}, {"/a/..", 3}},
		{{"/", 1}, {"/.", 2}},
		{{"/", 1}, {long_name, 2}},
	};

	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[0] = '/';
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture;
		void *one = NULL;
		uint32_t count = 0;
		int r;

		setup(&one);
		fixture = one;
		while (count < 4 && cases[i][count].path != NULL)
			count++;
		send_sample(fixture->frame, cases[i], count, 1, CGW_M_CPU_USAGE, 5, fixture->out);
		r = receive(fixture);
		if (r != -EBADMSG)
			fail_msg("case %zu: %d", i, r);
		assert_refused(fixture, r, "damaged sample");
		teardown(&one);
	}
}

/* Each changed byte of a block is noticed. */
static void test_damaged_samples(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 9}};
	struct fixture *whole = *state;

	send_sample(whole->frame, groups, 2, 1, CGW_M_CPU_USAGE, 5, whole->out);
	assert_int_equal(fflush(whole->out), 0);
	for (size_t at = strlen(FIRST); at < whole->length; at++) {
		CLEANUP(cleanup_free) char *copy = malloc(whole->length);
		void *one = NULL;

		setup(&one);
		memcpy(copy, whole->sent, whole->length);
		copy[at] ^= 1;
		assert_refused(one, parse(one, copy, whole->length), "invalid stream");
		teardown(&one);
	}
}

/* Stores a header for the payload that follows it. */
static void put_header(uint8_t *to, struct block_header header, const uint8_t *payload)
{
	header.checksum = checksum(payload, header.stored_bytes);
	block_header_store(&header, to);
}

static void test_invalid_blocks(void **state)
{
	static const struct {
		struct block_header header;
		const char *reason;
	} cases[] = {
		{{.kind = BLOCK_INDEX}, "expected the start"},
		{{.kind = BLOCK_DELTA}, "damaged sample"}, /* from nothing */
		{{.kind = BLOCK_KEY}, "damaged sample"},
		{{.kind = BLOCK_KEY, .raw_bytes = 5}, "damaged sample"},
		{{.kind = BLOCK_KEY, .raw_bytes = REMOTE_SAMPLE_BYTES_MAX + 1}, "larger than"},
		{{.kind = BLOCK_KEY, .stored_bytes = REMOTE_SAMPLE_BYTES_MAX + 1}, "larger than"},
	};
	static uint8_t block[BLOCK_HEADER_BYTES + REMOTE_SAMPLE_BYTES_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *one = NULL;

		setup(&one);
		assert_int_equal(parse(one, FIRST, strlen(FIRST)), 0);
		put_header(block, cases[i].header, block + BLOCK_HEADER_BYTES);
		assert_refused(one, parse(one, block, BLOCK_HEADER_BYTES), cases[i].reason);
		teardown(&one);
	}
}

/* A chain of groups, or many groups below the root. */
static struct cgw_snapshot *snapshot_of(uint32_t count, bool chain)
{
	struct cgw_metric_set metrics = {0};
	struct topology_arrays to;
	struct topology *topology = NULL;
	struct cgw_snapshot *snapshot = NULL;

	assert_int_equal(topology_new(count, 1, count * 8, &topology, &to), 0);
	topology->view.layout = sent_layout();
	for (uint32_t i = 0; i < count; i++) {
		char *name = to.names + (size_t)i * 8;

		if (i > 0)
			snprintf(name, 8, "%07u", i % 10000000);
		else
			name[0] = '\0';
		to.name[i] = name;
		to.parent[i] = i == 0 ? CGW_NO_GROUP : chain ? i - 1 : 0;
		to.depth[i] = (uint16_t)(i == 0 ? 0 : chain ? i : 1);
		to.below[i] = i == 0 || chain ? count - 1 - i : 0;
		to.present[i] = 1;
	}
	cgw_metric_set_add(&metrics, CGW_M_CGROUP_TYPE);
	assert_int_equal(snapshot_begin(NULL, topology, &metrics, &snapshot), 0);
	snapshot->collector = "files";
	topology_unref(topology);
	return snapshot;
}

/* Sends a sample as another program could, with everything. */
static void send_unfiltered(struct fixture *fixture)
{
	static const struct cgw_recorder_options no_options;
	static const struct event_list no_events;
	struct block_header header = {.kind = BLOCK_KEY};
	struct encoder encoder = {.options = &no_options};
	struct bytes payload = {0};
	struct packer *packer;
	const uint8_t *block;
	size_t length;

	assert_int_equal(packer_new(&packer), 0);
	assert_int_equal(sample_encode(&encoder, fixture->frame, true, &no_events, &payload), 0);
	assert_int_equal(packer_pack(packer, &header, &payload, &block, &length), 0);
	fputs(FIRST, fixture->out);
	fwrite(block, 1, length, fixture->out);
	packer_free(packer);
	bytes_done(&payload);
	encoder_done(&encoder);
}

/* Sends the snapshot; expects it to be received, or refused for its size. */
static void assert_limit(struct cgw_snapshot *snapshot, bool accepted)
{
	struct fixture *fixture;
	void *one = NULL;

	setup(&one);
	fixture = one;
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	send_unfiltered(fixture);
	if (accepted)
		assert_int_equal(receive(fixture), 1);
	else
		assert_refused(fixture, receive(fixture), "exceeds the limits");
	teardown(&one);
}

static void test_limits(void **state)
{
	CLEANUP(cleanup_free) char *text = calloc(1, REMOTE_PARTS_MAX + 2);
	struct cgw_snapshot *snapshot;

	assert_limit(snapshot_of(REMOTE_DEPTH_MAX + 1, true), true);
	assert_limit(snapshot_of(REMOTE_DEPTH_MAX + 2, true), false);
	assert_limit(snapshot_of(REMOTE_GROUPS_MAX, false), true);
	assert_limit(snapshot_of(REMOTE_GROUPS_MAX + 1, false), false);
	memset(text, 'x', REMOTE_PARTS_MAX + 1);
	snapshot = snapshot_of(1, false);
	assert_int_equal(snapshot_add_text(snapshot, 0, 0, text, REMOTE_PARTS_MAX + 1), 0);
	snapshot->columns[0].state[0] = CGW_OK;
	assert_limit(snapshot, false);
}

/* Groups that a reader would refuse are omitted and counted; rates continue afterwards. */
static void test_deep_groups_are_omitted(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		uint32_t count;
		size_t omitted;
	} samples[] = {{3, 0}, {REMOTE_DEPTH_MAX + 3, 2}, {3, 0}, {3, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct cgw_snapshot *snapshot = snapshot_of(samples[i].count, true);

		snapshot->monotonic_ns = i + 1;
		assert_int_equal(snapshot_finish(snapshot), 0);
		assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
		cgw_snapshot_unref(snapshot);
		assert_int_equal(remote_stream_write(fixture->frame, i == 0, fixture->out), 0);
		assert_int_equal(receive(fixture), 1);
		assert_int_equal(remote_stream_omitted(fixture->stream), samples[i].omitted);
		assert_int_equal(cgw_snapshot_topology(fixture->snapshot)->count,
				 samples[i].count - samples[i].omitted);
	}
}

/* Of too many groups, the deepest level is omitted. */
static void test_many_groups_are_omitted(void **state)
{
	struct cgw_snapshot *snapshot = snapshot_of(REMOTE_GROUPS_MAX + 1, false);
	struct fixture *fixture = *state;

	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	assert_int_equal(remote_stream_write(fixture->frame, true, fixture->out), 0);
	assert_int_equal(receive(fixture), 1);
	assert_int_equal(remote_stream_omitted(fixture->stream), REMOTE_GROUPS_MAX);
	assert_int_equal(cgw_snapshot_topology(fixture->snapshot)->count, 1);
}

/* Consumers look up the hierarchies of groups in the layout. */
static void test_layout_without_hierarchies(void **state)
{
	static const struct cgw_layout none = {.kind = CGW_LAYOUT_V1};
	struct cgw_snapshot *snapshot = snapshot_of(1, false);
	struct fixture *fixture = *state;

	snapshot->topology->view.layout = &none;
	assert_int_equal(snapshot_finish(snapshot), 0);
	assert_int_equal(cgw_frame_update(fixture->frame, snapshot), 0);
	cgw_snapshot_unref(snapshot);
	assert_int_equal(remote_stream_write(fixture->frame, true, fixture->out), 0);
	assert_refused(fixture, receive(fixture), "damaged sample");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_kinds_of_values),
		TEST(test_rates),
		TEST(test_pieces),
		TEST(test_invalid_first_lines),
		TEST(test_invalid_groups),
		TEST(test_damaged_samples),
		TEST(test_invalid_blocks),
		TEST(test_limits),
		TEST(test_layout_without_hierarchies),
		TEST(test_deep_groups_are_omitted),
		TEST(test_many_groups_are_omitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
