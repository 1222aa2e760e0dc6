/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve-command.h - `cgward serve`: serve metrics to Prometheus. */
#ifndef CGWARD_CMD_SERVE_SERVE_COMMAND_H
#define CGWARD_CMD_SERVE_SERVE_COMMAND_H

#include "shared/cli/cli.h"

extern const struct cli_command serve_commands[];

#endif
