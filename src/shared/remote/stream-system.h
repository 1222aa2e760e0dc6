/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stream-system.h - names of the system-wide values in a stream. */
#ifndef CGWARD_SHARED_REMOTE_STREAM_SYSTEM_H
#define CGWARD_SHARED_REMOTE_STREAM_SYSTEM_H

#include <cgward/sample.h>

struct remote_system_metric {
	const char *name;
	size_t offset; /* of the first number in struct cgw_system_stat */
	size_t count;  /* of numbers: 1, or the length of a list */
};

/* The i-th value, or NULL. The number of CPUs is not included. */
const struct remote_system_metric *remote_system_metric(size_t i);

#endif
