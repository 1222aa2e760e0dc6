/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-limits.h - what is set on a group now, as a [limit] section. */
#ifndef CGWARD_LIB_POLICY_EXPORT_LIMITS_H
#define CGWARD_LIB_POLICY_EXPORT_LIMITS_H

#include <cgward/limit.h>

/*
 * "[limit NAME]" of a name that no other path has, its match and all values that are not the kernel's defaults; to be freed. -ENODATA:
 * nothing is set there; -EINVAL: the path cannot stand in a policy as it is.
 */
int export_section(const struct cgw_layout *layout, const char *path, char **ret_text);

#endif
