/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freezer.h - common interface to the v1 freezer and v2's cgroup.freeze. */
#pragma once

#include "lib/limit/target.h"

/* Opens the group in a hierarchy with freezer. -ENOENT: no such group; -EOPNOTSUPP: no freezer. */
int freezer_open(const struct cgw_layout *layout, const char *path, struct target *ret_target);

struct freezer_state {
	bool requested;   /* the group's own freeze is set */
	bool frozen;      /* all of its processes are frozen */
	bool by_ancestor; /* an ancestor's freeze is set, which the group cannot override */
};
int freezer_read(const struct target *target, struct freezer_state *ret_state);

/* The file, and the value that freezes or thaws. */
const char *freezer_file(const struct target *target);
const char *freezer_word(const struct target *target, bool freeze);

/*
 * Writes the value and waits until the kernel reports the state. -ETIMEDOUT: not within
 * `timeout_ns`; the value remains set. Does not wait when thawing below a frozen ancestor.
 */
int freezer_set(const struct target *target, bool freeze, uint64_t timeout_ns);
