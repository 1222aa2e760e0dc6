/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* select-groups.h - parsing of column lists, and selection of groups. */
#pragma once

#include <cgward/model.h>

struct field_list {
	struct cgw_field *items;
	size_t count;
	size_t capacity;
};

/*
 * Parses "KEY,KEY,..." into fields. A list that starts with '+' adds to the existing fields, any
 * other replaces them; "all" is every field. -ENOENT or -EINVAL with the reason.
 */
int field_list_parse(struct field_list *list, const char *keys, struct cgw_diag *diag);
void field_list_done(struct field_list *list);

struct group_selection {
	const char *const *globs; /* a group matches any of them; none: all groups */
	size_t glob_count;
	uint32_t depth_max; /* 0: all */
	const char *below;  /* NULL: all */
	struct cgw_field sort;
	bool sorted; /* else by path */
	bool ascending;
	bool tree;
};

/* Selects and sorts groups; `groups` must have space for all groups of the frame. */
int group_select(const struct cgw_frame *frame, const struct group_selection *selection,
		 uint32_t *groups, size_t *ret_count);
