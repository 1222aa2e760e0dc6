/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* source-recording.c - a recording as a source: the thread that plays it, and jumps in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/source.h"
#include "tui/core/thread.h"
#include "tui/replay/event-text.h"
#include "tui/replay/rehearse.h"

/* Arrivals that wait to be taken: further ones are not read before. */
#define WAITING_MAX 16
/* A jump brings the minutes before along, as many as can be read meanwhile. */
#define HISTORY_SAMPLES_MAX   600
#define HISTORY_SAMPLES_FIRST 120
#define HISTORY_TIME_NS       UINT64_C(150000000)
/* How often it is looked whether more was written, while the end is played. */
#define REFRESH_NS UINT64_C(500000000)
/* A rehearsal goes on for so long at a time; what it has come to is told so often. */
#define REHEARSE_NS UINT64_C(20000000)
#define TELL_NS     UINT64_C(500000000)

struct recording {
	struct source source;
	struct thread thread;
	/* The thread's alone. */
	struct cgw_replay *replay;
	uint64_t sample_cost_ns;        /* of reading one, as the last jumps had it */
	size_t marks_told, damage_told; /* how many were handed over */
	bool begun;                     /* something was handed over */
	uint64_t rehearsed_ns;          /* when its deeds were told last */
	/* All below under the lock. */
	struct rehearser *rehearser; /* or NULL: no policy is rehearsed, or nothing is left */
	bool paused, has_travel;
	struct seek travel;
	double speed;
	struct arrival waiting[WAITING_MAX];
	size_t first, count;
	int error;
	struct cgw_diag diag;
};

/* Where it stands now. The lock is not needed: only the thread moves. */
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
		(void)snprintf(place.host, sizeof(place.host), "%s", host);
	return place;
}

static void take_events(const struct recording *recording, struct arrival *arrival)
{
	size_t count;
	const struct cgw_event *events = cgw_replay_events(recording->replay, &count);

	arrival->events = calloc(count + 1, sizeof(*arrival->events));
	for (size_t i = 0; arrival->events != NULL && i < count; i++)
		if (event_copy(&events[i], &arrival->events[arrival->event_count]) == 0)
			arrival->event_count++;
}

/* All marks, where there are others than before. */
static void take_marks(struct recording *recording, struct arrival *arrival)
{
	size_t count;
	const struct cgw_mark *marks = cgw_replay_marks(recording->replay, &count);

	if (count == recording->marks_told)
		return;
	arrival->marks = calloc(count, sizeof(*arrival->marks));
	if (arrival->marks == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		arrival->marks[i] = (struct source_mark){marks[i].realtime_ns, marks[i].kinds};
	arrival->mark_count = recording->marks_told = count;
}

/* What the replay stands at, as an arrival. */
static struct arrival arrival_of(struct recording *recording)
{
	struct arrival arrival = {
		.now = cgw_snapshot_ref(cgw_replay_snapshot(recording->replay)),
		.place = place_of(recording),
	};

	take_events(recording, &arrival);
	take_marks(recording, &arrival);
	return arrival;
}

/* How many samples a jump can bring along without keeping anybody waiting. */
static uint64_t history_samples(const struct recording *recording)
{
	uint64_t count = recording->sample_cost_ns > 0 ? HISTORY_TIME_NS / recording->sample_cost_ns
						       : HISTORY_SAMPLES_FIRST;

	return count < HISTORY_SAMPLES_MAX ? count : HISTORY_SAMPLES_MAX;
}

/* What is collected on the way to where a jump goes. */
struct way {
	struct cgw_history *history;
	struct cgw_snapshot *before, *now;
	uint64_t position; /* where it ends */
};

static int keep_sample(struct recording *recording, struct way *way)
{
	cgw_snapshot_unref(way->before);
	way->before = way->now;
	way->now = cgw_snapshot_ref(cgw_replay_snapshot(recording->replay));
	return cgw_history_push(way->history, cgw_replay_frame(recording->replay));
}

/* From the sample where it stands up to the end of the way. */
static int walk(struct recording *recording, struct way *way)
{
	uint64_t started_ns = thread_now_ns(), passed = 0;
	int r = keep_sample(recording, way);

	while (r == 0 && place_of(recording).position < way->position) {
		r = cgw_replay_next(recording->replay);
		if (r <= 0)
			break;
		r = keep_sample(recording, way);
		passed++;
	}
	if (passed > 0)
		recording->sample_cost_ns = (thread_now_ns() - started_ns) / passed + 1;
	return r;
}

/*
 * The replay was moved: an arrival of where it stands, with the minutes before. It walks there
 * again from an earlier sample; where clocks were set that may not lead there, and then it
 * is gone to without.
 */
static int jump_here(struct recording *recording, struct arrival *ret_arrival)
{
	const struct source_place place = place_of(recording);
	uint64_t back_ns = history_samples(recording) *
			   (place.interval_ns > 0 ? place.interval_ns : UINT64_C(1000000000));
	struct way way = {.position = place.position};
	uint64_t from_ns = place.now_ns > back_ns ? place.now_ns - back_ns : 0;
	int r = cgw_history_new(&way.history);

	if (r < 0)
		return r;
	r = cgw_replay_seek(recording->replay, from_ns);
	if (r == 0)
		r = cgw_replay_first(recording->replay);
	if (r > 0 && place_of(recording).position > place.position)
		r = cgw_replay_seek(recording->replay, place.now_ns);
	if (r > 0)
		r = walk(recording, &way);
	if (r >= 0) {
		*ret_arrival = arrival_of(recording);
		ret_arrival->jump = true;
		/* Rates are taken over two samples that belong together, or not at all. */
		if (cgw_frame_before(cgw_replay_frame(recording->replay)) == way.before)
			ret_arrival->before = steal_pointer(&way.before);
		ret_arrival->history = steal_pointer(&way.history);
	}
	cgw_snapshot_unref(way.before);
	cgw_snapshot_unref(way.now);
	cgw_history_free(way.history);
	return r < 0 ? r : 1;
}

/* One sample further: no jump, unless the machine was started anew in between. */
static int step_on(struct recording *recording, struct arrival *ret_arrival)
{
	int r = cgw_replay_next(recording->replay);

	if (r <= 0)
		return r;
	*ret_arrival = arrival_of(recording);
	ret_arrival->jump = cgw_frame_before(cgw_replay_frame(recording->replay)) == NULL;
	return 1;
}

/* As many as there are that way. */
static int move_steps(struct recording *recording, int64_t by)
{
	int moved = 0, r = 1;

	for (; by != 0 && r > 0; by += by < 0 ? 1 : -1) {
		r = by < 0 ? cgw_replay_previous(recording->replay)
			   : cgw_replay_next(recording->replay);
		moved += r > 0;
	}
	return r < 0 ? r : moved > 0;
}

static int move_events(struct recording *recording, const struct seek *travel)
{
	int r = 0;

	for (int64_t i = 0; i != travel->by; i += travel->by > 0 ? 1 : -1) {
		int moved = travel->by > 0
				    ? cgw_replay_next_event(recording->replay, travel->kinds)
				    : cgw_replay_previous_event(recording->replay, travel->kinds);

		if (moved <= 0)
			return moved < 0 ? moved : r;
		r = 1;
	}
	return r;
}

/* A time beyond either end is that end. */
static int move_to(struct recording *recording, uint64_t realtime_ns)
{
	int r = cgw_replay_seek(recording->replay, realtime_ns);

	return r == 0 ? cgw_replay_first(recording->replay) : r;
}

static int move(struct recording *recording, const struct seek *travel)
{
	uint64_t now_ns = place_of(recording).now_ns, by_ns;

	switch (travel->kind) {
	case SEEK_STEPS:
		return move_steps(recording, travel->by);
	case SEEK_DURATION:
		by_ns = (uint64_t)(travel->by < 0 ? -travel->by : travel->by);
		if (travel->by < 0)
			return move_to(recording, now_ns > by_ns ? now_ns - by_ns : 0);
		return move_to(recording, now_ns + by_ns);
	case SEEK_TO_TIME:
		return move_to(recording, travel->to_ns);
	case SEEK_EVENT:
		return move_events(recording, travel);
	case SEEK_FIRST:
		return cgw_replay_first(recording->replay);
	case SEEK_LAST:
		return cgw_replay_last(recording->replay);
	case SEEK_SPEED:
		break;
	}
	return 0;
}

static int do_travel(struct recording *recording, const struct seek *travel,
		     struct arrival *ret_arrival, struct cgw_diag *diag)
{
	int r;

	(void)cgw_replay_refresh(recording->replay);
	if (recording->begun && travel->kind == SEEK_STEPS && travel->by == 1) {
		r = step_on(recording, ret_arrival);
	} else {
		r = move(recording, travel);
		/* A recording of one sample begins with that. */
		if (r > 0 || (r == 0 && !recording->begun))
			r = jump_here(recording, ret_arrival);
	}
	if (r < 0)
		return cgw_diag_set(diag, r, "the recording cannot be read: %s", strerror(-r));
	recording->begun = recording->begun || r > 0;
	if (r == 0)
		return cgw_diag_set(
			diag, -ENOENT, "%s",
			travel->kind == SEEK_EVENT
				? (travel->by > 0 ? "no event is later" : "no event is earlier")
			: travel->by > 0 ? "this is the last sample"
					 : "this is the first sample");
	return r;
}

/* What is damaged is passed over, and said once. */
static int say_damage(struct recording *recording, struct cgw_diag *diag)
{
	size_t count;
	const struct cgw_damage *damage = cgw_replay_damage(recording->replay, &count);

	if (count <= recording->damage_told)
		return 0;
	recording->damage_told = count;
	return cgw_diag_set(diag, -EBADMSG, "%llu bytes of the recording are damaged: %s",
			    (unsigned long long)damage[count - 1].length, damage[count - 1].what);
}

/* With the lock held: hands over. */
static void give(struct recording *recording, struct arrival *arrival)
{
	recording->waiting[(recording->first + recording->count++) % WAITING_MAX] = *arrival;
	*arrival = (struct arrival){0};
}

static void drop_waiting(struct recording *recording)
{
	while (recording->count > 0) {
		arrival_free(&recording->waiting[recording->first]);
		recording->first = (recording->first + 1) % WAITING_MAX;
		recording->count--;
	}
}

/* With the lock held, which is let go of meanwhile. */
static void travel(struct recording *recording)
{
	struct seek travel = recording->travel;
	struct arrival arrival = {0};
	struct cgw_diag diag = {.text = ""};
	int r;

	recording->has_travel = false;
	(void)pthread_mutex_unlock(&recording->thread.lock);
	r = do_travel(recording, &travel, &arrival, &diag);
	if (r >= 0 && say_damage(recording, &diag) < 0)
		r = -EBADMSG;
	(void)pthread_mutex_lock(&recording->thread.lock);
	if (r < 0) {
		recording->error = r;
		recording->diag = diag;
	}
	if (arrival.now != NULL) {
		/* What was played on the way is of another time. */
		if (arrival.jump)
			drop_waiting(recording);
		if (recording->count < WAITING_MAX)
			give(recording, &arrival);
	}
	arrival_free(&arrival);
	thread_wake_loop(&recording->thread);
}

/* The same: one sample of what plays. Returns when the next one is due. */
static uint64_t play(struct recording *recording)
{
	struct arrival arrival = {0};
	uint64_t started_ns = thread_now_ns(), interval_ns = 0;
	struct cgw_diag diag = {.text = ""};
	int r, met;

	(void)pthread_mutex_unlock(&recording->thread.lock);
	r = step_on(recording, &arrival);
	if (r == 0)
		(void)cgw_replay_refresh(recording->replay);
	if (r < 0)
		(void)cgw_diag_set(&diag, r, "the recording cannot be read: %s", strerror(-r));
	met = r >= 0 ? say_damage(recording, &diag) : r;
	if (r > 0)
		interval_ns = arrival.place.interval_ns;
	(void)pthread_mutex_lock(&recording->thread.lock);
	if (r > 0)
		give(recording, &arrival);
	if (met < 0) {
		recording->error = met;
		recording->diag = diag;
	}
	/* Nothing more can come of it. */
	if (r < 0)
		recording->paused = true;
	if (r != 0 || met < 0)
		thread_wake_loop(&recording->thread);
	if (r <= 0)
		return started_ns + REFRESH_NS;
	return started_ns + (uint64_t)((double)interval_ns / recording->speed);
}

/* With the lock held, which is let go of meanwhile: some more of the rehearsal. */
static void rehearse(struct recording *recording)
{
	struct arrival arrival = {0};
	uint64_t now_ns = thread_now_ns();
	int r, met = 0;

	(void)pthread_mutex_unlock(&recording->thread.lock);
	r = rehearser_go_on(recording->rehearser, now_ns + REHEARSE_NS);
	if (r <= 0 || now_ns - recording->rehearsed_ns >= TELL_NS) {
		recording->rehearsed_ns = now_ns;
		met = rehearser_actions(recording->rehearser, &arrival.actions,
					&arrival.action_count, &arrival.rehearsed_ns);
	}
	(void)pthread_mutex_lock(&recording->thread.lock);
	if (arrival.actions != NULL && recording->count < WAITING_MAX) {
		give(recording, &arrival);
		thread_wake_loop(&recording->thread);
	}
	arrival_free(&arrival);
	if (r > 0 && met == 0)
		return;
	recording->rehearser = rehearser_free(recording->rehearser);
	if (r < 0 || met < 0) {
		recording->error = cgw_diag_set(&recording->diag, r < 0 ? r : met,
						"the policy cannot be rehearsed any further");
		thread_wake_loop(&recording->thread);
	}
}

static void *run(void *context)
{
	struct recording *recording = context;
	uint64_t due_ns = 0;

	(void)pthread_mutex_lock(&recording->thread.lock);
	while (!recording->thread.stopping) {
		bool plays = !recording->paused && recording->count < WAITING_MAX;

		if (recording->has_travel)
			travel(recording);
		else if (plays && thread_now_ns() >= due_ns)
			due_ns = play(recording);
		else if (recording->rehearser != NULL && recording->count < WAITING_MAX)
			rehearse(recording);
		else
			thread_wait(&recording->thread, plays ? due_ns : 0);
	}
	recording->thread.ended = true;
	(void)pthread_cond_broadcast(&recording->thread.changed);
	(void)pthread_mutex_unlock(&recording->thread.lock);
	return NULL;
}

static struct recording *recording_of(struct source *source)
{
	return (struct recording *)source;
}

/* It has an interval of its own. */
static void recording_pace(struct source *source, uint64_t interval_ns, bool paused)
{
	struct recording *recording = recording_of(source);

	(void)interval_ns;
	(void)pthread_mutex_lock(&recording->thread.lock);
	recording->paused = paused;
	(void)pthread_cond_broadcast(&recording->thread.changed);
	(void)pthread_mutex_unlock(&recording->thread.lock);
}

static bool adds_up(const struct seek *waiting, const struct seek *travel)
{
	return waiting->kind == travel->kind && waiting->kinds == travel->kinds &&
	       (travel->kind == SEEK_DURATION || travel->kind == SEEK_EVENT);
}

static void recording_travel(struct source *source, const struct seek *travel)
{
	struct recording *recording = recording_of(source);

	(void)pthread_mutex_lock(&recording->thread.lock);
	if (travel->kind == SEEK_SPEED) {
		recording->speed = travel->speed;
	} else if (recording->has_travel && adds_up(&recording->travel, travel)) {
		recording->travel.by += travel->by;
	} else {
		recording->travel = *travel;
		recording->has_travel = true;
	}
	(void)pthread_cond_broadcast(&recording->thread.changed);
	(void)pthread_mutex_unlock(&recording->thread.lock);
}

static int recording_fd(const struct source *source)
{
	return ((const struct recording *)source)->thread.event_fd;
}

static int recording_take(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag)
{
	struct recording *recording = recording_of(source);
	int r = 0;

	(void)pthread_mutex_lock(&recording->thread.lock);
	if (recording->count > 0) {
		*ret_arrival = recording->waiting[recording->first];
		recording->first = (recording->first + 1) % WAITING_MAX;
		recording->count--;
		/* There is room again. */
		(void)pthread_cond_broadcast(&recording->thread.changed);
		r = 1;
	} else {
		thread_drain(&recording->thread);
		r = recording->error;
		recording->error = 0;
		if (r < 0 && diag != NULL)
			*diag = recording->diag;
	}
	(void)pthread_mutex_unlock(&recording->thread.lock);
	return r;
}

static struct source *recording_stop(struct source *source)
{
	struct recording *recording = recording_of(source);

	if (!thread_stop(&recording->thread))
		return NULL;
	drop_waiting(recording);
	rehearser_free(recording->rehearser);
	cgw_replay_free(recording->replay);
	free(recording);
	return NULL;
}

int source_recording_rehearse(struct source *source, const char *path, struct cgw_policy *policy,
			      struct cgw_diag *diag)
{
	struct recording *recording = recording_of(source);
	struct rehearser *rehearser;
	int r = rehearser_new(path, policy, &rehearser, diag);

	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&recording->thread.lock);
	recording->rehearser = rehearser;
	(void)pthread_cond_broadcast(&recording->thread.changed);
	(void)pthread_mutex_unlock(&recording->thread.lock);
	return 0;
}

static const struct source_kind recording_kind = {
	.name = "recording",
	.flags = SOURCE_CAN_SEEK,
	.set_interval = recording_pace,
	.seek = recording_travel,
	.fd = recording_fd,
	.collect = recording_take,
	.stop = recording_stop,
};

int source_recording(struct cgw_replay *replay, const struct seek *start,
		     struct source **ret_source)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int r = -ENOMEM;

	if (recording != NULL) {
		recording->source.kind = &recording_kind;
		recording->replay = replay;
		recording->paused = true;
		recording->speed = 1;
		recording->travel = *start;
		recording->has_travel = true;
		r = cgw_replay_first(replay);
		r = r > 0 ? thread_start(&recording->thread, run, recording) : r < 0 ? r : -ENODATA;
	}
	if (r < 0) {
		free(recording);
		cgw_replay_free(replay);
		return r;
	}
	*ret_source = &recording->source;
	return 0;
}
