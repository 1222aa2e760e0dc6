/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor.h - `cgward doctor`: what works on this machine, what does not, why, and what to do. */
#ifndef CGWARD_DOCTOR_DOCTOR_H
#define CGWARD_DOCTOR_DOCTOR_H

#include "cli/cli.h"

extern const struct cli_command doctor_commands[];

#endif
