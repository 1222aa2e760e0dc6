/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce-commands.h - commands that apply, check and export policies. */
#pragma once

#include "shared/cli/cli.h"
#include "shared/cli/daemon-status.h"
#include <cgward/kernel.h>

int enforce_run(struct cli_context *context, int argc, char **argv);
int check_run(struct cli_context *context, int argc, char **argv);
int status_run(struct cli_context *context, int argc, char **argv);
int export_run(struct cli_context *context, int argc, char **argv);
