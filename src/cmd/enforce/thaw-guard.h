/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * thaw-guard.h - a thread that thaws groups at the end of their freeze while the daemon is busy.
 *
 * The event loop thaws groups itself. If it is late, because it reads a sample of many groups or
 * waits for the kernel, for systemd or for a disk, the guard writes the freezer's file in time. The
 * loop then drops the record, logs the thaw, and informs systemd.
 */
#pragma once

#include <cgward/kernel.h>

struct thaw_guard;

/* The layout must outlive the guard. */
int thaw_guard_start(const struct cgw_layout *layout, struct thaw_guard **ret_guard);
/* Thaws nothing. Accepts NULL, returns NULL. */
struct thaw_guard *thaw_guard_stop(struct thaw_guard *guard);

/* Thaws the group at `at_ns` (boottime), unless cleared before; replaces an earlier time. */
int thaw_guard_set(struct thaw_guard *guard, size_t hierarchy, uint64_t group_id, const char *path,
		   uint64_t at_ns);
/* Returns true if the guard has thawed the group, or is about to. */
bool thaw_guard_clear(struct thaw_guard *guard, size_t hierarchy, uint64_t group_id);
