/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-line.h - encoding and decoding of one journal line as JSON. Pure. */
#ifndef CGWARD_LIB_LIMIT_JOURNAL_LINE_H
#define CGWARD_LIB_LIMIT_JOURNAL_LINE_H

#include <jansson.h>

#include <cgward/limit.h>

struct journal_line {
	bool intent;              /* false: the outcome of an earlier intent */
	struct cgw_change change; /* of an outcome only id, group_id and new_value */
	enum cgw_outcome outcome;
};

/* New references; NULL: out of memory. */
json_t *journal_line_intent(const struct cgw_change *change);
/* `group_id`: of the group that the change created, or 0. */
json_t *journal_line_outcome(uint64_t id, enum cgw_outcome outcome, const char *new_value,
			     uint64_t group_id);

/* Allocates the change's path. -EBADMSG: not a journal line. */
int journal_line_parse(const char *text, size_t length, struct journal_line *ret_line);
void journal_line_done(struct journal_line *line);

#endif
