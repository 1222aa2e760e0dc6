/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* theme-file.h - themes from files. */
#pragma once

#include "lib/base/string-list.h"
#include "tui/core/palette.h"

/*
 * Reads the theme of that name from the user's themes, else from those that are installed. -ENOENT:
 * it does not exist; -EINVAL for an invalid line.
 */
int theme_find(const char *name, struct theme_colors *ret_colors, struct cgw_diag *diag);
/* The same from a path. */
int theme_read(const char *path, struct theme_colors *ret_colors, struct cgw_diag *diag);
/* Adds the names of all of them. */
void themes_list(struct string_list *names);
