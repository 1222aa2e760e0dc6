/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trace.h - what the tasks of each group waited for, and how long, what they sent and received, and
 * the most CPU time and tasks at once, measured by BPF programs.
 *
 * The programs of a set run at their tracepoints, on the whole machine, while a struct trace of
 * that set exists. They count from its start on.
 */
#pragma once

#include <cgward/base.h>
#include <cgward/kernel.h>

#include "lib/sample/bpf/trace-sums.h"

/* Sets of programs, each in programs/NAME.bpf.c. */
enum trace_set {
	TRACE_SET_RUN_DELAY,
	TRACE_SET_RECLAIM,
	TRACE_SET_RECLAIM_ALONE,
	TRACE_SET_IO_WAIT,
	TRACE_SET_IO_QUEUE,
	TRACE_SET_IO_DEVICE,
	TRACE_SET_SOCKET,
	TRACE_SET_CPU_BURST,
	TRACE_SET_QUOTA,
	TRACE_SET_RUNNABLE,
	TRACE_SET_COUNT,
};

struct trace;

/* How long a group ran on the CPUs that tasks of another group waited for, since the last read. */
struct trace_taker {
	struct trace_pair pair;
	uint64_t ns;
};

/* The sums of a group and its descendants. Percentiles and maximum: since the read before. */
struct trace_waits {
	uint64_t waited_ns;
	uint64_t part_ns; /* of which have the known cause */
	uint64_t count;
	uint64_t interval_ns, interval_part_ns; /* since the read before */
	uint64_t longest_ns;                    /* or most at once; 0: none since then */
	uint64_t counters[TRACE_COUNTERS];      /* of sockets; these count no waits */
};

#ifdef HAVE_BPF
/*
 * Attaches the programs of a set, for the groups of one hierarchy and up to `capacity` of them.
 * `details`: bits of enum trace_detail. -EOPNOTSUPP: the kernel does not support it; -EPERM:
 * privileges are missing.
 */
int trace_open(enum trace_set set, const struct cgw_hierarchy *hierarchy, uint32_t capacity,
	       unsigned details, struct trace **ret_trace, struct cgw_diag *diag);
/* Detaches the programs. Accepts NULL, returns NULL. */
struct trace *trace_close(struct trace *trace);

/* Takes the current values of all groups, or returns a negative error and keeps the last ones. */
int trace_read(struct trace *trace);
/* The group exists. Call this for all groups after a successful read, */
void trace_keep(struct trace *trace, uint64_t id);
/*
 * then this: the kernel drops the records of other groups that have not waited since the read
 * before; their ancestors keep what they have counted. -ENOMEM: not of all.
 */
int trace_drop_others(struct trace *trace);
/* False if they are unknown: the group has no record, and waits were lost. */
bool trace_waits(const struct trace *trace, uint64_t id, struct trace_waits *ret_waits);
/* The id of the group's parent, 0 for the root. False if the group has no record. */
bool trace_parent(const struct trace *trace, uint64_t id, uint64_t *ret_parent_id);
/*
 * The time that `percent` of the waits since the read before did not exceed, within a quarter.
 * False if there was none.
 */
bool trace_percentile_ns(const struct trace *trace, uint64_t id, unsigned percent,
			 uint64_t *ret_ns);
/* A group without a record has not waited. */
struct trace_histogram trace_histogram(const struct trace *trace, uint64_t id);
/* Waits of the whole machine that were not counted up to the last read. */
uint64_t trace_lost(const struct trace *trace);
/* Events of sockets that no task has used since the programs were attached. */
uint64_t trace_unknown(const struct trace *trace);
/* This kernel shows the part with the known cause. */
bool trace_knows_part(const struct trace *trace);
/* With TRACE_TAKERS: what ran since the read before, in no order. */
const struct trace_taker *trace_takers(const struct trace *trace, size_t *ret_count);
#else
#include <errno.h>

#define trace_open(set, hierarchy, capacity, details, ret_trace, diag)                         \
	((void)(set), (void)(hierarchy), (void)(capacity), (void)(details), (void)(ret_trace), \
	 cgw_diag_set(diag, -EOPNOTSUPP, "built without BPF (" BPF_LEFT_OUT ")"))

/* Never called with a pointer that is not NULL. */
static inline struct trace *trace_close(struct trace *trace)
{
	return trace;
}
static inline int trace_read(struct trace *trace)
{
	return -EOPNOTSUPP;
}
static inline void trace_keep(struct trace *trace, uint64_t id)
{
}
static inline int trace_drop_others(struct trace *trace)
{
	return 0;
}
static inline bool trace_waits(const struct trace *trace, uint64_t id,
			       struct trace_waits *ret_waits)
{
	return false;
}
static inline bool trace_parent(const struct trace *trace, uint64_t id, uint64_t *ret_parent_id)
{
	return false;
}
static inline bool trace_percentile_ns(const struct trace *trace, uint64_t id, unsigned percent,
				       uint64_t *ret_ns)
{
	return false;
}
static inline struct trace_histogram trace_histogram(const struct trace *trace, uint64_t id)
{
	return (struct trace_histogram){0};
}
static inline uint64_t trace_lost(const struct trace *trace)
{
	return 0;
}
static inline uint64_t trace_unknown(const struct trace *trace)
{
	return 0;
}
static inline bool trace_knows_part(const struct trace *trace)
{
	return false;
}
static inline const struct trace_taker *trace_takers(const struct trace *trace, size_t *ret_count)
{
	*ret_count = 0;
	return NULL;
}
#endif
