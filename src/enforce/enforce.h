/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce.h - the headless face: a policy that is applied, checked, exported. */
#ifndef CGWARD_ENFORCE_ENFORCE_H
#define CGWARD_ENFORCE_ENFORCE_H

#include "cli/cli.h"
#include "cli/daemon.h"

/* Ends with a NULL name. */
extern const struct cli_command enforce_commands[];

int enforce_run(struct cli_context *context, int argc, char **argv);
int check_run(struct cli_context *context, int argc, char **argv);
int status_run(struct cli_context *context, int argc, char **argv);
int export_run(struct cli_context *context, int argc, char **argv);

#endif
