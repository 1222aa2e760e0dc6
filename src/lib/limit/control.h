/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.h - rows of controls.def and the kernel files that they are written to. */
#pragma once

#include <cgward/limit.h>

/* The syntax of a value. */
enum control_form {
	FORM_AMOUNT,
	FORM_BANDWIDTH, /* cpu.max: a quota and its period */
	FORM_FLAG,
	FORM_LIST,
	FORM_WORD,
	FORM_TOGGLES,
	FORM_DEVICES,
	FORM_SETTINGS, /* key=value words of one device, in one write */
	FORM_FAMILY,   /* several controls of one device */
};

/* The resource of the host that "50%" refers to. */
enum control_capacity {
	CAPACITY_NONE,
	CAPACITY_CPUS, /* plain percentages are of one CPU, "of host" of all CPUs */
	CAPACITY_MEMORY,
	CAPACITY_SWAP,
	CAPACITY_PIDS,
};

/* The D-Bus type of a value in SetUnitProperties. */
enum control_property {
	PROPERTY_NONE,
	PROPERTY_NUMBER,        /* t, in the unit of the row */
	PROPERTY_BANDWIDTH,     /* t, microseconds per second, and the period unless 100 ms */
	PROPERTY_DEVICE_NUMBER, /* a(st) */
	PROPERTY_DEVICE_TIME,   /* a(st), microseconds */
	PROPERTY_BITS,          /* ay, a bit mask */
	PROPERTY_DEVICES,       /* a(ss) */
};

struct control_row {
	struct cgw_control_info info;
	uint8_t form;                     /* enum control_form */
	uint8_t capacity;                 /* enum control_capacity */
	const struct cgw_source *sources; /* of an action; NULL: the sources of the metric */
	uint8_t source_count;
	const char *unlimited[3]; /* by version: the kernel's word for "no limit" */
	bool nonblock;            /* opened with O_NONBLOCK */
	const char *argument;     /* key of an optional "key=N" after the value, or NULL */
	uint64_t argument_maximum;
	uint16_t guard_percent[3]; /* by version: lowest percentage of `guard`; 0: any value */
	int16_t guard;             /* the metric of current use */
	bool reclaimable;          /* `reclaim_by` reclaims for a lower value */
	int16_t reclaim_by[3];     /* by version */
	bool bounded;              /* never above the control `at_most` */
	bool undoable;             /* an action that the same value of control `undo_by` undoes */
	int16_t at_most, undo_by;
	bool excluded; /* rejected unless the flag `not_with` is 0 */
	int16_t not_with;
	const char *property;  /* systemd's name, or NULL */
	uint8_t property_kind; /* enum control_property */
	bool property_on_v1;
};

const struct control_row *control_row(enum cgw_control control) CGW_PURE;

/*
 * Finds the hierarchy and the source for writing a control of a group: the first source that the
 * layout provides and whose file the group has. -ENOENT: the group has no such file; -EOPNOTSUPP:
 * the layout provides no source.
 */
int control_place(const struct cgw_layout *layout, enum cgw_control control, const char *path,
		  size_t *ret_hierarchy, const struct cgw_source **ret_source);

/* The same, and the group's directory there, to be closed by the caller; -1: no such file. */
struct control_place {
	size_t hierarchy;
	const struct cgw_source *source;
	int directory;
	uint64_t group_id;
};
int control_open(const struct cgw_layout *layout, enum cgw_control control, const char *path,
		 struct control_place *ret_place);
