/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* subtree.h - visits a group and its descendants in one hierarchy. */
#pragma once

#include "lib/limit/target.h"

/* A negative value of a callback ends the walk and is its result. */
struct subtree_visitor {
	/* Before the descendants of a group; may be NULL. */
	int (*enter)(void *context, const struct target *group);
	/* After them, with the group's parent; not for the top group. May be NULL. */
	int (*leave)(void *context, const struct target *parent, const char *name);
	void *context;
};

/*
 * Walks from directory to directory, so that the time is proportional to the number of groups at
 * any depth. Groups that are removed meanwhile are left out; one that cannot be opened or listed is
 * an error, reported after the rest was visited. The error of the top group ends the walk.
 */
int subtree_walk(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		 const struct subtree_visitor *visitor);
