/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* backtest.h - run a policy over a recording and print what it would have done. */
#pragma once

#include <cgward/policy.h>

#include "shared/cli/cli.h"

/* `all`: list each standing limit. */
enum cli_exit backtest_run(const struct cli_context *context, const struct cgw_policy *policy,
			   const char *recording, bool json, bool all);
