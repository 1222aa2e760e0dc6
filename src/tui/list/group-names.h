/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * group-names.h - how groups are called in the list: by the names of their containers, pods and
 * machines, with short identifiers, or by their paths as the kernel has them. Pure.
 */
#pragma once

#include <cgward/inspect.h>

enum name_style { NAMES_RESOLVED, NAMES_SHORT, NAMES_PATHS };

struct group_name {
	char id[256];   /* of the container or pod, as in the path */
	char name[256]; /* raw; "": not found */
};

/* What the engines call their containers; grows, nothing is removed. */
struct group_names {
	struct group_name *items; /* by ID */
	size_t count, capacity;
	size_t named;   /* those that have a name */
	bool searching; /* a job is posted */
};

void group_names_done(struct group_names *names);
/* Adds a name, or that there is none. -ENOMEM. */
int group_names_add(struct group_names *names, const char *id, const char *name);
/* NULL: this ID was not looked up yet. "": there is no name. */
const char *group_names_find(const struct group_names *names, const char *id);
/* The part of an identity that an engine may have a name for; "" if none. */
const char *group_names_part(const struct cgw_identity *identity);

/*
 * The label of a group, escaped: of its last component (`last_only`), or of its path.
 * Returns the length as snprintf() does.
 */
size_t group_label(const struct cgw_topology *topology, const struct group_names *names,
		   enum name_style style, uint32_t group, bool last_only, char *buffer,
		   size_t size);
