/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recording.h - samples kept on disk, and read again as if they were taken now.
 *
 * A recorder appends samples to a file, or to a directory of files, one block a sample; a replay
 * yields them as snapshots and frames, so that whatever works on live samples works on recorded
 * ones. The format is described in docs/RECORDING.md. A recording may be read while it is
 * written; what is damaged is left out and named.
 */
#ifndef CGWARD_RECORDING_H
#define CGWARD_RECORDING_H

#include <cgward/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a recording holds beside the figures. On disk: added to, never renumbered. */
enum cgw_event_kind {
	CGW_EVENT_APPEARED,
	CGW_EVENT_GONE,
	CGW_EVENT_RECREATED, /* another group under the same path */
	CGW_EVENT_OOM_KILL,
	CGW_EVENT_LIMIT,   /* a limit or a setting has another value */
	CGW_EVENT_ACTION,  /* of a policy, or of a person through cgward */
	CGW_EVENT_CLOCK,   /* the wall clock was set */
	CGW_EVENT_SUSPEND, /* the machine slept */
	CGW_EVENT_START,   /* a recorder began here, another one ended before */
	CGW_EVENT_GAP,     /* samples are missing: the disk was full, the recorder stopped */
	CGW_EVENT_KIND_COUNT,
};

#define CGW_EVENT_BIT(kind)  (UINT32_C(1) << (kind))
#define CGW_EVENT_EVERY_KIND (CGW_EVENT_BIT(CGW_EVENT_KIND_COUNT) - 1)

/* One word: "appeared", "gone", "oom-kill", ... */
const char *cgw_event_kind_name(enum cgw_event_kind kind) CGW_PURE;

/* Texts are raw bytes, terminated, "" where there is nothing to say. */
struct cgw_event {
	enum cgw_event_kind kind;
	uint64_t realtime_ns;
	const char *path;                         /* of the group; "" for the machine */
	uint64_t group_id;                        /* directory inode, or 0 */
	const char *key;                          /* LIMIT: the metric; ACTION: what was done */
	struct cgw_number old_number, new_number; /* LIMIT; OOM_KILL: new is how many;
						   * CLOCK, SUSPEND, GAP: new is nanoseconds */
	const char *who;                          /* "cgward set", "rule mem-runaway"; "" unknown */
	const char *why; /* the rule's condition, the instance whose limit it is */
};

/* --- Recording --- */

struct cgw_recorder_options {
	uint64_t size_max_bytes; /* on disk; 0: no bound */
	uint64_t age_max_ns;     /* 0: no bound */
	uint64_t interval_ns;    /* between samples, as planned: what is longer is a gap */
	const char *const
		*globs; /* record only groups that match one, and those above; NULL: all */
	size_t glob_count;
	const char *host; /* or NULL */
	const char
		*boot_id; /* of the running kernel, so that rates do not cross a reboot; or NULL */
	/*
	 * Asked once for each new group: lines "name=value\n" about it (unit, container, uid), at
	 * most `size`-1 bytes. Returns their length, 0 for none. NULL: nothing is asked.
	 */
	size_t (*facts)(void *context, const struct cgw_topology *topology, uint32_t group,
			char *buffer, size_t size);
	void *facts_context;
	/*
	 * Asked for each limit that changed, by its metric's key, between two samples' times of the
	 * wall clock: writes who did that, or "". NULL: nobody is asked.
	 */
	void (*who)(void *context, const char *path, const char *key, uint64_t since_ns,
		    uint64_t until_ns, char *buffer, size_t size);
	void *who_context;
};

struct cgw_recorder;

/*
 * `path` is a directory (made by the caller, or ending in '/': then it is made here) or a file.
 * What is there already is continued; a torn last block is cut off. -EBUSY: another recorder
 * writes there. -EBADMSG: a file that is no recording. -EOPNOTSUPP: a bound on a single file, on
 * a file system that cannot give back a file's beginning.
 */
int cgw_recorder_open(const char *path, const struct cgw_recorder_options *options,
		      struct cgw_recorder **ret_recorder, struct cgw_diag *diag);
/* Writes the index of what was not indexed yet. Accepts NULL, returns NULL. */
struct cgw_recorder *cgw_recorder_free(struct cgw_recorder *recorder);
/*
 * Appends one sample with its events. On failure (-ENOSPC, -EIO, ...) nothing of it stays in the
 * file, its events wait for the next one, and the next call may succeed. The snapshot stays
 * referenced.
 */
int cgw_recorder_sample(struct cgw_recorder *recorder, struct cgw_snapshot *snapshot,
			struct cgw_diag *diag);
/* Adds an event to the next sample: policy actions, changes by cgward. */
int cgw_recorder_event(struct cgw_recorder *recorder, const struct cgw_event *event);

struct cgw_recorder_stats {
	uint64_t samples;       /* written */
	uint64_t lost;          /* could not be written */
	uint64_t bytes_written; /* since it was opened */
	uint64_t cost_ns;       /* CPU time of it all */
};
struct cgw_recorder_stats cgw_recorder_stats(const struct cgw_recorder *recorder) CGW_PURE;

/* --- Replay --- */

struct cgw_replay;

/*
 * Opens a recording, a file or a directory of them, and stands before its first sample. -ENOENT: no
 * such file; -EBADMSG: no recording, or one of a newer format; -ENODATA: no sample can be read.
 */
int cgw_replay_open(const char *path, struct cgw_replay **ret_replay, struct cgw_diag *diag);
struct cgw_replay *cgw_replay_free(struct cgw_replay *replay);

/*
 * Moves. Each returns 1 when the replay stands at a sample then, 0 when there is none that way
 * (and it stays where it is), or a negative error. Damaged parts are passed over.
 */
int cgw_replay_next(struct cgw_replay *replay);
int cgw_replay_previous(struct cgw_replay *replay);
int cgw_replay_first(struct cgw_replay *replay);
int cgw_replay_last(struct cgw_replay *replay);
/*
 * The last sample at or before that wall clock time; 0 where the recording begins later. Where the
 * clock was set back and a time came twice, its first coming.
 */
int cgw_replay_seek(struct cgw_replay *replay, uint64_t realtime_ns);
/* The nearest sample after (before) the present one with an event of these kinds. */
int cgw_replay_next_event(struct cgw_replay *replay, uint32_t kinds);
int cgw_replay_previous_event(struct cgw_replay *replay, uint32_t kinds);
/* Looks for what was written since. Returns 1 when there is more, else 0. */
int cgw_replay_refresh(struct cgw_replay *replay);

/*
 * Where it stands. The frame holds the sample and the one before it; there is none before where
 * the machine was started anew or samples in between are damaged, so that no rate is taken over
 * that. Everything below belongs to the replay and is valid until it moves; a snapshot that is
 * referenced (cgw_snapshot_ref()) must be dropped before the replay is freed, for its topology
 * names the layout.
 */
const struct cgw_frame *cgw_replay_frame(const struct cgw_replay *replay) CGW_PURE;
struct cgw_snapshot *cgw_replay_snapshot(const struct cgw_replay *replay) CGW_PURE;
/* The recorded machine's hierarchies; no file can be opened through it. */
const struct cgw_layout *cgw_replay_layout(const struct cgw_replay *replay) CGW_PURE;
const char *cgw_replay_host(const struct cgw_replay *replay) CGW_PURE;
uint64_t cgw_replay_interval_ns(const struct cgw_replay *replay) CGW_PURE;
/* Tells boots of the machine apart: counters of two of them have nothing in common. */
uint64_t cgw_replay_boot(const struct cgw_replay *replay) CGW_PURE;
const struct cgw_event *cgw_replay_events(const struct cgw_replay *replay, size_t *ret_count);
/* What the recorder noted about a group ("unit", "container", "uid"): its length, or -ENOENT. */
int cgw_replay_fact(const struct cgw_replay *replay, uint32_t group, const char *name, char *buffer,
		    size_t size);

/* What is in it, without reading it. Times are of the wall clock. */
struct cgw_recording_info {
	uint64_t first_ns, last_ns;
	uint64_t samples;
	uint64_t position; /* of the present sample, from 0 */
	uint64_t bytes;    /* on disk */
	uint32_t version;  /* of the format */
};
void cgw_replay_info(const struct cgw_replay *replay, struct cgw_recording_info *ret_info);

/* For timelines: each sample that has events, in order. */
struct cgw_mark {
	uint64_t realtime_ns;
	uint64_t position;
	uint32_t kinds; /* CGW_EVENT_BIT() of each */
};
const struct cgw_mark *cgw_replay_marks(const struct cgw_replay *replay, size_t *ret_count);

/* What could not be read so far: known parts grow as damaged blocks are met. */
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
