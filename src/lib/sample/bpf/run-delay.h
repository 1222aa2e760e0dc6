/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * run-delay.h - how long the tasks of each group waited for a CPU, measured by BPF programs.
 *
 * The programs run at each wakeup and each context switch of the machine while a struct run_delay
 * exists. They count from its start on.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_RUN_DELAY_H
#define CGWARD_LIB_SAMPLE_BPF_RUN_DELAY_H

#include <cgward/base.h>
#include <cgward/kernel.h>

struct run_delay;

#ifdef HAVE_BPF
/*
 * Attaches the programs, for the groups of one hierarchy and up to `capacity` of them.
 * -EOPNOTSUPP: the kernel does not support it; -EPERM: privileges are missing.
 */
int run_delay_open(const struct cgw_hierarchy *hierarchy, uint32_t capacity,
		   struct run_delay **ret_run_delay, struct cgw_diag *diag);
/* Detaches the programs. Accepts NULL, returns NULL. */
struct run_delay *run_delay_close(struct run_delay *run_delay);

/* Takes the current values of all groups, or returns a negative error and keeps the last ones. */
int run_delay_read(struct run_delay *run_delay);
/*
 * Nanoseconds that the tasks of a group and its descendants waited. False if that is unknown: the
 * group has no record, and waits were lost.
 */
bool run_delay_waited_ns(const struct run_delay *run_delay, uint64_t id, uint64_t *ret_ns);
/*
 * The time that `percent` of their waits since the read before did not exceed, within a quarter,
 * and the longest of these waits. False if there was none.
 */
bool run_delay_percentile_ns(const struct run_delay *run_delay, uint64_t id, unsigned percent,
			     uint64_t *ret_ns);
bool run_delay_longest_ns(const struct run_delay *run_delay, uint64_t id, uint64_t *ret_ns);
/* Waits of the whole machine that were not counted, for lack of memory. */
uint64_t run_delay_lost(const struct run_delay *run_delay);
#else
#include <errno.h>

#define run_delay_open(hierarchy, capacity, ret_run_delay, diag)     \
	((void)(hierarchy), (void)(capacity), (void)(ret_run_delay), \
	 cgw_diag_set(diag, -EOPNOTSUPP, "built without BPF (" BPF_LEFT_OUT ")"))

/* Never called with a pointer that is not NULL. */
static inline struct run_delay *run_delay_close(struct run_delay *run_delay)
{
	return run_delay;
}
static inline int run_delay_read(struct run_delay *run_delay)
{
	return -EOPNOTSUPP;
}
static inline bool run_delay_waited_ns(const struct run_delay *run_delay, uint64_t id,
				       uint64_t *ret_ns)
{
	return false;
}
static inline bool run_delay_percentile_ns(const struct run_delay *run_delay, uint64_t id,
					   unsigned percent, uint64_t *ret_ns)
{
	return false;
}
static inline bool run_delay_longest_ns(const struct run_delay *run_delay, uint64_t id,
					uint64_t *ret_ns)
{
	return false;
}
static inline uint64_t run_delay_lost(const struct run_delay *run_delay)
{
	return 0;
}
#endif

#endif
