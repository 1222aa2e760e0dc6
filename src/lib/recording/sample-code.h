/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sample-code.h - encoding of samples, as a key or as the difference from the previous sample.
 *
 * Sections of a payload, in this order: times; only in a key: recorder, layout, columns; topology;
 * read times; system; one section per column; events.
 */
#pragma once

#include "lib/recording/event-list.h"
#include "lib/sample/snapshot.h"

/* The parts of a column section that follow, in this order. */
enum column_flag {
	COLUMN_STATES = 1,      /* runs of states */
	COLUMN_VALUES = 2,      /* one step per group */
	COLUMN_SYSTEM_WIDE = 4, /* the root's value is the system-wide one */
	COLUMN_SUM = 8,         /* values are the sums of the instances, and are not stored */
	COLUMN_NAMES = 16,      /* groups whose instance names changed */
	COLUMN_INSTANCE_STATES = 32,
	COLUMN_INSTANCE_VALUES = 64,
	COLUMN_TEXTS = 128, /* changed texts */
};

enum topology_op { TOPOLOGY_END, TOPOLOGY_KEEP, TOPOLOGY_DROP, TOPOLOGY_INSERT };

/* The values of struct cgw_system_stat in the order of the file. */
#define SYSTEM_NUMBER_MAX 64
size_t system_to_numbers(const struct cgw_system_stat *system, struct cgw_number *numbers);

/* --- writing --- */

struct encoder {
	const struct cgw_recorder_options *options;
	struct bytes layout, columns, part; /* scratch */
	uint64_t *old_values;               /* [group] */
	uint8_t *old_states;
	uint32_t *previous;
	size_t value_size, state_size, previous_size;
};

/* Whether the newer sample of a frame can be encoded as the difference from the older one. */
bool sample_can_be_delta(const struct cgw_frame *frame);
/* Encodes the newer sample of a frame into `out`, replacing its contents. */
int sample_encode(struct encoder *encoder, const struct cgw_frame *frame, bool key,
		  const struct event_list *events, struct bytes *out);
void encoder_done(struct encoder *encoder);

void layout_encode(const struct cgw_layout *layout, struct bytes *out);

/* One column of the new snapshot, and the old one mapped to its groups. */
struct column_delta {
	const struct cgw_snapshot *now, *before; /* before is NULL for a key */
	const uint32_t *previous;                /* [group], CGW_NO_GROUP: new */
	uint32_t count;
	int column;
	uint64_t *old_values;
	uint8_t *old_states;
};
void column_encode(const struct column_delta *delta, struct bytes *part);

/* --- reading --- */

/* The decoded layouts, each once; topologies point to them, so they outlive all snapshots. */
struct layout_list {
	struct known_layout {
		struct known_layout *next;
		struct cgw_layout *layout;
		size_t length;
		uint8_t bytes[]; /* encoded: equal bytes are the same layout */
	} * first;
	size_t bytes;
};
void layout_list_done(struct layout_list *list);

struct topology_limits {
	uint32_t groups;
	uint16_t depth;
};

/* The notes of the recorder about each group, concatenated. */
struct fact_list {
	uint32_t *at; /* [group + 1] */
	char *text;
	uint32_t count;
};

struct decoder {
	struct layout_list *layouts;   /* owned by the caller */
	struct topology_limits limits; /* 0: those of the format */
	struct snapshot_pool *pool;
	const struct cgw_layout *layout;
	bool selective; /* decode only the metrics in `selected` */
	struct cgw_metric_set selected;
	/* Of the last key. */
	uint64_t interval_ns;
	char host[256];
	int16_t metric_of[CGW_METRIC_COUNT * 2]; /* [column of the file]; -1: skipped */
	size_t column_count;
	struct cgw_metric_set metrics;
	const struct cgw_source *source[CGW_METRIC_COUNT];
	/* Of the last sample. */
	struct cgw_snapshot *last;
	struct topology *topology;
	struct fact_list facts;
	struct event_list events;
};

struct sample_times {
	uint64_t realtime_ns, boottime_ns;
};

/*
 * Decodes the payload that follows the decoder's last sample, and replaces that sample. After a
 * failure (-EBADMSG, -E2BIG: above the limits, -ENOMEM) there is no last sample.
 */
int sample_decode(struct decoder *decoder, bool key, const struct sample_times *times,
		  struct cursor *in);
/* Drops the last sample. */
void decoder_reset(struct decoder *decoder);
void decoder_done(struct decoder *decoder);

/* The decoded layout has no open descriptors. -EBADMSG, -ENOMEM. */
int layout_decode(struct cursor *in, struct cgw_layout **ret_layout);

/*
 * Decodes the topology section; -E2BIG above the limits. `old` may be NULL. Sets `ret_previous`
 * ([group], allocated) to the old index of each group; `ret_topology` is a new reference, to `old`
 * if nothing changed.
 */
int topology_decode(struct cursor *in, const struct topology_limits *limits, struct topology *old,
		    uint32_t hierarchy_count, struct fact_list *facts,
		    struct topology **ret_topology, uint32_t **ret_previous);

/* Decodes one column into `now`. */
struct column_target {
	struct cgw_snapshot *now;
	const struct cgw_snapshot *before; /* or NULL */
	const uint32_t *previous;
	int column;
};
int column_decode(const struct column_target *target, struct cursor *in);
