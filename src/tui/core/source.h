/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source.h - where samples come from: this machine, a recording, remote hosts.
 *
 * A source reads in its own thread, so that a hung read never blocks the keys. It delivers
 * arrivals in order of time, one sample each, and rates are computed against the previous one. A
 * source that can seek also delivers jumps, which carry their own previous sample and history.
 */
#pragma once

#include <cgward/history.h>
#include <cgward/recording.h>

#include "shared/remote/hosts.h"
#include "tui/core/thread.h"

enum source_flag {
	SOURCE_CAN_ACT = 1,  /* groups of this machine, which can be changed and inspected */
	SOURCE_CAN_SEEK = 2, /* has seek() */
	SOURCE_REMOTE = 4,   /* groups of other hosts, changed by running cgward there */
};

/* How to seek in a recording. */
enum seek_kind {
	SEEK_STEPS,    /* by a number of samples */
	SEEK_DURATION, /* by a number of nanoseconds */
	SEEK_TO_TIME,  /* to the last sample at or before a wall-clock time */
	SEEK_EVENT,    /* by a number of samples that have an event of these kinds */
	SEEK_FIRST,
	SEEK_LAST,
	SEEK_SPEED, /* keeps the position and sets the playback speed */
};
struct seek {
	enum seek_kind kind;
	int64_t by;     /* STEPS, DURATION, EVENT: negative goes back */
	uint64_t to_ns; /* TO_TIME */
	uint32_t kinds; /* EVENT: CGW_EVENT_BIT() */
	double speed;   /* SPEED: 1 is as recorded */
};

/* An event of a recording. It owns its strings, which are raw bytes. */
struct source_event {
	enum cgw_event_kind kind;
	uint64_t realtime_ns;
	char *path; /* "": the machine */
	char *text; /* "memory.max: max → 1G, by cgward set" */
};

/* An action that a policy would have taken during the recording. Strings are raw bytes. */
struct replay_action {
	uint64_t realtime_ns;
	uint64_t until_ns; /* end of its effect; realtime_ns if it has no duration */
	char *path;
	char *text; /* "limit cpu.max 50% by rule hog: cpu > 300% (now 412%)" */
};

/* A sample with events, for the timeline. */
struct source_mark {
	uint64_t realtime_ns;
	uint32_t kinds;
};

/* Current position in a recording. Times are of the recorded wall clock. */
struct source_place {
	uint64_t first_ns, last_ns, now_ns, interval_ns;
	uint64_t position, samples;
	char host[64]; /* raw */
	bool at_end;   /* no later sample yet */
};

/* A delivery from the source. The receiver owns all of it: arrival_free(). */
struct arrival {
	struct cgw_snapshot *now;    /* NULL: only `actions` */
	bool jump;                   /* does not follow the previous arrival */
	struct cgw_snapshot *before; /* of a jump: the previous sample, for rates; or NULL */
	struct cgw_history *history; /* of a jump: the minutes before it; or NULL */
	struct source_place place;   /* all zero if the source cannot seek */
	struct source_event *events; /* of this sample */
	size_t event_count;
	struct source_mark *marks; /* of the whole recording if they changed, else NULL */
	size_t mark_count;
	struct replay_action *actions; /* all so far if they changed, else NULL */
	size_t action_count;
	uint64_t rehearsed_ns; /* `actions` is complete up to this time */
};
void arrival_free(struct arrival *arrival);
void replay_actions_free(struct replay_action *actions, size_t count);

struct source;

struct source_kind {
	const char *name; /* "recording", for the header; "": this machine */
	unsigned flags;   /* enum source_flag */
	/* Wakes the thread after a change of the members below; NULL: it waits for them. */
	void (*wake)(struct source *source);
	/* Takes one sample immediately, even if paused. NULL: not supported. */
	void (*sample_now)(struct source *source);
	/* NULL: the source cannot seek. */
	void (*seek)(struct source *source, const struct seek *seek);
	/* Takes an arrival out of the source; false: there is none. The caller holds the lock. */
	bool (*pop)(struct source *source, struct arrival *ret_arrival);
	/* The enum remote_state of each host, in order of name. NULL: no hosts. */
	void (*states)(struct source *source, uint8_t *states);
	/* Frees the source, whose thread has ended. */
	void (*free)(struct source *source);
};

/* The first member of each implementation's struct. */
struct source {
	const struct source_kind *kind;
	struct thread thread; /* its event_fd is readable when source_collect() has something */
	/* The lock protects all members below. */
	struct cgw_metric_set metrics; /* to read; a recording always has all */
	bool has_metrics;              /* nothing is read before they are set */
	bool paused;
	uint64_t interval_ns; /* a recording has its own */
	int error;            /* not yet reported, with its reason */
	struct cgw_diag diag;
};

void source_request_metrics(struct source *source, const struct cgw_metric_set *metrics);
void source_set_interval(struct source *source, uint64_t interval_ns, bool paused);
/* 1: an arrival; 0: none; negative: the error of the last read, reported once. */
int source_collect(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag);
/*
 * Waits at most `wait_ns` for a read in progress, then frees the source. False: the read hangs,
 * its thread continues to use the source and the layout. Free all arrivals first: their snapshots
 * refer to the source's layout.
 */
bool source_stop(struct source *source, uint64_t wait_ns);

/* This machine. Takes ownership of the sampler, also on failure. */
int source_live(struct cgw_sampler *sampler, uint64_t interval_ns, struct source **ret_source);
/* How long a jump may read the samples before it, unless the caller has another time. */
#define SOURCE_HISTORY_NS (150 * NS_PER_MS)
/* A recording. Takes ownership of the replay, also on failure. Starts paused. */
int source_recording(struct cgw_replay *replay, const struct seek *start, uint64_t history_ns,
		     struct source **ret_source);

struct cgw_policy;
/*
 * Runs the policy over the recording at `path` while the source is idle; its actions come with
 * arrivals. Call it before any other function of the source. Takes ownership of the policy, also
 * on failure.
 */
int source_recording_rehearse(struct source *source, const char *path, struct cgw_policy *policy,
			      struct cgw_diag *diag);

/* Remote hosts. Takes ownership of `hosts`, also on failure. */
int source_remote(struct remote_hosts *hosts, uint64_t interval_ns, struct source **ret_source);
