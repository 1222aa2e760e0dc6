/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* strays.h - processes that v1 lets sit in different groups of different hierarchies. */
#ifndef CGWARD_SAMPLE_STRAYS_H
#define CGWARD_SAMPLE_STRAYS_H

#include "sample/tree.h"

/* How many processes are in the group in one v1 hierarchy and not in another that has it too. */
struct cgw_number strays_count(const struct cgw_layout *layout, const struct tree_group *group);

#endif
