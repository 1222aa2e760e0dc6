/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split-processes.h - count of processes in different groups of different v1 hierarchies. */
#pragma once

#include "lib/sample/group-tree.h"

/* Number of processes that are in the group in some, but not all v1 hierarchies that have it. */
struct cgw_number split_processes_count(const struct cgw_layout *layout,
					const struct tree_group *group);
