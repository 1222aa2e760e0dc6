/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* controller-set.h - lists of controllers that are switched on and off: cgroup.subtree_control. Pure. */
#ifndef CGWARD_LIB_LIMIT_CONTROLLER_SET_H
#define CGWARD_LIB_LIMIT_CONTROLLER_SET_H

#include <stddef.h>

/*
 * What is on after `asked`: "+cpu -io" changes `now`, a list without signs replaces it, "none" is the
 * empty one. The result is in the order of cgw_controller. -ERANGE: it does not fit.
 */
int toggles_apply(const char *now, const char *asked, char *buffer, size_t size);

/* The switches that lead from one list to another: "+cpu -io"; "" where there are none. */
int toggles_between(const char *now, const char *wanted, char *buffer, size_t size);

#endif
