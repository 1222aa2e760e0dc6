/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model.h - what two samples say together: rates, shares, bounds, order, choice.
 *
 * Pure: no file is opened, no clock is read.
 *
 * A field is what a column, a dump key or a condition names: a metric as it was read
 * ("memory.current"), one of its views by suffix, or a derived figure of fields.def ("cpu",
 * "memory.working_set"). Suffixes, on every metric where they mean something:
 *
 *   KEY.rate          a counter's growth a second
 *   KEY.own           without the children, where the kernel's number includes them; of derived
 *                     figures for those that add up ("cpu.own", "io.own")
 *   KEY.effective     a limit: the tightest one between the group and the root
 *   KEY.effective_by  the path of the group that sets it
 *   KEY.percent       of the effective limit it runs against
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
	CGW_VIEW_DERIVED_OWN, /* the same, without the children */
	CGW_VIEW_IDENTITY,    /* "group", "name", "depth", "id", "unit", "container", ... */
};

/* A parsed field: small, copied freely. */
struct cgw_field {
	uint8_t view;  /* enum cgw_view */
	uint8_t unit;  /* enum cgw_unit of its values */
	uint8_t shape; /* enum cgw_shape */
	int16_t index; /* enum cgw_metric, or the row of fields.def or of the identities */
};

/* -ENOENT for an unknown key, with the nearest known one in `diag`; -EINVAL for a suffix that
 * means nothing on that metric. */
int cgw_field_parse(const char *key, struct cgw_field *ret_field, struct cgw_diag *diag);
/* Its canonical key. Returns the length as snprintf does. */
size_t cgw_field_key(struct cgw_field field, char *buffer, size_t size);
const char *cgw_field_title(struct cgw_field field) CGW_PURE;
const char *cgw_field_help(struct cgw_field field) CGW_PURE;
bool cgw_field_equal(struct cgw_field a, struct cgw_field b);
/* The field without the children's share; the field itself where that means nothing. */
struct cgw_field cgw_field_own(struct cgw_field field);
/* Whether its sum over groups of one parent means something: amounts and counts, not shares or bounds. */
bool cgw_field_is_additive(struct cgw_field field) CGW_PURE;
/* Adds all metrics that the field is computed from. */
void cgw_field_metrics(struct cgw_field field, struct cgw_metric_set *set);
/* Identities, metrics and derived fields in the order of listings: i from 0 until -ENOENT. */
int cgw_field_nth(size_t i, struct cgw_field *ret_field);

/* A value of a field. `number` is exact where `exact` holds; `real` is always set with it. */
struct cgw_value {
	enum cgw_state state;
	bool exact; /* an integer that the kernel gave: print `number`, not `real` */
	uint64_t number;
	double real; /* in the field's unit; growth may be negative */
};

enum cgw_row_flag {
	CGW_ROW_NEW = 1,       /* not in the sample before */
	CGW_ROW_RECREATED = 2, /* same path, other directory: another group */
	CGW_ROW_MOVED = 4,     /* joined or left a hierarchy: sources may have changed */
};

/*
 * Two samples, matched. `before` may be NULL: then rates are WARMUP. Holds references to both.
 * A frame is reused from tick to tick: cgw_frame_update() moves `now` to before and takes the next.
 */
struct cgw_frame;
int cgw_frame_new(struct cgw_frame **ret_frame);
struct cgw_frame *cgw_frame_free(struct cgw_frame *frame);
int cgw_frame_update(struct cgw_frame *frame, struct cgw_snapshot *now);
const struct cgw_snapshot *cgw_frame_now(const struct cgw_frame *frame) CGW_PURE;
const struct cgw_snapshot *cgw_frame_before(const struct cgw_frame *frame) CGW_PURE;
/* Seconds between the two, time asleep left out; 0 on the first. */
double cgw_frame_seconds(const struct cgw_frame *frame) CGW_PURE;
unsigned cgw_frame_flags(const struct cgw_frame *frame, uint32_t group) CGW_PURE;
/* Index in the sample before, or CGW_NO_GROUP. */
uint32_t cgw_frame_previous(const struct cgw_frame *frame, uint32_t group) CGW_PURE;
/* Groups of the sample before that are no more: indices into its topology. */
const uint32_t *cgw_frame_removed_groups(const struct cgw_frame *frame, size_t *ret_count);

struct cgw_value cgw_frame_value(const struct cgw_frame *frame, struct cgw_field field,
				 uint32_t group);
/*
 * Fields of shape CGW_STRING: the text, raw bytes, at most `size`-1 of them, terminated. Returns the
 * whole length as snprintf does; `ret_state` says why where there is none (and the text is "").
 */
size_t cgw_frame_text(const struct cgw_frame *frame, struct cgw_field field, uint32_t group,
		      char *buffer, size_t size, enum cgw_state *ret_state);
/* One instance of an instanced field ("nvme0n1"); CGW_ABSENT where there is none. */
struct cgw_value cgw_frame_instance(const struct cgw_frame *frame, struct cgw_field field,
				    uint32_t group, const char *instance);
/* The tightest limit on the way to the root and the group that sets it (CGW_NO_GROUP: none). */
struct cgw_number cgw_frame_effective(const struct cgw_frame *frame, enum cgw_metric limit,
				      uint32_t group, uint32_t *ret_by);

/*
 * What a group is or lies in, told from its path alone by the rows of identities.def: a unit, a
 * container, a pod, a session. Names that an engine keeps for an identifier are cgw_inspect()'s.
 */
enum cgw_identity_kind {
	CGW_IDENTITY_NONE,  /* a plain group */
	CGW_IDENTITY_SLICE, /* of the system's or a user's manager */
	CGW_IDENTITY_UNIT,  /* a service, scope, mount, ... of one of them */
	CGW_IDENTITY_USER,  /* all of a user: its slice, its manager */
	CGW_IDENTITY_SESSION,
	CGW_IDENTITY_APPLICATION, /* Flatpak, snap, or a desktop's application */
	CGW_IDENTITY_JOB,         /* a batch system's */
	CGW_IDENTITY_MACHINE,     /* a virtual machine, or a container that boots like one */
	CGW_IDENTITY_POD,
	CGW_IDENTITY_CONTAINER,
	CGW_IDENTITY_MONITOR, /* an engine's helper beside its container */
	CGW_IDENTITY_KIND_COUNT,
};

/* "service", "container", ...: one word; "group" for a plain one. */
const char *cgw_identity_kind_name(enum cgw_identity_kind kind) CGW_PURE;

/* Each is also a field by the same word ("unit", "container") and absent where it is empty. */
enum cgw_identity_part {
	CGW_PART_ENGINE,      /* "docker", "podman", "kubernetes", "lxc", "libvirt", "snap", ... */
	CGW_PART_CONTAINER,   /* its identifier, or its name where the path holds that */
	CGW_PART_POD,         /* uid as Kubernetes writes it, or Podman's identifier */
	CGW_PART_QOS,         /* "guaranteed", "burstable", "besteffort" */
	CGW_PART_UNIT,        /* the innermost: a user manager's where the group is below one */
	CGW_PART_SYSTEM_UNIT, /* of the system's manager: "user@1000.service" there */
	CGW_PART_SLICE,       /* the innermost */
	CGW_PART_SESSION,
	CGW_PART_UID, /* whose slice, manager or job it is, in digits */
	CGW_PART_APPLICATION,
	CGW_PART_COUNT,
};

const char *cgw_identity_part_name(enum cgw_identity_part part) CGW_PURE;

/* Raw bytes, as the path has them: a component's length at most. Copied freely. */
struct cgw_identity {
	enum cgw_identity_kind kind; /* of the innermost thing that was recognised */
	unsigned below;              /* components beneath that thing; 0: the group itself */
	char text[CGW_PART_COUNT][256];
};

/* Never fails: a path that is nothing known leaves CGW_IDENTITY_NONE and empty parts. */
void cgw_identity_from_path(const char *path, struct cgw_identity *ret_identity);

/*
 * Globs over paths: '*' within a component, '**' over any number of them, '?', [a-z], [!a-z],
 * {a,b}; a pattern without '/' is matched against the last component alone.
 */
bool cgw_glob_match(const char *pattern, const char *path);
/* -EINVAL with the position for an unclosed bracket or brace. */
int cgw_glob_check(const char *pattern, struct cgw_diag *diag);

enum cgw_order_flag {
	CGW_ORDER_ASCENDING = 1, /* numbers: the least first */
	CGW_ORDER_TREE = 2,
	CGW_ORDER_TEXT_DESCENDING = 4, /* texts, which begin with A otherwise: the last first */
};

/*
 * Sorts `groups` (indices of the frame's groups) by a field, texts by their first eight bytes; ties
 * and missing values by path, so that the order is total and still. With CGW_ORDER_TREE siblings are sorted below their parent.
 * Works in `scratch`, which is grown as needed and kept by the caller: no allocation when it fits.
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
