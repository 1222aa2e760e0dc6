/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* serve.h - the endpoint as a command: `cgward serve`. */
#ifndef CGWARD_SERVE_SERVE_H
#define CGWARD_SERVE_SERVE_H

#include "cli/cli.h"

extern const struct cli_command serve_commands[];

#endif
