/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-file.h - the file in which the daemon says where its rules stand. */
#ifndef CGWARD_CMD_ENFORCE_STATUS_FILE_H
#define CGWARD_CMD_ENFORCE_STATUS_FILE_H

#include <cgward/policy.h>

/* Replaces DIRECTORY/status.json at once. */
int status_write(const char *directory, const struct cgw_policy *policy,
		 const struct cgw_engine *engine, uint64_t now_ns);

#endif
