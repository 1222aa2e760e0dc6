/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model.h - fields derived from two samples: rates, percentages, effective limits; sorting, globs.
 *
 * This module opens no file and reads no clock.
 *
 * A field is the value of a column, a dump key or a condition: a metric as it was read
 * ("memory.current"), a metric with a suffix, or a derived field of fields.def ("cpu",
 * "memory.working_set"). Suffixes, each valid for the metrics to which it applies:
 *
 *   KEY.rate          growth of a counter per second
 *   KEY.own           the group without its descendants, for metrics and derived fields that
 *                     include them and can be summed ("cpu.own", "io.own"); its own limit only, for
 *                     "cpu.throttled_percent.own"
 *   KEY.effective     the tightest limit between the group and the root
 *   KEY.effective_by  the path of the group with that limit, or that throttles the group most
 *   KEY.percent       percent of the effective limit on this metric; absent without a limit
 *
 * FILE:KEY names what is read from that key of a kernel file: "memory.stat:anon" is "memory.anon".
 * Keys of cpu.stat, memory.stat, memory.events and cgroup.stat that no metric reads are named this
 * way only. Their values are in the unit of the kernel, and .rate is valid for them.
 */
#ifndef CGWARD_MODEL_H
#define CGWARD_MODEL_H

#include <cgward/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_view {
	CGW_VIEW_VALUE,
	CGW_VIEW_RATE,
	CGW_VIEW_OWN,
	CGW_VIEW_EFFECTIVE,
	CGW_VIEW_EFFECTIVE_BY,
	CGW_VIEW_PERCENT,
	CGW_VIEW_DERIVED,     /* a row of fields.def */
	CGW_VIEW_DERIVED_OWN, /* a row of fields.def, without descendants */
	CGW_VIEW_IDENTITY,    /* "group", "name", "depth", "id", "unit", "container", ... */
	CGW_VIEW_DERIVED_BY,  /* the group that a row of fields.def is determined by */
};

/*
 * A parsed field. Copy it by value. A view or index that no key has names nothing: its key, title
 * and help are "", and it has no value.
 */
struct cgw_field {
	uint8_t view;  /* enum cgw_view */
	uint8_t unit;  /* enum cgw_unit of its values */
	uint8_t shape; /* enum cgw_shape */
	int16_t index; /* enum cgw_metric, or the row in fields.def or in the identity fields */
	char instance[CGW_INSTANCE_KEY_SIZE]; /* the only instance of the metric, or "" */
};

/*
 * Parses a key with an optional suffix. Returns -ENOENT for an unknown key, with the nearest known
 * one in `diag`, and -EINVAL for a suffix that does not apply to that metric.
 */
int cgw_field_parse(const char *key, struct cgw_field *ret_field, struct cgw_diag *diag);
/* Writes the canonical key. Returns its length, as snprintf() does. */
size_t cgw_field_key(struct cgw_field field, char *buffer, size_t size);
/* Writes the column heading. Returns its length, as snprintf() does. */
size_t cgw_field_title(struct cgw_field field, char *buffer, size_t size);
/* One sentence without a full stop. */
const char *cgw_field_help(struct cgw_field field) CGW_PURE;
bool cgw_field_equal(struct cgw_field a, struct cgw_field b);
/* The ".own" variant of a field, or the field itself if there is none. */
struct cgw_field cgw_field_own(struct cgw_field field);
/* True if the values of a group include its descendants. */
bool cgw_field_includes_descendants(struct cgw_field field) CGW_PURE;
/* True if the value of a group is computed from those of its children: what they leave. */
bool cgw_field_needs_children(struct cgw_field field) CGW_PURE;
/* True if values of sibling groups can be summed: amounts and counts, not percentages or limits. */
bool cgw_field_is_additive(struct cgw_field field) CGW_PURE;
/* Adds all metrics that the field is computed from to `set`. */
void cgw_field_metrics(struct cgw_field field, struct cgw_metric_set *set);
/* Lists identity fields, metrics and derived fields: i from 0 until -ENOENT. */
int cgw_field_nth(size_t i, struct cgw_field *ret_field);

/* A value in the unit of its field. `real` is always valid, `number` only if `exact` is set. */
struct cgw_value {
	enum cgw_state state;
	bool exact; /* an integer from the kernel: print `number`, not `real` */
	uint64_t number;
	double real; /* negative if a value decreased */
};

enum cgw_row_flag {
	CGW_ROW_NEW = 1,       /* the group was not in the previous sample */
	CGW_ROW_RECREATED = 2, /* same path, but another directory: another group */
	CGW_ROW_MOVED = 4,     /* was added to or removed from a hierarchy: sources may differ */
};

/*
 * A frame compares two consecutive snapshots and holds a reference to both. It is reused for every
 * sample: cgw_frame_update() makes the current snapshot the previous one and adds the next. After
 * the first update there is no previous snapshot, and rates are CGW_WARMUP. Fails with -ENOMEM
 * only. Free with cgw_frame_free(), which accepts NULL and returns NULL.
 */
struct cgw_frame;
int cgw_frame_new(struct cgw_frame **ret_frame);
struct cgw_frame *cgw_frame_free(struct cgw_frame *frame);
int cgw_frame_update(struct cgw_frame *frame, struct cgw_snapshot *now);
/* The current and the previous snapshot, or NULL. */
const struct cgw_snapshot *cgw_frame_now(const struct cgw_frame *frame) CGW_PURE;
const struct cgw_snapshot *cgw_frame_before(const struct cgw_frame *frame) CGW_PURE;
/* Seconds between the snapshots, without time in suspend; 0 without a previous snapshot. */
double cgw_frame_seconds(const struct cgw_frame *frame) CGW_PURE;
/* A mask of enum cgw_row_flag; 0 for a group that is not in the snapshot. */
unsigned cgw_frame_flags(const struct cgw_frame *frame, uint32_t group) CGW_PURE;
/* The index of the group in the previous snapshot, or CGW_NO_GROUP. */
uint32_t cgw_frame_previous(const struct cgw_frame *frame, uint32_t group) CGW_PURE;
/* Groups that were removed since the previous snapshot: indices into its topology. */
const uint32_t *cgw_frame_removed_groups(const struct cgw_frame *frame, size_t *ret_count);

/* The value of a field of a group; for CGW_INSTANCES the sum over all instances. */
struct cgw_value cgw_frame_value(const struct cgw_frame *frame, struct cgw_field field,
				 uint32_t group);
/*
 * The text of a CGW_STRING field: at most `size` - 1 raw bytes, terminated. Returns the length of
 * the whole text, as snprintf() does. Without a text, `buffer` is "" and `ret_state` is the reason.
 */
size_t cgw_frame_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
		      char *buffer, size_t size, enum cgw_state *ret_state);
/* The value of one instance ("nvme0n1") of a CGW_INSTANCES field; CGW_ABSENT if there is none. */
struct cgw_value cgw_frame_instance(const struct cgw_frame *frame, struct cgw_field field,
				    uint32_t group, const char *instance);
/* The tightest limit between the group and the root, and the group with it (or CGW_NO_GROUP). */
struct cgw_number cgw_frame_effective(const struct cgw_frame *frame, enum cgw_metric limit,
				      uint32_t group, uint32_t *ret_by);

/*
 * Matches a path with a glob: '*' within a component, '**' across components, '?', [a-z], [!a-z],
 * {a,b}. A pattern without '/' is compared with the last component only. Names may be escaped as by
 * cgw_escape().
 */
bool cgw_glob_match(const char *pattern, const char *path);
/* Returns -EINVAL for an unclosed bracket or brace, with its position in `diag`. */
int cgw_glob_check(const char *pattern, struct cgw_diag *diag);

enum cgw_order_flag {
	CGW_ORDER_ASCENDING = 1,       /* numbers: smallest first; default: largest first */
	CGW_ORDER_TREE = 2,            /* sort siblings below their parent */
	CGW_ORDER_TEXT_DESCENDING = 4, /* texts: Z to A; default: A to Z */
};

/*
 * Sorts `groups` (indices into the frame) by a field; texts by their first eight bytes. Ties and
 * missing values are sorted by path, so the order is total and stable between samples. `scratch` is
 * grown as needed and reused: no memory is allocated if it is large enough. Start with zeroed
 * memory and free it with cgw_order_scratch_done(). Fails with -ENOMEM only.
 */
struct cgw_order_scratch {
	void *memory;
	size_t size;
};
int cgw_order(const struct cgw_frame *frame, struct cgw_field field, unsigned flags,
	      uint32_t *groups, size_t count, struct cgw_order_scratch *scratch);
void cgw_order_scratch_done(struct cgw_order_scratch *scratch);

#ifdef __cplusplus
}
#endif

#endif
