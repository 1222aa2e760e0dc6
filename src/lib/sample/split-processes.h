/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* split-processes.h - processes that v1 lets sit in different groups of different hierarchies. */
#ifndef CGWARD_LIB_SAMPLE_SPLIT_PROCESSES_H
#define CGWARD_LIB_SAMPLE_SPLIT_PROCESSES_H

#include "lib/sample/group-tree.h"

/* How many processes are in the group in one v1 hierarchy and not in another that has it too. */
struct cgw_number split_processes_count(const struct cgw_layout *layout,
					const struct tree_group *group);

#endif
