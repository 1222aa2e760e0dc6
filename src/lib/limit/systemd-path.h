/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-path.h - owners of groups derived from their paths. Pure: no bus, no kernel. */
#pragma once

#include <cgward/limit.h>

/* The D-Bus interface of the unit's resource properties; NULL: not a unit with a control group. */
const char *systemd_interface_of(const char *unit) CGW_PURE;

/* "user@1000.service" to 1000; -EINVAL for any other name. */
int systemd_user_of(const char *unit, uid_t *ret_uid);

/* Is `path` a descendant of `top`? */
bool systemd_is_below(const char *path, const char *top) CGW_PURE;

/* The container engine that names groups like this path ("docker", "podman", ...), or NULL. */
const char *systemd_engine_of(const char *path) CGW_PURE;

/*
 * Derives the unit from the names in `path`: slices, then one other unit. Returns the length of
 * the unit's path within `path`, or 0 if there is no unit. Units of a user manager are below its
 * service; `ret_uid` is (uid_t)-1 for the system manager.
 */
size_t systemd_unit_from_path(const char *path, char *unit, size_t size, uid_t *ret_uid);

/*
 * Copies the part of the path that is a valid D-Bus string: up to the first component with bytes
 * that no unit name contains. Always terminated; "/" if nothing is left.
 */
void systemd_dbus_path(const char *path, char *buffer, size_t size);
