/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field.h - derived fields (rows of fields.def) and identity fields. */
#pragma once

#include "lib/base/suggest.h"
#include <cgward/model.h>

enum field_operation {
	OPERATION_RATE,
	OPERATION_GROWTH,
	OPERATION_CPU_RATE,
	OPERATION_BUSY,
	OPERATION_THROTTLED,
	OPERATION_DIFFERENCE,
	OPERATION_SUM,
	OPERATION_SHARE,
	OPERATION_TIME_TO,
	OPERATION_USE,
	OPERATION_CPU_USE,
	OPERATION_THREAD_TIME,
};

/* Rows of fields.def. */
enum field_id {
#define FIELD(id, ...) FIELD_##id,
#include <cgward/fields.def>
#undef FIELD
};

struct derived_field {
	const char *key, *title, *aliases, *help;
	uint8_t unit;
	uint8_t operation;
	int16_t a, b, limit; /* enum cgw_metric, or -1 */
};

const struct derived_field *field_derived(int16_t index);
/* False for a field that no key names: its view or index is not one of the tables. */
bool field_is_valid(struct cgw_field field);
/* Rows of the table of each view. */
extern const uint16_t field_row_counts[CGW_VIEW_DERIVED_BY + 1];
/* Whether the view has a row with that index: all that reading a value needs, and cheap. */
static inline bool field_has_row(struct cgw_field field)
{
	return field.view <= CGW_VIEW_DERIVED_BY &&
	       (uint16_t)field.index < field_row_counts[field.view];
}
/* Offers every key; for "FILE:KEY" those of the files, of which the nearest is kept in `buffer`. */
#define FIELD_SOURCE_KEY_SIZE 64
void field_suggest(struct suggestion *nearest, char buffer[FIELD_SOURCE_KEY_SIZE]);

/* The value is a percentage of a limit. */
bool field_is_share(struct cgw_field field);
/* Percent of a whole. Of nothing, anything is all: 100, and nothing is 0. */
double field_percent(double part, double whole);
/* The group that determines the value: whose limit throttles most; or CGW_NO_GROUP. */
uint32_t field_determined_by(const struct cgw_frame *frame, const struct derived_field *field,
			     uint32_t group, enum cgw_state *ret_state);

enum field_identity {
	IDENTITY_GROUP,
	IDENTITY_NAME,
	IDENTITY_DEPTH,
	IDENTITY_ID,
	IDENTITY_IDS,
	IDENTITY_HIERARCHIES,
	IDENTITY_CONTROLLERS,
	IDENTITY_KIND,
	IDENTITY_PARTS, /* enum cgw_identity_part, counted from here */
	IDENTITY_CONTAINER_NAME = IDENTITY_PARTS + CGW_PART_COUNT,
	IDENTITY_POD_NAME,
	IDENTITY_COUNT,
};
