/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-stat.h - values of the whole machine, for headers and for the root. */
#ifndef CGWARD_LIB_SAMPLE_SYSTEM_STAT_H
#define CGWARD_LIB_SAMPLE_SYSTEM_STAT_H

#include <cgward/sample.h>

/* Reads /proc; missing values are ABSENT. Fails with -ENOMEM only. */
int system_stat_read(const struct cgw_layout *layout, struct cgw_system_stat *ret_machine);
/* Not a partition, nor a device whose IO is counted on another one as well. */
bool system_stat_is_disk(const struct cgw_layout *layout, const char *name);
/* The value that replaces a metric at the root. */
struct cgw_number system_stat_root_value(const struct cgw_system_stat *machine,
					 enum cgw_root_source source);

#endif
