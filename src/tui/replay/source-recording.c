/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-recording.c - a recording as a source: the thread that plays it and seeks in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "tui/core/source.h"
#include "tui/replay/event-text.h"
#include "tui/replay/rehearse.h"

/* Maximum number of arrivals that are read ahead. */
#define QUEUE_MAX 16
/* A jump includes the samples before it, as many as can be read in `history_ns`. */
#define HISTORY_SAMPLES_MAX   600
#define HISTORY_SAMPLES_FIRST 120
/* Interval of checks for new samples at the end of the recording. */
#define REFRESH_NS (500 * NS_PER_MS)
/* Time slice of a rehearsal, and interval at which its actions are delivered. */
#define REHEARSE_NS (20 * NS_PER_MS)
#define DELIVER_NS  (500 * NS_PER_MS)

struct recording {
	struct source source;
	/* Used only by the thread. */
	struct cgw_replay *replay;
	uint64_t history_ns;                /* of source_recording() */
	uint64_t sample_cost_ns;            /* time to read a sample, of the last jump */
	size_t marks_sent, damage_reported; /* counts */
	bool started;                       /* something was delivered */
	uint64_t rehearsed_ns;              /* last delivery of actions */
	/* Protected by the lock. */
	struct rehearser *rehearser; /* NULL: no rehearsal, or it is complete */
	bool has_seek;
	struct seek seek;
	double speed;
	struct arrival queue[QUEUE_MAX];
	size_t first, count;
};

/* The current position. Needs no lock: only the thread changes it. */
static struct source_place place_of(const struct recording *recording)
{
	const char *host = cgw_replay_host(recording->replay);
	struct cgw_recording_info info;
	struct source_place place;

	cgw_replay_info(recording->replay, &info);
	place = (struct source_place){
		.first_ns = info.first_ns,
		.last_ns = info.last_ns,
		.now_ns = cgw_snapshot_realtime_ns(cgw_replay_snapshot(recording->replay)),
		.interval_ns = cgw_replay_interval_ns(recording->replay),
		.position = info.position,
		.samples = info.samples,
		.at_end = info.position + 1 >= info.samples,
	};
	if (host != NULL)
		snprintf(place.host, sizeof(place.host), "%s", host);
	return place;
}

static void copy_events(const struct recording *recording, struct arrival *arrival)
{
	size_t count;
	const struct cgw_event *events = cgw_replay_events(recording->replay, &count);

	arrival->events = calloc(count + 1, sizeof(*arrival->events));
	for (size_t i = 0; arrival->events != NULL && i < count; i++)
		if (event_copy(&events[i], &arrival->events[arrival->event_count]) == 0)
			arrival->event_count++;
}

/* Adds all marks if there are new ones. */
static void copy_marks(struct recording *recording, struct arrival *arrival)
{
	size_t count;
	const struct cgw_mark *marks = cgw_replay_marks(recording->replay, &count);

	if (count == recording->marks_sent)
		return;
	arrival->marks = calloc(count, sizeof(*arrival->marks));
	if (arrival->marks == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		arrival->marks[i] = (struct source_mark){marks[i].realtime_ns, marks[i].kinds};
	arrival->mark_count = recording->marks_sent = count;
}

/* An arrival with the current sample. */
static struct arrival arrival_of(struct recording *recording)
{
	struct arrival arrival = {
		.now = cgw_snapshot_ref(cgw_replay_snapshot(recording->replay)),
		.place = place_of(recording),
	};

	copy_events(recording, &arrival);
	copy_marks(recording, &arrival);
	return arrival;
}

/* Number of earlier samples that a jump can read without a noticeable delay. */
static uint64_t history_samples(const struct recording *recording)
{
	uint64_t count = recording->sample_cost_ns > 0
				 ? recording->history_ns / recording->sample_cost_ns
				 : HISTORY_SAMPLES_FIRST;

	return count < HISTORY_SAMPLES_MAX ? count : HISTORY_SAMPLES_MAX;
}

/* The samples up to the target of a jump. */
struct run_up {
	struct cgw_history *history;
	struct cgw_snapshot *before, *now;
	uint64_t position; /* of the target */
};

static int push_sample(struct recording *recording, struct run_up *run_up)
{
	cgw_snapshot_unref(run_up->before);
	run_up->before = run_up->now;
	run_up->now = cgw_snapshot_ref(cgw_replay_snapshot(recording->replay));
	return cgw_history_push(run_up->history, cgw_replay_frame(recording->replay));
}

/* Reads from the current sample to the target. */
static int read_run_up(struct recording *recording, struct run_up *run_up)
{
	uint64_t started_ns = clock_now_ns(), passed = 0;
	int r = push_sample(recording, run_up);

	while (r == 0 && place_of(recording).position < run_up->position) {
		r = cgw_replay_next(recording->replay);
		if (r <= 0)
			break;
		r = push_sample(recording, run_up);
		passed++;
	}
	if (passed > 0)
		recording->sample_cost_ns = (clock_now_ns() - started_ns) / passed + 1;
	return r;
}

/*
 * After a seek: an arrival with the current sample and the minutes before it. These are read from
 * an earlier sample on; if the clock was set, seeking to it may end after the target, which then
 * has no history.
 */
static int collect_jump(struct recording *recording, struct arrival *ret_arrival)
{
	const struct source_place place = place_of(recording);
	uint64_t back_ns =
		history_samples(recording) * (place.interval_ns > 0 ? place.interval_ns : NS_PER_S);
	struct run_up run_up = {.position = place.position};
	uint64_t from_ns = place.now_ns > back_ns ? place.now_ns - back_ns : 0;
	int r = cgw_history_new(&run_up.history);

	if (r < 0)
		return r;
	r = cgw_replay_seek(recording->replay, from_ns);
	if (r == 0)
		r = cgw_replay_first(recording->replay);
	if (r > 0 && place_of(recording).position > place.position)
		r = cgw_replay_seek(recording->replay, place.now_ns);
	if (r > 0)
		r = read_run_up(recording, &run_up);
	if (r >= 0) {
		*ret_arrival = arrival_of(recording);
		ret_arrival->jump = true;
		/* Rates need two consecutive samples of the same boot. */
		if (cgw_frame_before(cgw_replay_frame(recording->replay)) == run_up.before)
			ret_arrival->before = steal_pointer(&run_up.before);
		ret_arrival->history = steal_pointer(&run_up.history);
	}
	cgw_snapshot_unref(run_up.before);
	cgw_snapshot_unref(run_up.now);
	cgw_history_free(run_up.history);
	return r < 0 ? r : 1;
}

/* The next sample. It is a jump only if the machine was rebooted in between. */
static int step_forward(struct recording *recording, struct arrival *ret_arrival)
{
	int r = cgw_replay_next(recording->replay);

	if (r <= 0)
		return r;
	*ret_arrival = arrival_of(recording);
	ret_arrival->jump = cgw_frame_before(cgw_replay_frame(recording->replay)) == NULL;
	return 1;
}

/* Stops at the end of the recording. */
static int seek_steps(struct recording *recording, int64_t by)
{
	int moved = 0, r = 1;

	for (; by != 0 && r > 0; by += by < 0 ? 1 : -1) {
		r = by < 0 ? cgw_replay_previous(recording->replay)
			   : cgw_replay_next(recording->replay);
		moved += r > 0;
	}
	return r < 0 ? r : moved > 0;
}

static int seek_events(struct recording *recording, const struct seek *seek)
{
	int r = 0;

	for (int64_t i = 0; i != seek->by; i += seek->by > 0 ? 1 : -1) {
		int moved = seek->by > 0
				    ? cgw_replay_next_event(recording->replay, seek->kinds)
				    : cgw_replay_previous_event(recording->replay, seek->kinds);

		if (moved <= 0)
			return moved < 0 ? moved : r;
		r = 1;
	}
	return r;
}

/* A time outside the recording is clamped to its ends. */
static int seek_time(struct recording *recording, uint64_t realtime_ns)
{
	int r = cgw_replay_seek(recording->replay, realtime_ns);

	return r == 0 ? cgw_replay_first(recording->replay) : r;
}

static int seek_position(struct recording *recording, const struct seek *seek)
{
	uint64_t now_ns = place_of(recording).now_ns, by_ns;

	switch (seek->kind) {
	case SEEK_STEPS:
		return seek_steps(recording, seek->by);
	case SEEK_DURATION:
		by_ns = (uint64_t)(seek->by < 0 ? -seek->by : seek->by);
		if (seek->by < 0)
			return seek_time(recording, now_ns > by_ns ? now_ns - by_ns : 0);
		return seek_time(recording, now_ns + by_ns);
	case SEEK_TO_TIME:
		return seek_time(recording, seek->to_ns);
	case SEEK_EVENT:
		return seek_events(recording, seek);
	case SEEK_FIRST:
		return cgw_replay_first(recording->replay);
	case SEEK_LAST:
		return cgw_replay_last(recording->replay);
	case SEEK_SPEED:
		break;
	}
	return 0;
}

static int seek_sample(struct recording *recording, const struct seek *seek,
		       struct arrival *ret_arrival, struct cgw_diag *diag)
{
	int r;

	(void)cgw_replay_refresh(recording->replay);
	if (recording->started && seek->kind == SEEK_STEPS && seek->by == 1) {
		r = step_forward(recording, ret_arrival);
	} else {
		r = seek_position(recording, seek);
		/* A recording of one sample starts with that one. */
		if (r > 0 || (r == 0 && !recording->started))
			r = collect_jump(recording, ret_arrival);
	}
	if (r < 0)
		return cgw_diag_set(diag, r, "cannot read the recording: %s", strerror(-r));
	recording->started = recording->started || r > 0;
	if (r == 0)
		return cgw_diag_set(diag, -ENOENT, "%s",
				    seek->kind == SEEK_EVENT
					    ? (seek->by > 0 ? "no later event" : "no earlier event")
				    : seek->by > 0 ? "already at the last sample"
						   : "already at the first sample");
	return r;
}

/* Reports new damage, once. Damaged parts are skipped. */
static int report_damage(struct recording *recording, struct cgw_diag *diag)
{
	size_t count;
	const struct cgw_damage *damage = cgw_replay_damage(recording->replay, &count);

	if (count <= recording->damage_reported)
		return 0;
	recording->damage_reported = count;
	return cgw_diag_set(diag, -EBADMSG, "skipped %llu damaged bytes of the recording: %s",
			    (unsigned long long)damage[count - 1].length, damage[count - 1].what);
}

/* Moves the arrival to the queue. Call it with the lock held. */
static void push_arrival(struct recording *recording, struct arrival *arrival)
{
	recording->queue[(recording->first + recording->count++) % QUEUE_MAX] = *arrival;
	*arrival = (struct arrival){0};
}

static void clear_queue(struct recording *recording)
{
	while (recording->count > 0) {
		arrival_free(&recording->queue[recording->first]);
		recording->first = (recording->first + 1) % QUEUE_MAX;
		recording->count--;
	}
}

/* Call it with the lock held; releases it temporarily. */
static void handle_seek(struct recording *recording)
{
	struct seek seek = recording->seek;
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	int r;

	recording->has_seek = false;
	thread_unlock(&recording->source.thread);
	r = seek_sample(recording, &seek, &arrival, &diag);
	if (r >= 0 && report_damage(recording, &diag) < 0)
		r = -EBADMSG;
	thread_lock(&recording->source.thread);
	if (r < 0) {
		recording->source.error = r;
		recording->source.diag = diag;
	}
	if (arrival.now != NULL) {
		/* Queued samples are from before the jump. */
		if (arrival.jump)
			clear_queue(recording);
		if (recording->count < QUEUE_MAX)
			push_arrival(recording, &arrival);
	}
	arrival_free(&arrival);
	thread_wake_loop(&recording->source.thread);
}

/* Same for the next sample of the playback. Returns the time at which the next one is due. */
static uint64_t play(struct recording *recording)
{
	struct arrival arrival = {0};
	uint64_t started_ns = clock_now_ns(), interval_ns = 0;
	struct cgw_diag diag = {.text = ""};
	int r, error;

	thread_unlock(&recording->source.thread);
	r = step_forward(recording, &arrival);
	if (r == 0)
		(void)cgw_replay_refresh(recording->replay);
	if (r < 0)
		cgw_diag_set(&diag, r, "cannot read the recording: %s", strerror(-r));
	error = r >= 0 ? report_damage(recording, &diag) : r;
	if (r > 0)
		interval_ns = arrival.place.interval_ns;
	thread_lock(&recording->source.thread);
	if (r > 0)
		push_arrival(recording, &arrival);
	if (error < 0) {
		recording->source.error = error;
		recording->source.diag = diag;
	}
	/* The error is permanent. */
	if (r < 0)
		recording->source.paused = true;
	if (r != 0 || error < 0)
		thread_wake_loop(&recording->source.thread);
	if (r <= 0)
		return started_ns + REFRESH_NS;
	return started_ns + (uint64_t)((double)interval_ns / recording->speed);
}

/* Same for a time slice of the rehearsal. */
static void rehearse(struct recording *recording)
{
	struct arrival arrival = {0};
	uint64_t now_ns = clock_now_ns();
	int r, error = 0;

	thread_unlock(&recording->source.thread);
	r = rehearser_run(recording->rehearser, now_ns + REHEARSE_NS);
	if (r <= 0 || now_ns - recording->rehearsed_ns >= DELIVER_NS) {
		recording->rehearsed_ns = now_ns;
		error = rehearser_actions(recording->rehearser, &arrival.actions,
					  &arrival.action_count, &arrival.rehearsed_ns);
	}
	thread_lock(&recording->source.thread);
	if (arrival.actions != NULL && recording->count < QUEUE_MAX) {
		push_arrival(recording, &arrival);
		thread_wake_loop(&recording->source.thread);
	}
	arrival_free(&arrival);
	if (r > 0 && error == 0)
		return;
	recording->rehearser = rehearser_free(recording->rehearser);
	if (r < 0 || error < 0) {
		error = r < 0 ? r : error;
		recording->source.error = cgw_diag_set(
			&recording->source.diag, error,
			"cannot continue the rehearsal of the policy: %s", strerror(-error));
		thread_wake_loop(&recording->source.thread);
	}
}

static void run(void *context)
{
	struct recording *recording = context;
	uint64_t due_ns = 0;

	while (!recording->source.thread.stopping) {
		bool playing = !recording->source.paused && recording->count < QUEUE_MAX;

		if (recording->has_seek)
			handle_seek(recording);
		else if (playing && clock_now_ns() >= due_ns)
			due_ns = play(recording);
		else if (recording->rehearser != NULL && recording->count < QUEUE_MAX)
			rehearse(recording);
		else
			thread_wait(&recording->source.thread, playing ? due_ns : 0);
	}
}

/* Whether the distances of two seeks can be added. */
static bool can_merge(const struct seek *pending, const struct seek *seek)
{
	return pending->kind == seek->kind && pending->kinds == seek->kinds &&
	       (seek->kind == SEEK_DURATION || seek->kind == SEEK_EVENT);
}

static void recording_seek(struct source *source, const struct seek *seek)
{
	struct recording *recording = (struct recording *)source;

	thread_lock(&recording->source.thread);
	if (seek->kind == SEEK_SPEED) {
		recording->speed = seek->speed;
	} else if (recording->has_seek && can_merge(&recording->seek, seek)) {
		recording->seek.by += seek->by;
	} else {
		recording->seek = *seek;
		recording->has_seek = true;
	}
	thread_unlock_changed(&recording->source.thread);
}

static bool recording_pop(struct source *source, struct arrival *ret_arrival)
{
	struct recording *recording = (struct recording *)source;

	if (recording->count == 0)
		return false;
	*ret_arrival = recording->queue[recording->first];
	recording->first = (recording->first + 1) % QUEUE_MAX;
	recording->count--;
	return true;
}

static void recording_free(struct source *source)
{
	struct recording *recording = (struct recording *)source;

	clear_queue(recording);
	rehearser_free(recording->rehearser);
	cgw_replay_free(recording->replay);
}

int source_recording_rehearse(struct source *source, const char *path, struct cgw_policy *policy,
			      struct cgw_diag *diag)
{
	struct recording *recording = (struct recording *)source;
	struct rehearser *rehearser;
	int r = rehearser_new(path, policy, &rehearser, diag);

	if (r < 0)
		return r;
	thread_lock(&recording->source.thread);
	recording->rehearser = rehearser;
	thread_unlock_changed(&recording->source.thread);
	return 0;
}

static const struct source_kind recording_kind = {
	.name = "recording",
	.flags = SOURCE_CAN_SEEK,
	.seek = recording_seek,
	.pop = recording_pop,
	.free = recording_free,
};

int source_recording(struct cgw_replay *replay, const struct seek *start, uint64_t history_ns,
		     struct source **ret_source)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int r = -ENOMEM;

	if (recording != NULL) {
		recording->source.kind = &recording_kind;
		recording->replay = replay;
		recording->history_ns = history_ns;
		recording->source.paused = true;
		recording->speed = 1;
		recording->seek = *start;
		recording->has_seek = true;
		r = cgw_replay_first(replay);
		r = r > 0   ? thread_start(&recording->source.thread, run, recording)
		    : r < 0 ? r
			    : -ENODATA;
	}
	if (r < 0) {
		free(recording);
		cgw_replay_free(replay);
		return r;
	}
	*ret_source = &recording->source;
	return 0;
}
