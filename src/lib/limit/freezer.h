/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* freezer.h - v1's freezer and v2's cgroup.freeze, asked and waited for alike. */
#ifndef CGWARD_LIB_LIMIT_FREEZER_H
#define CGWARD_LIB_LIMIT_FREEZER_H

#include "lib/limit/target.h"

/* The hierarchy in which the group can be frozen. -ENOENT: it is in none; -EOPNOTSUPP: there is none. */
int freezer_open(const struct cgw_layout *layout, const char *path, struct target *ret_target);

struct freezer_state {
	bool asked;  /* the group itself */
	bool frozen; /* all of it stands still */
	bool above;  /* a group above is asked, so that this one stays still whatever it is told */
};
int freezer_read(const struct target *target, struct freezer_state *ret_state);

/* The file and the word that freeze or thaw. */
const char *freezer_file(const struct target *target);
const char *freezer_word(const struct target *target, bool freeze);

/*
 * Asks, and waits until the kernel says so. -ETIMEDOUT: it did not within `timeout_ns`; what was asked
 * then stands. Thawing a group under a frozen one is done when it is asked.
 */
int freezer_set(const struct target *target, bool freeze, uint64_t timeout_ns);

#endif
