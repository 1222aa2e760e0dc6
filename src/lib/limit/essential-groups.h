/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* essential-groups.h - the groups that must live: ours, our terminal's, PID 1's, what others wait for. */
#ifndef CGWARD_LIB_LIMIT_ESSENTIAL_GROUPS_H
#define CGWARD_LIB_LIMIT_ESSENTIAL_GROUPS_H

#include <cgward/limit.h>

enum protect_reason {
	PROTECT_NOTHING,
	PROTECT_SERVICE, /* others would wait for it; --yes-really may */
	PROTECT_SELF,    /* freezing or killing it ends the way back; nothing may */
};

/* The memberships of the processes that must live, read once. */
struct protection;

int protection_new(const struct cgw_layout *layout, struct protection **ret_protection);
struct protection *protection_free(struct protection *protection);

/* Why the group must live; the sentence goes into `diag`. */
enum protect_reason protection_check(const struct protection *protection, const char *path,
				     struct cgw_diag *diag);

#endif
