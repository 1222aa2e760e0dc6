/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle.h - groups whose CPU clock stands still. Nobody in there ran, so nobody in there changed
 * anything: what a group's other files say is carried over from the last sample, and looked at again
 * at each so many-th one, since the kernel and others can change it from outside.
 *
 * A clock counts whoever runs beneath the group as well: beneath one that stands still the clocks need
 * not even be looked at. A group is read after its parent, so that what runs in between is seen in the
 * parent's clock, at the next sample at the latest.
 */
#ifndef CGWARD_LIB_SAMPLE_IDLE_H
#define CGWARD_LIB_SAMPLE_IDLE_H

#include "lib/sample/files.h"

/* Puts the files that tell the CPU clock first; returns how many they are. */
size_t idle_order(const struct plan *plan, size_t *files, size_t count);
/* The group's last row may be carried over, if its clock says so. */
bool idle_is_possible(const struct files *files, const struct tree_group *group);
/* The parent's clock stood still, and with it the group's, which need not be read. */
bool idle_by_parent(const struct files *files, const struct tree_group *group);
/* The clock, as it was read into the row just now, is where it was at the last sample. */
bool idle_is(const struct files *files, const struct tree_group *group);
/* The sample is complete: the next one may carry over from it. NULL: from none. */
void idle_update(struct files *files, struct cgw_snapshot *snapshot);

#endif
