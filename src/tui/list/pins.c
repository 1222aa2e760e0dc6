/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pins.c - the groups pinned to the top of the list, by path. */
#include <errno.h>
#include <string.h>

#include "shared/cli/user-config.h"
#include "tui/list/pins.h"

int pins_find(const struct pins *pins, const char *path)
{
	for (size_t i = 0; i < pins->count; i++)
		if (strcmp(pins->paths[i], path) == 0)
			return (int)i;
	return -ENOENT;
}

int pins_add(struct pins *pins, const char *path, struct cgw_diag *diag)
{
	size_t length = strlen(path);
	char shown[64];

	if (pins_find(pins, path) >= 0)
		return 0;
	if (path[0] != '/') {
		cgw_escape(shown, sizeof(shown), path, length);
		return cgw_diag_set(diag, -EINVAL,
				    "invalid pin '%s' (expected the path of a group, such as /a/b)",
				    shown);
	}
	if (length >= PIN_BYTES)
		return cgw_diag_set(diag, -EINVAL,
				    "cannot pin the group: its path is too long (at most %d bytes)",
				    PIN_BYTES - 1);
	if (!config_can_hold("pin", path))
		return cgw_diag_set(diag, -EINVAL,
				    "cannot pin the group: the configuration cannot hold its path");
	if (pins->count == PINS_MAX)
		return cgw_diag_set(diag, -EINVAL, "too many pinned groups (at most %d)", PINS_MAX);
	memcpy(pins->paths[pins->count++], path, length + 1);
	return 0;
}

void pins_remove(struct pins *pins, size_t index)
{
	memmove(pins->paths[index], pins->paths[index + 1],
		(pins->count - index - 1) * sizeof(pins->paths[0]));
	pins->count--;
}
