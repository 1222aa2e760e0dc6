/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* theme-file.h - themes from files. */
#ifndef CGWARD_TUI_CORE_THEME_FILE_H
#define CGWARD_TUI_CORE_THEME_FILE_H

#include "tui/core/palette.h"

/*
 * Reads the theme NAME from the user's themes, else from those that are installed. -ENOENT: there is
 * none; -EINVAL for an invalid line.
 */
int theme_find(const char *name, struct theme_colors *ret_colors, struct cgw_diag *diag);
/* The same from a path. */
int theme_read(const char *path, struct theme_colors *ret_colors, struct cgw_diag *diag);

#endif
