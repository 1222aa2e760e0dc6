/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recording.h - write samples to disk and replay them.
 *
 * A recorder appends samples to a file or to a directory of files, one block per sample. A replay
 * returns them as snapshots and frames, like those of a sampler. docs/RECORDING.md describes the
 * format. A recording can be read while it is being written; damaged parts are skipped and
 * reported.
 */
#ifndef CGWARD_RECORDING_H
#define CGWARD_RECORDING_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Events stored with a sample. The numbers are part of the file format: add only at the end. */
enum cgw_event_kind {
	CGW_EVENT_APPEARED,  /* a group was created */
	CGW_EVENT_GONE,      /* a group was removed */
	CGW_EVENT_RECREATED, /* another group now exists under the same path */
	CGW_EVENT_OOM_KILL,
	CGW_EVENT_LIMIT,   /* a limit or setting was changed */
	CGW_EVENT_ACTION,  /* an action of a policy, or of a user through cgward */
	CGW_EVENT_CLOCK,   /* the wall clock was set */
	CGW_EVENT_SUSPEND, /* the machine was suspended */
	CGW_EVENT_START,   /* a new recorder continued the recording */
	CGW_EVENT_GAP,     /* samples are missing: the disk was full, or the recorder stopped */
	CGW_EVENT_KIND_COUNT,
};

#define CGW_EVENT_BIT(kind)  (UINT32_C(1) << (kind))
#define CGW_EVENT_EVERY_KIND (CGW_EVENT_BIT(CGW_EVENT_KIND_COUNT) - 1)

/* "appeared", "gone", "oom-kill", ... */
const char *cgw_event_kind_name(enum cgw_event_kind kind) CGW_PURE;

/* Strings are raw bytes, terminated; "" if not known. */
struct cgw_event {
	enum cgw_event_kind kind;
	uint64_t realtime_ns;
	const char *path;                         /* of the group; "" for the whole system */
	uint64_t group_id;                        /* directory inode, or 0 */
	const char *key;                          /* LIMIT: the metric; ACTION: its kind */
	struct cgw_number old_number, new_number; /* LIMIT: values; OOM_KILL: new is the count;
						   * CLOCK, SUSPEND, GAP: new is nanoseconds */
	const char *who;                          /* "cgward set", "rule mem-runaway" */
	const char *why; /* the condition of the rule, or the instance of the limit */
};

/* --- Recording --- */

struct cgw_recorder_options {
	uint64_t size_max_bytes;  /* on disk; 0: unlimited */
	uint64_t age_max_ns;      /* older samples are removed; 0: unlimited */
	uint64_t interval_ns;     /* planned interval between samples; a longer one is a gap */
	const char *const *globs; /* record only matching groups and their ancestors; NULL: all */
	size_t glob_count;
	const char *host;    /* host name, or NULL */
	const char *boot_id; /* of the running kernel, to prevent rates over a reboot; or NULL */
	/*
	 * Called once for each new group: writes lines "name=value\n" about it (unit, container,
	 * uid), at most `size` - 1 bytes. Returns the length, 0 for none. May be NULL.
	 */
	size_t (*facts)(void *context, const struct cgw_topology *topology, uint32_t group,
			char *buffer, size_t size);
	void *facts_context;
	/*
	 * Called for each limit that was changed between two samples, with the metric key and the
	 * wall clock times of the samples. Writes the originator of the change, or "". May be NULL.
	 */
	void (*who)(void *context, const char *path, const char *key, uint64_t since_ns,
		    uint64_t until_ns, char *buffer, size_t size);
	void *who_context;
};

struct cgw_recorder;

/*
 * Opens a recording for writing. `path` is a file or a directory; a directory with a trailing slash
 * is created. An existing recording is continued; an incomplete last block is truncated. Returns
 * -EBUSY if another recorder is writing there, -EBADMSG if the file is not a recording, -EOPNOTSUPP
 * for a single file with a maximum size or age on a file system that cannot punch holes.
 */
int cgw_recorder_open(const char *path, const struct cgw_recorder_options *options,
		      struct cgw_recorder **ret_recorder, struct cgw_diag *diag);
/* Writes the rest of the index and closes the recording. Accepts NULL, returns NULL. */
struct cgw_recorder *cgw_recorder_free(struct cgw_recorder *recorder);
/*
 * Appends a sample with its events. On failure (-ENOSPC, -EIO, ...) nothing is left in the file and
 * the events are stored with the next sample; the next call may succeed. The recorder keeps a
 * reference to the snapshot.
 */
int cgw_recorder_sample(struct cgw_recorder *recorder, struct cgw_snapshot *snapshot,
			struct cgw_diag *diag);
/* Adds an event to the next sample, such as a policy action or a change by cgward. */
int cgw_recorder_event(struct cgw_recorder *recorder, const struct cgw_event *event);

struct cgw_recorder_stats {
	uint64_t samples;       /* written samples */
	uint64_t lost;          /* samples that could not be written */
	uint64_t bytes_written; /* since the recording was opened */
	uint64_t cost_ns;       /* CPU time used by the recorder */
};
struct cgw_recorder_stats cgw_recorder_stats(const struct cgw_recorder *recorder) CGW_PURE;

/* --- Replay --- */

struct cgw_replay;

/*
 * Opens a recording: a file, or a directory of files. The position is before the first sample.
 * Returns -ENOENT if there is no such file, -EBADMSG if it is not a recording or has a newer
 * format, -ENODATA if it contains no readable sample. Free with cgw_replay_free(), which accepts
 * NULL and returns NULL.
 */
int cgw_replay_open(const char *path, struct cgw_replay **ret_replay, struct cgw_diag *diag);
struct cgw_replay *cgw_replay_free(struct cgw_replay *replay);
/*
 * Decodes only these metrics, which takes less time; all others are as if they were not recorded.
 * Call it before moving to the first sample; -EBUSY afterwards.
 */
int cgw_replay_select(struct cgw_replay *replay, const struct cgw_metric_set *metrics);

/*
 * Each of the following functions moves to a sample and returns 1; or returns 0 if there is none,
 * without moving; or returns a negative error. Damaged parts are skipped.
 */
int cgw_replay_next(struct cgw_replay *replay);
int cgw_replay_previous(struct cgw_replay *replay);
int cgw_replay_first(struct cgw_replay *replay);
int cgw_replay_last(struct cgw_replay *replay);
/*
 * Moves to the last sample at or before a wall clock time; returns 0 if the recording starts later.
 * If the clock was set back and the time exists twice, moves to the first one.
 */
int cgw_replay_seek(struct cgw_replay *replay, uint64_t realtime_ns);
/* Moves to the next (previous) sample with an event of these kinds, a mask of CGW_EVENT_BIT(). */
int cgw_replay_next_event(struct cgw_replay *replay, uint32_t kinds);
int cgw_replay_previous_event(struct cgw_replay *replay, uint32_t kinds);
/* Checks for samples written since the recording was opened. Returns 1 if there are any, else 0. */
int cgw_replay_refresh(struct cgw_replay *replay);

/*
 * The current sample. The frame contains the sample and the one before it. There is no sample
 * before the first one after a reboot or after damaged samples, so that no rate is computed across
 * them. All returned objects belong to the replay and are valid until it moves. Drop references
 * from cgw_snapshot_ref() before freeing the replay, because the topology points to its layout.
 */
const struct cgw_frame *cgw_replay_frame(const struct cgw_replay *replay) CGW_PURE;
struct cgw_snapshot *cgw_replay_snapshot(const struct cgw_replay *replay) CGW_PURE;
/* The hierarchies of the recorded machine. No file can be opened through this layout. */
const struct cgw_layout *cgw_replay_layout(const struct cgw_replay *replay) CGW_PURE;
const char *cgw_replay_host(const struct cgw_replay *replay) CGW_PURE;
uint64_t cgw_replay_interval_ns(const struct cgw_replay *replay) CGW_PURE;
/* Identifies the boot of the recorded machine. Counters of different boots are not comparable. */
uint64_t cgw_replay_boot(const struct cgw_replay *replay) CGW_PURE;
const struct cgw_event *cgw_replay_events(const struct cgw_replay *replay, size_t *ret_count);
/* A fact about a group ("unit", "container", "uid"). Returns the length, or -ENOENT. */
int cgw_replay_fact(const struct cgw_replay *replay, uint32_t group, const char *name, char *buffer,
		    size_t size);

/* A summary of the recording, from its index. Times are wall clock times. */
struct cgw_recording_info {
	uint64_t first_ns, last_ns;
	uint64_t samples;
	uint64_t position; /* of the current sample, from 0 */
	uint64_t bytes;    /* on disk */
	uint32_t version;  /* of the format */
};
void cgw_replay_info(const struct cgw_replay *replay, struct cgw_recording_info *ret_info);

/* A sample with events, for timelines. The array is in order of time. */
struct cgw_mark {
	uint64_t realtime_ns;
	uint64_t position;
	uint32_t kinds; /* CGW_EVENT_BIT() of each */
};
const struct cgw_mark *cgw_replay_marks(const struct cgw_replay *replay, size_t *ret_count);

/* A part of the recording that could not be read. Parts are added as they are found. */
struct cgw_damage {
	const char *file;
	uint64_t offset, length; /* bytes */
	const char *what;
};
const struct cgw_damage *cgw_replay_damage(const struct cgw_replay *replay, size_t *ret_count);

#ifdef __cplusplus
}
#endif

#endif
