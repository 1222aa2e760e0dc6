/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-file.h - status.json, the daemon's report for `cgward status`. */
#pragma once

#include <cgward/policy.h>

/* Replaces DIRECTORY/status.json atomically. */
int status_write(const char *directory, const struct cgw_policy *policy,
		 const struct cgw_engine *engine, uint64_t now_ns);
