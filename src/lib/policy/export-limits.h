/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* export-limits.h - current limits of a group as a [limit] section. */
#pragma once

#include <cgward/limit.h>

#include "lib/base/string-builder.h"

/*
 * Adds the first lines of a section for a path: "[limit NAME]", whose name is unique to the path,
 * and `match`. -EINVAL: the path cannot be written to a policy.
 */
int export_header(const char *path, struct string_builder *text);
/*
 * Returns such a section with all values that differ from the kernel's defaults, to be freed.
 * -ENODATA: no such value; -EINVAL: as above.
 */
int export_section(const struct cgw_layout *layout, const char *path, char **ret_text);
