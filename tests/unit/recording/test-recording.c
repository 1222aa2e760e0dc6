/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-recording.c - replays return what was recorded: samples, events, notes about groups. */
#include <errno.h>

#include "lib/base/cleanup.h"
#include "lib/recording/event-list.h"
#include "record-fixture.h"

/* Covers several keys and an index; the frame contains the previous sample. */
static void test_every_sample_is_replayed(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct cgw_replay *replay;
	struct cgw_recording_info info;
	const struct cgw_snapshot *before = NULL;

	record(fixture, recorder, 0, 1000);
	assert_int_equal(cgw_recorder_stats(recorder).samples, 1000);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	for (unsigned tick = 0; tick < 1000; tick++) {
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, tick);
		assert_ptr_equal(cgw_frame_before(cgw_replay_frame(replay)), before);
		/* As with a sampler, the topology is shared while no groups appear or disappear. */
		if (before != NULL && tick % 7 != 0 && tick % 11 != 0 && tick % 20 != 0)
			assert_ptr_equal(cgw_snapshot_topology(before),
					 cgw_snapshot_topology(cgw_replay_snapshot(replay)));
		before = cgw_replay_snapshot(replay);
	}
	assert_int_equal(cgw_replay_next(replay), 0);
	assert_tick(fixture, replay, 999);
	cgw_replay_info(replay, &info);
	assert_int_equal(info.samples, 1000);
	assert_int_equal(info.position, 999);
	assert_true(info.first_ns == EPOCH_NS && info.last_ns == EPOCH_NS + 999 * TICK_NS);
	assert_string_equal(cgw_replay_host(replay), "a host");
	assert_true(cgw_replay_interval_ns(replay) == TICK_NS);
	cgw_replay_free(replay);
}

static void test_seek(void **state)
{
	static const unsigned to[] = {0, 1, 59, 60, 61, 119, 120, 700, 701, 1, 999, 960, 959};
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct cgw_replay *replay;

	record(fixture, recorder, 0, 1000);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	for (size_t i = 0; i < ARRAY_SIZE(to); i++) {
		const struct cgw_snapshot *before;

		/* Between two samples, the earlier one is found. */
		assert_int_equal(cgw_replay_seek(replay, EPOCH_NS + to[i] * TICK_NS + 5), 1);
		assert_tick(fixture, replay, to[i]);
		before = cgw_frame_before(cgw_replay_frame(replay));
		if (to[i] == 0) {
			assert_null(before);
			assert_int_equal(cgw_replay_previous(replay), 0);
			assert_tick(fixture, replay, 0);
			continue;
		}
		assert_same_snapshot(before, machine_tick(&fixture->ticks, to[i] - 1));
		assert_int_equal(cgw_replay_previous(replay), 1);
		assert_tick(fixture, replay, to[i] - 1);
		assert_int_equal(cgw_replay_next(replay), 1);
		assert_tick(fixture, replay, to[i]);
	}
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS - 1), 0);
	assert_tick(fixture, replay, 959);
	assert_int_equal(cgw_replay_seek(replay, EPOCH_NS * 2), 1);
	assert_tick(fixture, replay, 999);
	assert_int_equal(cgw_replay_first(replay), 1);
	assert_tick(fixture, replay, 0);
	assert_int_equal(cgw_replay_last(replay), 1);
	assert_tick(fixture, replay, 999);
	cgw_replay_free(replay);
}

static void test_events_are_found(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	const struct cgw_event action = {
		.kind = CGW_EVENT_ACTION,
		.realtime_ns = EPOCH_NS + 41,
		.path = "/b",
		.key = "freeze",
		.who = "rule mem-runaway",
		.why = "memory.percent 97 > 95",
		.old_number = {7, CGW_OK},
		.new_number = {0, CGW_MAX},
	};
	const struct cgw_event *events;
	struct cgw_replay *replay;
	size_t count;

	record(fixture, recorder, 0, 42);
	assert_int_equal(cgw_recorder_event(recorder, &action), 0);
	record(fixture, recorder, 42, 90);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_ACTION)), 1);
	assert_tick(fixture, replay, 42);
	events = cgw_replay_events(replay, &count);
	for (size_t i = 0; i < count; i++) {
		if (events[i].kind != CGW_EVENT_ACTION)
			continue;
		assert_true(events[i].realtime_ns == action.realtime_ns);
		assert_string_equal(events[i].path, action.path);
		assert_string_equal(events[i].key, action.key);
		assert_string_equal(events[i].who, action.who);
		assert_string_equal(events[i].why, action.why);
		assert_same_number(events[i].old_number, action.old_number);
		assert_same_number(events[i].new_number, action.new_number);
	}
	assert_true(has_event(replay, CGW_EVENT_APPEARED, "/a/y", ""));
	/* All other events are detected in the samples. */
	assert_int_equal(cgw_replay_first(replay), 1);
	assert_true(has_event(replay, CGW_EVENT_START, "", ""));
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_GONE)), 1);
	assert_int_equal(tick_of(replay), 7);
	assert_true(has_event(replay, CGW_EVENT_GONE, "/a/y", ""));
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_RECREATED)), 1);
	assert_int_equal(tick_of(replay), 20);
	assert_true(has_event(replay, CGW_EVENT_RECREATED, "/c", ""));
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_OOM_KILL)), 1);
	assert_int_equal(tick_of(replay), 25);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_LIMIT)), 1);
	assert_int_equal(tick_of(replay), 30);
	assert_true(has_event(replay, CGW_EVENT_LIMIT, "/a", "memory.max"));
	assert_int_equal(cgw_replay_previous_event(replay, CGW_EVENT_BIT(CGW_EVENT_GONE)), 1);
	assert_int_equal(tick_of(replay), 21);
	assert_int_equal(cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_SUSPEND)), 0);
	assert_int_equal(tick_of(replay), 21);
	cgw_replay_free(replay);
}

/* Ancestors count a kill as well, but the event is only recorded for the group it occurred in. */
/* Bytes read by this process; 0 if the kernel does not count them. */
static unsigned long long bytes_read(void)
{
	unsigned long long bytes = 0;
	FILE *file = fopen("/proc/self/io", "r");

	if (file != NULL && fscanf(file, "rchar: %llu", &bytes) != 1)
		bytes = 0;
	if (file != NULL)
		(void)fclose(file);
	return bytes;
}

/* The recording is not read from a key again for each of many events. */
static void test_events_one_after_the_other(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct cgw_recording_info info;
	struct cgw_replay *replay;
	unsigned long long before;
	unsigned found = 0;

	for (unsigned tick = 0; tick < 600; tick++) {
		const struct cgw_event event = {.kind = CGW_EVENT_ACTION,
						.realtime_ns = EPOCH_NS + tick * TICK_NS};

		assert_int_equal(cgw_recorder_event(recorder, &event), 0);
		record(fixture, recorder, tick, tick + 1);
	}
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	cgw_replay_info(replay, &info);
	before = bytes_read();
	while (cgw_replay_next_event(replay, CGW_EVENT_BIT(CGW_EVENT_ACTION)) == 1) {
		assert_tick(fixture, replay, found);
		if (found > 0)
			assert_same_snapshot(cgw_frame_before(cgw_replay_frame(replay)),
					     machine_tick(&fixture->ticks, found - 1));
		found++;
	}
	assert_int_equal(found, 600);
	assert_true(bytes_read() - before < 4 * info.bytes);
	cgw_replay_free(replay);
}

static void test_kill_is_recorded_once(void **state)
{
	static const struct frame_group groups[] = {{"/", 1}, {"/a", 10}, {"/a/x", 11}};
	static const struct frame_value first[] = {
		{"/", CGW_M_MEMORY_EVENTS_OOM_KILL, {1, CGW_OK}},
		{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, {1, CGW_OK}},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, {1, CGW_OK}}};
	static const struct frame_value second[] = {
		{"/", CGW_M_MEMORY_EVENTS_OOM_KILL, {3, CGW_OK}},
		{"/a", CGW_M_MEMORY_EVENTS_OOM_KILL, {3, CGW_OK}},
		{"/a/x", CGW_M_MEMORY_EVENTS_OOM_KILL, {3, CGW_OK}}};
	struct topology *topology = frame_topology(groups, 3);
	struct cgw_snapshot *one = frame_snapshot(topology, 1, first, 3);
	struct cgw_snapshot *two = frame_snapshot(topology, 2, second, 3);
	struct event_list list = {0};
	struct cgw_frame *frame;

	assert_int_equal(cgw_frame_new(&frame), 0);
	assert_int_equal(cgw_frame_update(frame, one), 0);
	two->realtime_ns = one->realtime_ns + TICK_NS;
	assert_int_equal(cgw_frame_update(frame, two), 0);
	assert_int_equal(events_detect(frame, NULL, &list), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].path, "/a/x");
	assert_int_equal(list.items[0].new_number.value, 2);
	event_list_done(&list);
	cgw_frame_free(frame);
	cgw_snapshot_unref(one);
	cgw_snapshot_unref(two);
	topology_unref(topology);
}

static size_t write_facts(void *context, const struct cgw_topology *topology, uint32_t group,
			  char *buffer, size_t size)
{
	if (group == 0)
		return 0;
	return (size_t)snprintf(buffer, size, "unit=%.1s.service\nuid=7\n", topology->name[group]);
}

static void test_notes_about_groups(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct cgw_replay *replay;
	char text[64];

	options.facts = write_facts;
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 0, 100);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	for (unsigned tick = 0; tick < 100; tick++) {
		const struct cgw_topology *topology;

		assert_int_equal(cgw_replay_next(replay), 1);
		topology = cgw_snapshot_topology(cgw_replay_snapshot(replay));
		assert_int_equal(cgw_replay_fact(replay, 0, "unit", text, sizeof(text)), -ENOENT);
		for (uint32_t i = 1; i < topology->count; i++) {
			char expected[64];

			snprintf(expected, sizeof(expected), "%.1s.service", topology->name[i]);
			assert_int_equal(cgw_replay_fact(replay, i, "unit", text, sizeof(text)),
					 strlen(expected));
			assert_string_equal(text, expected);
		}
		assert_int_equal(cgw_replay_fact(replay, 1, "uid", text, 1), 1);
		assert_int_equal(cgw_replay_fact(replay, 1, "ui", text, 1), -ENOENT);
		assert_int_equal(cgw_replay_fact(replay, 1000, "uid", text, 1), -ENOENT);
	}
	cgw_replay_free(replay);
}

/* A filter records the matching groups and their ancestors. */
static void test_only_matching_groups(void **state)
{
	static const char *const globs[] = {"/b/z/*", "e"};
	struct fixture *fixture = *state;
	struct cgw_recorder_options options = plain;
	struct cgw_recorder *recorder;
	struct cgw_replay *replay;

	options.globs = globs;
	options.glob_count = 2;
	recorder = open_recorder(fixture->file, &options);
	record(fixture, recorder, 0, 70);
	cgw_recorder_free(recorder);
	replay = open_replay(fixture->file);
	for (unsigned tick = 0; tick < 70; tick++) {
		const struct cgw_snapshot *now, *all = machine_tick(&fixture->ticks, tick);
		const struct cgw_topology *topology;

		assert_int_equal(cgw_replay_next(replay), 1);
		now = cgw_replay_snapshot(replay);
		topology = cgw_snapshot_topology(now);
		assert_int_equal(topology->count, tick / 11 % 3 == 1 ? 2 : 5);
		assert_int_equal(cgw_topology_find(topology, "/a"), CGW_NO_GROUP);
		for (uint32_t i = 0; i < topology->count; i++) {
			char path[64];
			uint32_t group;

			(void)cgw_topology_path(topology, i, path, sizeof(path));
			group = cgw_topology_find(cgw_snapshot_topology(all), path);
			for (size_t j = 0; j < ARRAY_SIZE(recorded_metrics); j++)
				if (recorded_metrics[j] != CGW_M_CGROUP_TYPE)
					assert_same_number(
						cgw_snapshot_number(now, recorded_metrics[j], i),
						cgw_snapshot_number(all, recorded_metrics[j],
								    group));
		}
	}
	cgw_replay_free(replay);
}

static void assert_same_column(const struct cgw_snapshot *a, const struct cgw_snapshot *b,
			       enum cgw_metric metric)
{
	for (uint32_t i = 0; i < cgw_snapshot_topology(b)->count; i++) {
		struct cgw_number left = cgw_snapshot_number(a, metric, i);
		struct cgw_number right = cgw_snapshot_number(b, metric, i);

		assert_int_equal(left.state, right.state);
		assert_true(left.value == right.value);
	}
}

/* Others are skipped, also across keys and while groups come and go. */
static void test_only_selected_metrics(void **state)
{
	struct fixture *fixture = *state;
	struct cgw_recorder *recorder = open_recorder(fixture->file, &plain);
	struct cgw_replay *all, *some;
	struct cgw_metric_set selected = {0};

	record(fixture, recorder, 0, 200);
	cgw_recorder_free(recorder);
	cgw_metric_set_add(&selected, CGW_M_MEMORY_CURRENT);
	cgw_metric_set_add(&selected, CGW_M_PIDS_CURRENT);
	cgw_metric_set_add(&selected, CGW_M_CPU_MAX); /* was not recorded */
	all = open_replay(fixture->file);
	some = open_replay(fixture->file);
	assert_int_equal(cgw_replay_select(some, &selected), 0);
	for (unsigned tick = 0; tick < 200; tick++) {
		const struct cgw_snapshot *snapshot;

		assert_int_equal(cgw_replay_next(all), 1);
		assert_int_equal(cgw_replay_next(some), 1);
		snapshot = cgw_replay_snapshot(some);
		assert_same_column(snapshot, cgw_replay_snapshot(all), CGW_M_MEMORY_CURRENT);
		assert_same_column(snapshot, cgw_replay_snapshot(all), CGW_M_PIDS_CURRENT);
		assert_false(cgw_metric_set_has(cgw_snapshot_metrics(snapshot), CGW_M_CPU_USAGE));
		assert_false(cgw_metric_set_has(cgw_snapshot_metrics(snapshot), CGW_M_CPU_MAX));
	}
	assert_int_equal(cgw_replay_select(some, &selected), -EBUSY);
	cgw_replay_free(all);
	cgw_replay_free(some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_sample_is_replayed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seek, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_events_one_after_the_other, setup, teardown),
		cmocka_unit_test(test_kill_is_recorded_once),
		cmocka_unit_test_setup_teardown(test_notes_about_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_matching_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_selected_metrics, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
