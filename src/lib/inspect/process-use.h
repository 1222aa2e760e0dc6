/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-use.h - what a process reads, writes, waits for and shares, from its files in /proc. */
#pragma once

#include <cgward/inspect.h>

/*
 * Reads the kinds in the bit mask `uses`, others are CGW_ABSENT. `leader`: 0, or the process of
 * which `pid` is a thread. That the process is still the same is checked by the caller.
 */
void process_use_read(const struct cgw_layout *layout, pid_t pid, pid_t leader, unsigned uses,
		      struct cgw_number ret_use[CGW_PROCESS_USE_COUNT]);
