/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sample-code.h - a sample as bytes: on its own (a key), or as its difference from the sample before.
 *
 * The sections of a payload, in this order: times; key: recorder, layout, columns; topology; read
 * times; machine; one section a column; events.
 */
#ifndef CGWARD_LIB_RECORDING_SAMPLE_CODE_H
#define CGWARD_LIB_RECORDING_SAMPLE_CODE_H

#include "lib/recording/event-list.h"
#include "lib/sample/snapshot.h"

/* Says of a column what differs; each bit announces a part, which follow in this order. */
enum column_flag {
	COLUMN_STATES = 1,    /* runs of states */
	COLUMN_VALUES = 2,    /* steps of values, one a group */
	COLUMN_STANDS_IN = 4, /* the root's figure is the machine's */
	COLUMN_SUM = 8,       /* values are the sums of instances, and not written */
	COLUMN_NAMES = 16,    /* groups whose instances have other names than before */
	COLUMN_INSTANCE_STATES = 32,
	COLUMN_INSTANCE_VALUES = 64,
	COLUMN_TEXTS = 128, /* texts that differ */
};

enum topology_op { TOPOLOGY_END, TOPOLOGY_KEEP, TOPOLOGY_DROP, TOPOLOGY_INSERT };

/* The figures of struct cgw_system_stat in the order of the file, which only grows at its end. */
#define MACHINE_NUMBER_MAX 64
size_t machine_to_numbers(const struct cgw_system_stat *machine, struct cgw_number *numbers);
void machine_from_numbers(const struct cgw_number *numbers, size_t count,
			  struct cgw_system_stat *ret_machine);

/* --- writing --- */

struct encoder {
	const struct cgw_recorder_options *options;
	struct bytes layout, columns, part; /* scratch */
	uint64_t *old_values;               /* [group] */
	uint8_t *old_states;
	uint32_t *previous;
	size_t group_size;
};

/* Can the newer sample of a frame be told as a difference from the older one? */
bool sample_can_follow(const struct cgw_frame *frame);
/* The frame's newer sample; `out` is emptied first. `key`: without regard to the older one. */
int sample_encode(struct encoder *encoder, const struct cgw_frame *frame, bool key,
		  const struct event_list *events, struct bytes *out);
void encoder_done(struct encoder *encoder);

void layout_encode(const struct cgw_layout *layout, struct bytes *out);

/* Where a column's figures come from: the new snapshot, and the old one mapped to its groups. */
struct column_delta {
	const struct cgw_snapshot *now, *before; /* NULL: a key */
	const uint32_t *previous;                /* [group], CGW_NO_GROUP: as if absent before */
	uint32_t count;
	int column;
	uint64_t *old_values;
	uint8_t *old_states;
};
void column_encode(const struct column_delta *delta, struct bytes *part);

/* --- reading --- */

/* A recorded machine's hierarchies, kept as long as the decoder: topologies point to them. */
struct known_layout {
	struct known_layout *next;
	struct cgw_layout *layout;
	size_t length;
	uint8_t bytes[]; /* as they stand in the file: equal bytes are the same layout */
};

/* What the recorder noted about each group: texts one after the other. */
struct fact_list {
	uint32_t *at; /* [group + 1] */
	char *text;
	uint32_t count;
};

struct decoder {
	struct snapshot_pool *pool;
	struct known_layout *layouts;
	const struct cgw_layout *layout;
	/* Of the last key. */
	uint64_t interval_ns;
	char host[256];
	int16_t metric_of[CGW_METRIC_COUNT * 2]; /* by the file's column; -1: not known here */
	size_t column_count;
	struct cgw_metric_set wanted;
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
 * Decodes a payload after the decoder's last sample, which it replaces. On failure (-EBADMSG,
 * -ENOMEM) there is no last sample any more.
 */
int sample_decode(struct decoder *decoder, bool key, const struct sample_times *times,
		  struct cursor *in);
/* Forgets the last sample. */
void decoder_reset(struct decoder *decoder);
void decoder_done(struct decoder *decoder);

/* A layout whose descriptors are closed. -EBADMSG, -ENOMEM. */
int layout_decode(struct cursor *in, struct cgw_layout **ret_layout);

/*
 * The topology section. `old` may be NULL. Sets `ret_previous` ([group], allocated) to where each
 * group was; `ret_topology` is a new reference, to the old one where nothing changed.
 */
int topology_decode(struct cursor *in, struct topology *old, uint32_t hierarchy_count,
		    struct fact_list *facts, struct topology **ret_topology,
		    uint32_t **ret_previous);

/* One column into `now`, from its section. */
struct column_target {
	struct cgw_snapshot *now;
	const struct cgw_snapshot *before; /* or NULL */
	const uint32_t *previous;
	int column;
};
int column_decode(const struct column_target *target, struct cursor *in);

#endif
