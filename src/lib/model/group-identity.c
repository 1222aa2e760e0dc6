/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-identity.c - unit, container, owner and controllers from the path and the layout. */
#include <string.h>

#include "lib/model/group-identity.h"

static enum cgw_truth truth_of(bool holds)
{
	return holds ? CGW_TRUE : CGW_FALSE;
}

/* Matches the text of a field such as "unit". */
static enum cgw_truth field_matches(const struct cgw_frame *frame, uint32_t group, const char *key,
				    const char *pattern)
{
	struct cgw_field field;
	enum cgw_state state;
	char text[512];

	if (cgw_field_parse(key, &field, NULL) < 0)
		return CGW_UNKNOWN;
	cgw_frame_text(frame, field, group, text, sizeof(text), &state);
	return truth_of(state == CGW_OK && cgw_glob_match(pattern, text));
}

/* Matches any word of the comma-separated list. */
static enum cgw_truth controller_matches(const struct cgw_frame *frame, uint32_t group,
					 const char *pattern)
{
	struct cgw_field field;
	enum cgw_state state;
	char text[512], *rest = text, *word;

	if (cgw_field_parse("controllers", &field, NULL) < 0)
		return CGW_UNKNOWN;
	cgw_frame_text(frame, field, group, text, sizeof(text), &state);
	while ((word = strsep(&rest, ",")) != NULL)
		if (cgw_glob_match(pattern, word))
			return CGW_TRUE;
	return CGW_FALSE;
}

/* The engine of a container, else "systemd" in a unit, else "nobody". */
static enum cgw_truth owner_matches(const struct cgw_frame *frame, uint32_t group,
				    const char *pattern)
{
	if (field_matches(frame, group, "engine", "?*") == CGW_TRUE)
		return field_matches(frame, group, "engine", pattern);
	if (field_matches(frame, group, "unit", "?*") == CGW_TRUE)
		return truth_of(cgw_glob_match(pattern, "systemd"));
	return truth_of(cgw_glob_match(pattern, "nobody"));
}

enum cgw_truth subject_by_path(const struct cgw_frame *frame, uint32_t group,
			       enum cgw_subject subject, const char *pattern)
{
	switch (subject) {
	case CGW_SUBJECT_UNIT:
		return field_matches(frame, group, "unit", pattern);
	case CGW_SUBJECT_CONTAINER:
		return field_matches(frame, group, "container", pattern);
	case CGW_SUBJECT_OWNER:
		return owner_matches(frame, group, pattern);
	case CGW_SUBJECT_CONTROLLER:
		return controller_matches(frame, group, pattern);
	default:
		return CGW_UNKNOWN;
	}
}
