/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field.h - derived fields (rows of fields.def) and identity fields. */
#ifndef CGWARD_LIB_MODEL_FIELD_H
#define CGWARD_LIB_MODEL_FIELD_H

#include <cgward/model.h>

enum field_operation {
	OPERATION_RATE,
	OPERATION_GROWTH,
	OPERATION_CPU_RATE,
	OPERATION_RATIO,
	OPERATION_DIFFERENCE,
	OPERATION_USE,
	OPERATION_CPU_USE,
};

struct derived_field {
	const char *key, *title, *aliases, *help;
	uint8_t unit;
	uint8_t operation;
	int16_t a, b, limit; /* enum cgw_metric, or -1 */
};

const struct derived_field *field_derived(int16_t index);

enum field_identity {
	IDENTITY_GROUP,
	IDENTITY_NAME,
	IDENTITY_DEPTH,
	IDENTITY_ID,
	IDENTITY_HIERARCHIES,
	IDENTITY_CONTROLLERS,
	IDENTITY_KIND,
	IDENTITY_PARTS, /* enum cgw_identity_part, counted from here */
	IDENTITY_COUNT = IDENTITY_PARTS + CGW_PART_COUNT,
};

#endif
