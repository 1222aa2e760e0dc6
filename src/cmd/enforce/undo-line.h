/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-line.h - one line of enforce.state. */
#pragma once

#include <cgward/limit.h>

/* Who set the value: a rule's value is restored after a crash, a standing limit may be kept. */
enum undo_store_level { STORE_STANDING, STORE_RULE, STORE_LEVEL_COUNT };

struct undo_record {
	enum undo_store_level level;
	enum cgw_control control; /* CGW_CONTROL_NONE: the group was frozen */
	uint64_t group_id;        /* 0: a unit, whose setting outlives the group of `path` */
	size_t hierarchy;         /* of `group_id`, and of the file that was written */
	uint64_t live_id; /* of the unit's group when this run wrote the value; not on disk */
	size_t live_hierarchy;
	bool persistent;      /* not restored after a crash */
	bool left;            /* another process changed the value: it is never restored */
	const char *path;     /* raw bytes */
	const char *instance; /* the device, page size or resource, or "" */
	const char *old;
	const char *kept;  /* what the kernel made of the last value; NULL: nothing was written */
	const char *asked; /* the last value as in the policy; written, or about to be; or NULL */
	const char *drop_ins; /* of the unit, created for the value, one per line; or NULL */
};

/* The line with its newline, in allocated memory; a path of any length. `removed`: an "end". */
int undo_line_format(const struct cgw_layout *layout, const struct undo_record *record,
		     bool removed, char **ret_line);
/*
 * Parses a line in place; the record points into it. -ENOENT: a hierarchy or control that does not
 * exist here. -EBADMSG: a torn line, or one of an unknown version.
 */
int undo_line_parse(const struct cgw_layout *layout, char *line, struct undo_record *ret_record,
		    bool *ret_removed);
