/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-of-id.h - the parent and the path of a group of which only the id is known. */
#pragma once

#include <cgward/kernel.h>

/* 0 if it is not known: the group was removed, or CAP_DAC_READ_SEARCH is missing. */
uint64_t group_parent_id(const struct cgw_layout *layout, size_t hierarchy, uint64_t id);
/*
 * The path of the child of `parent` with this id, allocated. Reads the directory of the parent only
 * without CAP_DAC_READ_SEARCH. -ENOENT: there is none.
 */
int group_child_path(const struct cgw_layout *layout, size_t hierarchy, const char *parent,
		     uint64_t id, char **ret_path);
