/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* trace-records.h - records of the programs that measure what the tasks of groups did. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_TRACE_RECORDS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_TRACE_RECORDS_H

/*
 * Buckets of a histogram: four per power of two, from 1 us (1024 ns) to 34 s. The last one has all
 * longer waits.
 */
#define TRACE_BUCKETS 96

/* The hierarchy whose groups are counted: v2, or the v1 hierarchy with that controller. */
enum trace_hierarchy { TRACE_V2, TRACE_CPU, TRACE_CPUACCT, TRACE_MEMORY, TRACE_IO };

/* What is measured only on request, because it costs more; bits. */
enum trace_detail {
	TRACE_PART = 1,   /* the part of the waits that has one known cause */
	TRACE_TAKERS = 2, /* which groups ran meanwhile */
};

/* Between two samples: the longest wait, the most CPU time within a window, or most tasks. */
struct trace_peak {
	unsigned long long epoch; /* number of the interval; 0: none */
	unsigned long long ns;    /* or the number of tasks */
};

/*
 * CPU time within the last windows of CLOCK_MONOTONIC, in slot number % TRACE_WINDOWS: the
 * nanoseconds in the lower bits, the number of the window above them, so that both change at once.
 */
#define TRACE_WINDOW_NS      10000000ULL
#define TRACE_WINDOWS        4
#define TRACE_WINDOW_NS_BITS 37 /* 137 s: 10 ms of 13743 CPUs */

/* What a CPU limit left unused, and what it throttles. */
struct trace_quota {
	unsigned long long quota_ns;     /* of a period */
	unsigned long long unused_ns;    /* before the burst, at most the quota of one period */
	unsigned long long burst_ns;     /* used since the burst began; 0: none */
	unsigned long long throttled_ns; /* before the burst, as the kernel counts it */
};

/* What the set of sockets counts instead of waits. */
enum trace_counter {
	TRACE_RX_BYTES,
	TRACE_TX_BYTES,
	TRACE_RX_PACKETS,
	TRACE_TX_PACKETS,
	TRACE_RETRANSMITS,
	TRACE_COUNTERS,
};

/* The waits of a group's own tasks. Its ancestors have records, too. */
struct trace_group {
	unsigned long long parent_id; /* 0: the root */
	unsigned long long waited_ns;
	unsigned long long part_ns; /* the part with the cause that the set of programs defines */
	unsigned long long counters[TRACE_COUNTERS];
	struct trace_peak peaks[2]; /* of an even and of an odd epoch */
	union {
		unsigned long long windows[TRACE_WINDOWS]; /* with descendants */
		struct trace_quota quota;
	};
	unsigned long long runnable; /* tasks, with those of descendants */
	unsigned long long buckets[TRACE_BUCKETS];
};

struct trace_control {
	unsigned long long hierarchy; /* set by user space, before the programs are attached */
	unsigned long long details;   /* also; enum trace_detail */
	unsigned long long epoch;     /* advanced by user space at each sample */
	unsigned long long lost;      /* waits that were not counted */
	unsigned long long unknown;   /* events of sockets whose group is not known */
	unsigned long long no_part;   /* this kernel does not show that part */
	struct trace_group blank;     /* a new record, for which the programs' stack has no room */
};

/* Bits of the id of a group that ran, and ids that are not those of a group. */
#define TRACE_REALTIME    (1ULL << 63)
#define TRACE_IDLE        0ULL
#define TRACE_UNKNOWN     (~0ULL)
#define TRACE_SLICE_COUNT 256U /* a power of two */

/* A pair of groups: how long one of them ran on the CPUs that tasks of the other waited for. */
struct trace_pair {
	unsigned long long waiting, running; /* ids */
};

/* What ran on a CPU until when; it began at the end of the slice before. */
struct trace_slice {
	unsigned long long until_ns;
	unsigned long long group;
};

struct trace_cpu {
	unsigned long long group;    /* that runs now */
	unsigned long long since_ns; /* since when */
	unsigned long long count;    /* of slices so far; the newest TRACE_SLICE_COUNT are kept */
	struct trace_slice slices[TRACE_SLICE_COUNT];
};

/* By how many windows a slot is ahead of a window, modulo 2^27: many if it is an old one. */
static inline __attribute__((always_inline)) unsigned long long
trace_windows_ahead(unsigned long long slot, unsigned long long window)
{
	return (slot - (window << TRACE_WINDOW_NS_BITS)) >> TRACE_WINDOW_NS_BITS;
}

/* BPF has no instruction that counts leading zeros. */
static inline __attribute__((always_inline)) unsigned int trace_bucket(unsigned long long waited_ns)
{
	unsigned long long value = waited_ns >> 10;
	unsigned int power = 0;

	if (value < 4)
		return (unsigned int)value;
	if (value >> 25)
		return TRACE_BUCKETS - 1;
	for (unsigned int step = 16; step > 0; step /= 2)
		if (value >> (power + step))
			power += step;
	return 4 * (power - 1) + (unsigned int)(value >> (power - 2) & 3);
}

#endif
