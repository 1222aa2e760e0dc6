/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source.h - where the figures on the screen come from: this machine, a recording, another host.
 *
 * A source reads in a thread of its own, so that one that hangs never holds up the keys, and hands
 * over arrivals: a sample each, in the order of time, to be compared with the one before. Only a
 * source that travels also hands over jumps, which bring what there is to be compared with along.
 */
#ifndef CGWARD_TUI_CORE_SOURCE_H
#define CGWARD_TUI_CORE_SOURCE_H

#include <cgward/history.h>
#include <cgward/recording.h>

#include "shared/remote/hosts.h"

enum source_can {
	SOURCE_ACTS = 1,    /* its groups are this machine's: they are changed and looked into */
	SOURCE_TRAVELS = 2, /* it is moved in time: travel() */
	SOURCE_TELLS = 4, /* its groups are other hosts', which are told what to change by verbs */
};

/* Where to go in a recording. */
enum seek_kind {
	TRAVEL_STEPS, /* by so many samples */
	TRAVEL_TIME,  /* by so many nanoseconds */
	TRAVEL_TO,    /* the last sample at or before a time of the wall clock */
	TRAVEL_EVENT, /* by so many samples with an event of these kinds */
	TRAVEL_FIRST,
	TRAVEL_LAST,
	TRAVEL_SPEED, /* stays there, and plays so many times as fast as it was taken */
};
struct travel {
	enum seek_kind kind;
	int64_t by;     /* STEPS, TIME, EVENT: negative goes back */
	uint64_t to_ns; /* TO */
	uint32_t kinds; /* EVENT: CGW_EVENT_BIT() */
	double speed;   /* SPEED */
};

/* An event of a recording, with texts of its own: raw bytes. */
struct source_event {
	enum cgw_event_kind kind;
	uint64_t realtime_ns;
	char *path; /* "" for the machine */
	char *text; /* "memory.max: max → 1G, by cgward set" */
};

/* What a policy would have done, had it been in force while this was recorded: texts are raw bytes. */
struct replay_action {
	uint64_t realtime_ns;
	uint64_t until_ns; /* how long it would have stood; the same where it is done at once */
	char *path;
	char *text; /* "limit cpu.max 50% by rule hog: cpu > 300% (now 412%)" */
};

/* A sample with events: for the line of time. */
struct source_mark {
	uint64_t realtime_ns;
	uint32_t kinds;
};

/* Where a source that travels stands. Times are of the recorded wall clock. */
struct source_place {
	uint64_t first_ns, last_ns, now_ns, interval_ns;
	uint64_t position, samples;
	char host[64]; /* raw */
	bool at_end;   /* there is no later sample yet */
};

/* What came. All of it belongs to who took it: arrival_free(). */
struct arrival {
	struct cgw_snapshot *now;    /* NULL: deeds alone came */
	bool jump;                   /* it does not follow the arrival before */
	struct cgw_snapshot *before; /* of a jump: what rates are taken from; or NULL */
	struct cgw_history *history; /* of a jump: the minutes up to it; or NULL */
	struct source_place place;   /* where it travels; the clocks are 0 where not */
	struct source_event *events; /* of this sample */
	size_t event_count;
	struct source_mark *marks; /* of all there is, where that is other than before; or NULL */
	size_t mark_count;
	struct replay_action *deeds; /* all so far, where those are other than before; or NULL */
	size_t deed_count;
	uint64_t rehearsed_ns; /* with deeds: up to when they are known */
};
void arrival_free(struct arrival *arrival);

struct source;

struct source_kind {
	const char *name; /* "recording": what it is, for the header; "" for this machine */
	unsigned can;     /* enum source_can */
	/* The metrics that are looked at: before the first call nothing is read. NULL: all come anyway. */
	void (*want)(struct source *source, const struct cgw_metric_set *wanted);
	/* How often, and whether at all. */
	void (*pace)(struct source *source, uint64_t interval_ns, bool paused);
	/* One sample now, paused or not. NULL: that cannot be had. */
	void (*at_once)(struct source *source);
	/* NULL: it does not travel. */
	void (*travel)(struct source *source, const struct travel *travel);
	/* Readable when take() has something. */
	int (*fd)(const struct source *source);
	/* 1: an arrival; 0: none; or what the last reading met, once, with its reason. */
	int (*take)(struct source *source, struct arrival *ret_arrival, struct cgw_diag *diag);
	/* How each host stands: enum remote_state, in the order of their names. NULL: there are none. */
	void (*states)(struct source *source, uint8_t *states);
	/*
	 * Waits a moment for a read that goes on; one that hangs is left behind with all that it
	 * uses. What was taken must be dropped before: snapshots name the source's layout.
	 */
	struct source *(*stop)(struct source *source);
};

/* The first member of each kind's own. */
struct source {
	const struct source_kind *kind;
};

/* This machine's groups: the sampler belongs to the source from now on, also on failure. */
int source_live(struct cgw_sampler *sampler, uint64_t interval_ns, struct source **ret_source);
/* A recording: the replay belongs to the source from now on, also on failure. It starts paused. */
int source_recording(struct cgw_replay *replay, const struct travel *start,
		     struct source **ret_source);

struct cgw_policy;
/*
 * Before it is asked for anything: the policy, which belongs to the source from now on, also on failure,
 * is run over the recording at `path` while nothing else is to be done; its deeds come with arrivals.
 */
int source_recording_rehearse(struct source *source, const char *path, struct cgw_policy *policy,
			      struct cgw_diag *diag);

/* Other hosts: they belong to the source from now on, also on failure. */
int source_remote(struct remote_hosts *hosts, uint64_t interval_ns, struct source **ret_source);

static inline struct source *source_stop(struct source *source)
{
	return source != NULL ? source->kind->stop(source) : NULL;
}

#endif
