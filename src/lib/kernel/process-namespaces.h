/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* process-namespaces.h - all namespaces of a process. */
#pragma once

#include <cgward/kernel.h>

struct process_namespaces {
	uint64_t inode[CGW_NAMESPACE_COUNT]; /* 0: unknown */
	int error[CGW_NAMESPACE_COUNT];      /* negative: why */
};

/* Looks up the directory of the process once for all kinds, unlike cgw_namespace_of(). */
void process_namespaces_read(const struct cgw_layout *layout, pid_t pid,
			     struct process_namespaces *ret_namespaces);
