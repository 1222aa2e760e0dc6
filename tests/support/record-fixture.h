/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record-fixture.h - a temporary directory for recordings, and helpers to write and read them. */
#pragma once

#include "recordings.h"
#include "tree.h"

struct fixture {
	struct tree_dir *dir;
	char file[300], directory[300];
	struct machine_ticks ticks;
};

static inline int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->dir = tree_new();
	(void)tree_at(fixture->dir, "machine.cgwr", fixture->file, sizeof(fixture->file));
	tree_directory(fixture->dir, "many");
	(void)tree_at(fixture->dir, "many", fixture->directory, sizeof(fixture->directory));
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	machine_ticks_done(&fixture->ticks);
	tree_free(fixture->dir);
	free(fixture);
	return 0;
}

static const struct cgw_recorder_options plain = {
	.interval_ns = TICK_NS, .host = "a host", .boot_id = "one"};

static inline struct cgw_recorder *open_recorder(const char *path,
						 const struct cgw_recorder_options *options)
{
	struct cgw_recorder *recorder = NULL;
	struct cgw_diag diag = {0};

	if (cgw_recorder_open(path, options, &recorder, &diag) < 0)
		fail_msg("%s", diag.text);
	return recorder;
}

static inline struct cgw_replay *open_replay(const char *path)
{
	struct cgw_replay *replay = NULL;
	struct cgw_diag diag = {0};

	if (cgw_replay_open(path, &replay, &diag) < 0)
		fail_msg("%s", diag.text);
	return replay;
}

static inline void record(struct fixture *fixture, struct cgw_recorder *recorder, unsigned from,
			  unsigned to)
{
	for (unsigned tick = from; tick < to; tick++)
		assert_int_equal(
			cgw_recorder_sample(recorder, machine_tick(&fixture->ticks, tick), NULL),
			0);
}

static inline unsigned tick_of(const struct cgw_replay *replay)
{
	return (unsigned)((cgw_snapshot_realtime_ns(cgw_replay_snapshot(replay)) - EPOCH_NS) /
			  TICK_NS);
}

static inline void assert_tick(struct fixture *fixture, const struct cgw_replay *replay,
			       unsigned tick)
{
	assert_int_equal(tick_of(replay), tick);
	assert_same_snapshot(cgw_replay_snapshot(replay), machine_tick(&fixture->ticks, tick));
}

static inline bool has_event(const struct cgw_replay *replay, enum cgw_event_kind kind,
			     const char *path, const char *key)
{
	size_t count;
	const struct cgw_event *events = cgw_replay_events(replay, &count);

	for (size_t i = 0; i < count; i++)
		if (events[i].kind == kind && strcmp(events[i].path, path) == 0 &&
		    strcmp(events[i].key, key) == 0)
			return true;
	return false;
}
