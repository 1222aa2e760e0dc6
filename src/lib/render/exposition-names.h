/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exposition-names.h - a field as a metric family. */
#pragma once

#include <cgward/render.h>

struct exposed_field {
	char name[128]; /* of the family: with the unit, without "_total" */
	const char *unit;
	uint64_t divisor; /* from the unit of the field to the base unit */
	const char *instance_label;
	enum cgw_family_type type;
};

struct exposed_field exposed_field(struct cgw_field field);
