/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* doctor-command.h - `cgward doctor`: diagnose cgroup support of this machine. */
#ifndef CGWARD_CMD_DOCTOR_DOCTOR_COMMAND_H
#define CGWARD_CMD_DOCTOR_DOCTOR_COMMAND_H

#include "shared/cli/cli.h"

extern const struct cli_command doctor_commands[];

#endif
