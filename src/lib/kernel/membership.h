/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* membership.h - parse /proc/PID/cgroup. */
#ifndef CGWARD_LIB_KERNEL_MEMBERSHIP_H
#define CGWARD_LIB_KERNEL_MEMBERSHIP_H

#include <cgward/kernel.h>

/* Parses the text of /proc/PID/cgroup. Returns -EBADMSG for an invalid format. */
int membership_parse(const struct cgw_layout *layout, const char *text, size_t length,
		     struct cgw_membership *ret_membership);

#endif
