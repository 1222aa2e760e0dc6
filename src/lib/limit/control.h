/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* control.h - a row of controls.def, and where it is written on a layout. */
#ifndef CGWARD_LIB_LIMIT_CONTROL_H
#define CGWARD_LIB_LIMIT_CONTROL_H

#include <cgward/limit.h>

/* How an operator's words are understood. */
enum control_form {
	FORM_AMOUNT,
	FORM_BANDWIDTH, /* cpu.max: a quota and the period it is counted over */
	FORM_FLAG,
	FORM_LIST,
	FORM_WORD,
	FORM_TOGGLES,
	FORM_DEVICES,
	FORM_FAMILY, /* several controls of one device in one value */
};

/* What "50%" is a half of, where it is the machine's. */
enum control_capacity {
	CAPACITY_NONE,
	CAPACITY_CPUS, /* percent are of one CPU; "of host" is all of them */
	CAPACITY_MEMORY,
	CAPACITY_SWAP,
	CAPACITY_PIDS,
};

/* How a value becomes an argument of SetUnitProperties. */
enum control_property {
	PROPERTY_NONE,
	PROPERTY_NUMBER,        /* t, in the unit of the row */
	PROPERTY_BANDWIDTH,     /* t, microseconds a second, and the period when it is not 100 ms */
	PROPERTY_DEVICE_NUMBER, /* a(st) */
	PROPERTY_DEVICE_TIME,   /* a(st), microseconds */
	PROPERTY_BITS,          /* ay, a bit mask */
	PROPERTY_DEVICES,       /* a(ss) */
};

struct control_row {
	struct cgw_control_info info;
	uint8_t form;                     /* enum control_form */
	uint8_t capacity;                 /* enum control_capacity */
	const struct cgw_source *sources; /* of an action; NULL: those of the metric */
	uint8_t source_count;
	const char *unlimited[3];  /* by version: what the kernel reads as "no limit" */
	uint16_t guard_percent[3]; /* by version: least percent of `guard` that is let in; 0: any */
	int16_t guard;             /* the metric that says what is in use */
	bool reclaimable;          /* `reclaim_by` makes room for a lower value */
	int16_t reclaim_by[3];     /* by version */
	bool bounded;              /* never above the control `at_most` */
	bool undoable; /* an action that control `undo_by` takes back, by the same value */
	int16_t at_most, undo_by;
	const char *property;  /* systemd's name, or NULL */
	uint8_t property_kind; /* enum control_property */
	bool property_on_v1;
};

const struct control_row *control_row(enum cgw_control control) CGW_PURE;

/*
 * The hierarchy and the source through which a control is written for a group: the first source that
 * the layout offers and whose hierarchy holds the group. -ENOENT: no hierarchy of it holds the group;
 * -EOPNOTSUPP: the layout offers none.
 */
int control_place(const struct cgw_layout *layout, enum cgw_control control, const char *path,
		  size_t *ret_hierarchy, const struct cgw_source **ret_source);

#endif
