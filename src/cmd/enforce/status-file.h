/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-file.h - status.json, the daemon's report for `cgward status`. */
#ifndef CGWARD_CMD_ENFORCE_STATUS_FILE_H
#define CGWARD_CMD_ENFORCE_STATUS_FILE_H

#include <cgward/policy.h>

/* Replaces DIRECTORY/status.json atomically. */
int status_write(const char *directory, const struct cgw_policy *policy,
		 const struct cgw_engine *engine, uint64_t now_ns);

#endif
