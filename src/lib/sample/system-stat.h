/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* system-stat.h - the machine's own figures, for headers and for the root. */
#ifndef CGWARD_LIB_SAMPLE_SYSTEM_STAT_H
#define CGWARD_LIB_SAMPLE_SYSTEM_STAT_H

#include <cgward/sample.h>

/* Reads what /proc gives; what it does not give stays ABSENT. -ENOMEM only. */
int machine_read(const struct cgw_layout *layout, struct cgw_system_stat *ret_machine);
/* What stands in for a metric at the root. */
struct cgw_number system_stat_read(const struct cgw_system_stat *machine,
				   enum cgw_root_source figure);

#endif
