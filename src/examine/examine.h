/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* examine.h - the face that looks into one group: `inspect` and `explain`. */
#ifndef CGWARD_EXAMINE_EXAMINE_H
#define CGWARD_EXAMINE_EXAMINE_H

#include "cli/cli.h"

/* Ends with a NULL name. */
extern const struct cli_command examine_commands[];

#endif
