/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-keys.h - keys of the policy file and the types of their values. */
#pragma once

#include "lib/policy/policy-priv.h"

struct key;
/* Stores `value` in `member`; errors are reported with the current line. */
typedef void parse_value(struct policy_loading *loading, const struct key *key, void *member,
			 const char *value);

/* One word of a key that accepts a few fixed words. */
struct choice {
	const char *word;
	unsigned value;
};

struct key_type {
	parse_value *parse;
	const struct choice *choices;
	bool repeatable;
};

struct key {
	const char *name, *syntax, *help;
	const struct key_type *type;
	unsigned kinds;      /* bits of enum cgw_section_kind */
	size_t offset, size; /* of the member in struct section or struct cgw_policy */
	double min, max;
};

#define TYPE(name) extern const struct key_type key_type_##name;
TYPE(DURATION)
TYPE(NUMBER)
TYPE(REAL)
TYPE(ABSOLUTE)
TYPE(SIZE)
TYPE(FIELDS)
TYPE(LISTEN)
TYPE(COMMAND)
TYPE(GROUP)
TYPE(EXPRESSION)
TYPE(BACKOFF)
TYPE(GLOB_LIST)
TYPE(SUBJECT_LIST)
TYPE(ACTION_LIST)
TYPE(STEP_LIST)
TYPE(MODE)
TYPE(BACKEND)
TYPE(ON_EXIT)
TYPE(CONFLICT)
TYPE(ALLOW)
TYPE(APPLY)
TYPE(MISSING)
TYPE(BOOLEAN)
TYPE(SCOPE)
TYPE(PICK)
#undef TYPE
