/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal-line.h - encoding and decoding of one journal line as JSON. Pure. */
#pragma once

#include <jansson.h>

#include <cgward/limit.h>

struct journal_line {
	bool intent;              /* false: the outcome of an earlier intent */
	struct cgw_change change; /* of an outcome: id, group_id, new_value, places */
	enum cgw_outcome outcome;
};

/* New references; NULL: out of memory. */
json_t *journal_line_intent(const struct cgw_change *change);
json_t *journal_line_outcome(const struct cgw_change *change, enum cgw_outcome outcome);

/* Allocates the path and places of the change. -EBADMSG: not a journal line. */
int journal_line_parse(const char *text, size_t length, struct journal_line *ret_line);
/* Frees what journal_line_parse() allocated. */
void journal_change_done(struct cgw_change *change);
