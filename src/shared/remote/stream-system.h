/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream-system.h - the machine's figures by name, as a stream between two cgwards says them. */
#ifndef CGWARD_SHARED_REMOTE_STREAM_SYSTEM_H
#define CGWARD_SHARED_REMOTE_STREAM_SYSTEM_H

#include <cgward/sample.h>

struct remote_system_metric {
	const char *name;
	size_t offset; /* of its first number within struct cgw_system_stat */
	size_t count;  /* of its numbers: 1, or a list */
};

/* The i-th, or NULL. The number of CPUs is none of them. */
const struct remote_system_metric *remote_system_metric(size_t i);

#endif
