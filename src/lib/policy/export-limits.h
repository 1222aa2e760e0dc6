/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-limits.h - current limits of a group as a [limit] section. */
#ifndef CGWARD_LIB_POLICY_EXPORT_LIMITS_H
#define CGWARD_LIB_POLICY_EXPORT_LIMITS_H

#include <cgward/limit.h>

/*
 * Returns a "[limit NAME]" section with a name unique to the path, its `match` and all values
 * that differ from the kernel's defaults, to be freed. -ENODATA: no such value; -EINVAL: the path
 * cannot be written to a policy.
 */
int export_section(const struct cgw_layout *layout, const char *path, char **ret_text);

#endif
