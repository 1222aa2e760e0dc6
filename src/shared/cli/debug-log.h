/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* debug-log.h - debug messages on standard error or in a file. */
#pragma once

#include "shared/cli/cli.h"

/*
 * Starts the log as requested by CGWARD_DEBUG and CGWARD_DEBUG_FILE. Prints errors and returns the
 * exit status.
 */
enum cli_exit debug_log_open(const struct cli_context *context, bool is_dashboard);
