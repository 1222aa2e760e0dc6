/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* machine.h - the machine's own figures, for headers and for the root. */
#ifndef CGWARD_SAMPLE_MACHINE_H
#define CGWARD_SAMPLE_MACHINE_H

#include <cgward/sample.h>

/* Reads what /proc gives; what it does not give stays ABSENT. -ENOMEM only. */
int machine_read(const struct cgw_layout *layout, struct cgw_machine *ret_machine);
/* What stands in for a metric at the root. */
struct cgw_number machine_figure(const struct cgw_machine *machine, enum cgw_root_figure figure);

#endif
