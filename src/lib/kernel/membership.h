/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* membership.h - the lines of /proc/PID/cgroup. */
#ifndef CGWARD_LIB_KERNEL_MEMBERSHIP_H
#define CGWARD_LIB_KERNEL_MEMBERSHIP_H

#include <cgward/kernel.h>

/* Fills `membership` from the text of /proc/PID/cgroup. -EBADMSG for a text that is none. */
int membership_parse(const struct cgw_layout *layout, const char *text, size_t length,
		     struct cgw_membership *ret_membership);

#endif
