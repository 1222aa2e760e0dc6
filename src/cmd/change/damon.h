/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * damon.h - memory of a group that is accessed, counted by the kernel's DAMON.
 *
 * A scheme that only counts goes through all memory of the machine once in each interval. Its
 * filters pass pages of the group whose accessed bit was set since the pass before. No memory is
 * taken. The kernel's thread is ended by damon_stop(), or by a second process if this one is
 * killed.
 */
#pragma once

#include "cmd/change/cleanup-process.h"
#include <cgward/kernel.h>

struct damon {
	const struct cgw_layout *layout;
	int admin; /* the directory kdamonds */
	bool started;
	struct cleanup_process cleanup;
	uint64_t pass_bytes; /* memory of the machine */
	uint64_t tried_bytes, passed_bytes;
	struct cgw_diag diag; /* the reason of an error */
};

#define DAMON_NONE                                                \
	{                                                         \
		.admin = -1, .cleanup = {.pid = -1, .alive = -1 } \
	}

/* -EOPNOTSUPP: the kernel cannot; -EBUSY: in use by others, whose threads stay as they are. */
int damon_open(struct damon *damon, const struct cgw_layout *layout);
/* Counts in each interval, from the second one on. */
int damon_start(struct damon *damon, const char *path, uint64_t interval_ns);
/* Memory accessed in the interval that has ended, their mean if several have. -EAGAIN: none has. */
int damon_read(struct damon *damon, uint64_t *ret_bytes);
void damon_stop(struct damon *damon);
