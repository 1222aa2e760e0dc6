/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pins.h - the groups pinned to the top of the list, by path. Pure. */
#ifndef CGWARD_TUI_LIST_PINS_H
#define CGWARD_TUI_LIST_PINS_H

#include <cgward/base.h>

#define PINS_MAX 32
/* What fits in a line of the configuration. */
#define PIN_BYTES 184

struct pins {
	char paths[PINS_MAX][PIN_BYTES]; /* escaped, as in the configuration */
	size_t count;
};

/* The index of the escaped path, or -ENOENT. */
int pins_find(const struct pins *pins, const char *path);
/*
 * Adds an escaped path, unless it is pinned already. -EINVAL: it is none, cannot be kept in the
 * configuration, or there are too many.
 */
int pins_add(struct pins *pins, const char *path, struct cgw_diag *diag);
void pins_remove(struct pins *pins, size_t index);

#endif
