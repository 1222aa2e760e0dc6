/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namespace-root.h - the root of our cgroup namespace, in a mount of the tree above it. */
#pragma once

#include <cgward/kernel.h>

/*
 * Sets `namespace_root` of each hierarchy that is mounted from above our cgroup namespace, if it
 * can be determined. Fails with -ENOMEM only.
 */
int namespace_roots_find(struct cgw_layout *layout);

/*
 * The top group is that of the machine. False in a container or where a subtree is mounted: there
 * it is an ordinary group, and those above it are not visible.
 */
bool root_is_of_machine(const struct cgw_layout *layout);
