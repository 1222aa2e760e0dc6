/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* select-groups.h - which fields and which groups were asked for. */
#ifndef CGWARD_SHARED_CLI_SELECT_GROUPS_H
#define CGWARD_SHARED_CLI_SELECT_GROUPS_H

#include <cgward/model.h>

struct field_list {
	struct cgw_field *items;
	size_t count;
};

/*
 * Adds the fields of "KEY,KEY,...". A list that starts with '+' adds to what stands there, any other
 * replaces it; "all" is every field. -ENOENT or -EINVAL with the reason.
 */
int field_list_parse(struct field_list *list, const char *keys, struct cgw_diag *diag);
void field_list_done(struct field_list *list);

struct group_selection {
	const char *const *globs; /* any of them; none: all */
	size_t glob_count;
	uint32_t depth_max; /* 0: all */
	const char *below;  /* NULL: all */
	struct cgw_field sort;
	bool sorted; /* else by path */
	bool ascending;
	bool tree;
};

/* The groups to show, in order; `groups` has room for all of the frame's. */
int group_select(const struct cgw_frame *frame, const struct group_selection *selection,
		 uint32_t *groups, size_t *ret_count);

#endif
