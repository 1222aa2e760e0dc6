/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe-group.h - the group of a probe: what it reads, and the two ways to take memory from it.
 *
 * memory.reclaim leaves nothing behind. Kernels without it reclaim down to memory.high before the
 * write of a lower limit returns; the limit before is restored at once. Both writes are changes of
 * a plan, and a second process undoes the first one if this process is killed in between.
 */
#pragma once

#include "cmd/change/cleanup-process.h"
#include "cmd/change/probe.h"
#include "lib/limit/target.h"
#include <cgward/limit.h>

enum probe_method {
	PROBE_BY_AUTO,
	PROBE_BY_RECLAIM,
	PROBE_BY_HIGH,
};

/* "reclaim" and "high", and "auto"; ends with NULL. */
extern const char *const probe_methods[];

struct probe_group {
	const struct cgw_layout *layout;
	const char *path;
	struct target target;
	enum probe_method method;
	bool owned;                       /* its manager writes memory.high */
	struct cgw_limit_options options; /* of the plans that change memory.high */
	struct cleanup_process cleanup;
	pid_t writer;         /* the process whose change is undone if it is killed, */
	uint64_t last_change; /* if it is later than this one in the journal */
	struct cgw_diag diag; /* the reason of an error */
};

#define PROBE_GROUP_NONE                                                    \
	{                                                                   \
		.target = TARGET_NONE, .cleanup = {.pid = -1, .alive = -1 } \
	}

/*
 * Opens the group and chooses the method, if AUTO. -EOPNOTSUPP: its memory controller is that of
 * v1, or its kernel lacks what a probe reads; -EBUSY: frozen, or the pressure bound is exceeded.
 * Errors have their reason in group->diag.
 */
int probe_group_open(struct probe_group *group, unsigned pressure_e2);
/* Before the first step. */
int probe_group_start(struct probe_group *group);
/* Restores what a failed step has left behind, and closes the group. */
void probe_group_close(struct probe_group *group);

/* Is swap left for the group's anonymous memory? */
bool probe_group_has_swap(const struct probe_group *group);
/* 0: not known. */
uint64_t probe_group_anon_bytes(const struct probe_group *group);

/* The functions of struct probe_kernel, with a struct probe_group as context. */
int probe_group_read(void *context, struct probe_reading *ret_reading);
int probe_group_take(void *context, uint64_t bytes);
int probe_group_wait(void *context, uint64_t ns);

/* Called by the second process: undoes the change of a killed process. */
void probe_group_restore(void *context);
