/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dump.h - the one-shot face: `cgward dump` and `cgward get`. */
#ifndef CGWARD_DUMP_DUMP_H
#define CGWARD_DUMP_DUMP_H

#include "cli/cli.h"

extern const struct cli_command dump_commands[];

#endif
