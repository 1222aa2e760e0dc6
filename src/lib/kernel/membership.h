/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* membership.h - parse /proc/PID/cgroup. */
#pragma once

#include <cgward/kernel.h>

/*
 * Parses the text of /proc/PID/cgroup. Returns -EBADMSG for an invalid format. The kernel's mark
 * " (deleted)" is part of the paths.
 */
int membership_parse(const struct cgw_layout *layout, const char *text, size_t length,
		     struct cgw_membership *ret_membership);

/* Same, with paths relative to our cgroup namespace, as the kernel reports them. */
int membership_parse_raw(const struct cgw_layout *layout, const char *text, size_t length,
			 struct cgw_membership *ret_membership);

/* Skips leading "/.." components and returns their number. A name such as "..x" is none. */
unsigned path_skip_parents(const char **path);

/*
 * Converts "/a//b/" to "/a/b". "." and ".." are rejected (-EINVAL), because no group has that name.
 */
int path_normalize(const char *text, char **ret_path);

/* Whether the group exists and lists the process, or the thread, as its own. */
bool group_lists_process(const struct cgw_layout *layout, size_t hierarchy, const char *path,
			 pid_t pid);

/* Like cgw_membership_main_path(), of the hierarchies in the bit mask only. */
const char *membership_path_within(const struct cgw_layout *layout,
				   const struct cgw_membership *membership, uint32_t hierarchies);
