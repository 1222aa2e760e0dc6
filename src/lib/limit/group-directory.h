/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-directory.h - the directory of a group in one hierarchy and that of its parent. */
#pragma once

#include "lib/limit/plan.h"

const char *group_last_component(const char *path);

/* Opens the parent of the group; the target's `path` is NULL. */
int group_open_parent(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		      struct target *ret_target);

/* 1: the hierarchy has the group, 0: it has not. */
int group_exists(const struct cgw_layout *layout, size_t hierarchy, const char *path);

/* Remove a directory, for a short time again if the kernel still has a process in it. */
int group_remove_child(const struct target *parent, const char *name);
int group_remove(const struct cgw_layout *layout, size_t hierarchy, const char *path);

/* -EACCES: whose group it is, or the parent is, if that is why it cannot be written. */
int advise_owner(struct step *step, const struct target *target, const char *which);
int advise_parent(struct cgw_plan *plan, struct step *step, size_t hierarchy, const char *path);
