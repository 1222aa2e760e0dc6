/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* postmortem-command.h - `cgward postmortem`, and where its pages are. */
#pragma once

#include "shared/cli/cli.h"
#include <cgward/policy.h>

/* The directory of the pages of a policy, which may be NULL. The caller frees it. */
char *postmortem_directory(const struct cgw_policy *policy);

int postmortem_run(struct cli_context *context, int argc, char **argv);
