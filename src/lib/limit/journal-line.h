/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-line.h - one line of the journal as JSON, written and read. Pure. */
#ifndef CGWARD_LIB_LIMIT_JOURNAL_LINE_H
#define CGWARD_LIB_LIMIT_JOURNAL_LINE_H

#include <jansson.h>

#include <cgward/limit.h>

struct journal_line {
	bool intent;              /* else the outcome of an earlier one */
	struct cgw_change change; /* an outcome has id and new_value only */
	enum cgw_outcome outcome;
};

/* New references, NULL when memory is short. */
json_t *journal_line_intent(const struct cgw_change *change);
json_t *journal_line_outcome(uint64_t id, enum cgw_outcome outcome, const char *new_value);

/* -EBADMSG: not a line of a journal. The change's path is allocated. */
int journal_line_parse(const char *text, size_t length, struct journal_line *ret_line);
void journal_line_done(struct journal_line *line);

#endif
