/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-path.h - what a group's path alone says of its owner. Pure: no bus, no kernel. */
#ifndef CGWARD_LIB_LIMIT_SYSTEMD_PATH_H
#define CGWARD_LIB_LIMIT_SYSTEMD_PATH_H

#include <cgward/limit.h>

/* "/org/freedesktop/systemd1" speaks of a unit's resources on this interface; NULL: no unit has it. */
const char *systemd_interface_of(const char *unit) CGW_PURE;

/* "user@1000.service" to 1000; -EINVAL for any other name. */
int systemd_user_of(const char *unit, uid_t *ret_uid);

/* Is `path` beneath `top` (not `top` itself)? */
bool systemd_is_below(const char *path, const char *top) CGW_PURE;

/* The container engine whose naming the path follows ("docker", "podman", ...), or NULL. */
const char *systemd_engine_of(const char *path) CGW_PURE;

/*
 * The unit that would stand at `path`, from names alone: slices all the way, then one unit. Returns
 * the length of the unit's own path in `path` (the rest is beneath it), or 0 where there is none. A
 * user manager's units are looked for beneath its service; `ret_uid` is (uid_t)-1 for the system's.
 */
size_t systemd_unit_from_path(const char *path, char *unit, size_t size, uid_t *ret_uid);

/*
 * The part of the path that D-Bus can carry as a string: up to the first component with bytes that
 * no unit's group has. Terminates; "/" where nothing is left.
 */
void systemd_is_unit_path(const char *path, char *buffer, size_t size);

#endif
