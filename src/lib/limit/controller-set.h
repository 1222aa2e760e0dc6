/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller-set.h - lists of enabled controllers, as in cgroup.subtree_control. Pure. */
#pragma once

#include <stddef.h>

/*
 * Applies `change` to the list `now`: "+cpu -io" changes it, a list without signs replaces it,
 * "none" clears it. The result is in the order of cgw_controller. -ERANGE: `buffer` is too small.
 */
int toggles_apply(const char *now, const char *change, char *buffer, size_t size);

/* The changes from one list to the other: "+cpu -io"; "" if they are equal. */
int toggles_between(const char *from, const char *to, char *buffer, size_t size);
