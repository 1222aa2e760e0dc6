/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idle.h - detection of idle groups. If the CPU usage of a group is unchanged, no process in it
 * ran, so its other values are copied from the last sample. They are read again every few samples
 * (idle_interval), because the kernel and other groups can change them.
 *
 * CPU usage is hierarchical: if a group was idle, so were its descendants, and their usage is not
 * read either. A parent is read before its children, so that CPU time used in between changes the
 * parent's usage in the next sample.
 */
#pragma once

#include "lib/sample/files.h"

/* The group's last row may be reused if its CPU usage is unchanged. */
bool idle_may_be(const struct files *files, const struct tree_group *group);
/* The parent was idle, and so was the group. */
bool idle_by_parent(const struct files *files, const struct tree_group *group);
/* The CPU usage in the current row is that of the last sample. */
bool idle_usage_unchanged(const struct files *files, const struct tree_group *group);
/* Sets the snapshot whose rows the next sample may reuse; NULL: none. */
void idle_update(struct files *files, struct cgw_snapshot *snapshot);
