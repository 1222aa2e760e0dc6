/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* essential-groups.h - groups that must not be frozen, killed or starved. */
#pragma once

#include <cgward/limit.h>

enum protect_reason {
	PROTECT_NOTHING,
	PROTECT_SERVICE, /* other services depend on it; --yes-really overrides */
	PROTECT_SELF,    /* no one could thaw it again; nothing overrides */
};

/* The groups of the essential processes, read once. */
struct protection;

int protection_new(const struct cgw_layout *layout, struct protection **ret_protection);
struct protection *protection_free(struct protection *protection);

/* Why the group is protected; `diag` is filled unless PROTECT_NOTHING. */
enum protect_reason protection_check(const struct protection *protection, const char *path,
				     struct cgw_diag *diag);

/* Is it a service that others depend on? -EPERM, and `diag` is filled. */
int protection_check_service(const char *path, struct cgw_diag *diag);
/* "this process", "a parent of this process", ...; NULL: not an essential process. */
const char *protection_describe(const struct protection *protection, pid_t pid);
/* Is `path` the group or one of its descendants? */
bool path_contains(const char *group, const char *path);
