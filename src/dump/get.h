/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* get.h - `cgward get`. */
#ifndef CGWARD_DUMP_GET_H
#define CGWARD_DUMP_GET_H

#include "cli/cli.h"

int get_run(struct cli_context *context, int argc, char **argv);

#endif
