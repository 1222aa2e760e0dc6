/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mounts.h - the cgroup mounts in a mountinfo file. */
#pragma once

#include <cgward/kernel.h>

struct cgroup_mount {
	unsigned version;
	uint32_t controllers; /* v1: from the superblock options */
	char *name;           /* of a named v1 hierarchy, or NULL */
	char *target;
	char *root;
	uint64_t device;
	bool read_only;
	uint32_t options; /* enum cgw_mount_option */
};

struct cgroup_mounts {
	struct cgroup_mount *items;
	size_t count, capacity;
};

/*
 * Collects all mounts of type cgroup and cgroup2; changes the text. Returns -EBADMSG for an invalid
 * format. Free with mounts_done().
 */
int mounts_parse(char *text, struct cgroup_mounts *ret_mounts);
void mounts_done(struct cgroup_mounts *mounts);
