/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* run-delay-records.h - records of the programs that measure how long tasks wait for a CPU. */
#ifndef CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RUN_DELAY_RECORDS_H
#define CGWARD_LIB_SAMPLE_BPF_PROGRAMS_RUN_DELAY_RECORDS_H

/*
 * Buckets of a histogram: four per power of two, from 1 us (1024 ns) to 34 s. The last one has all
 * longer waits.
 */
#define RUN_DELAY_BUCKETS 96

/* The hierarchy whose groups are counted: v2, or the v1 hierarchy with that controller. */
enum run_delay_hierarchy { RUN_DELAY_V2, RUN_DELAY_CPU, RUN_DELAY_CPUACCT };

/* The longest wait between two samples. */
struct run_delay_peak {
	unsigned long long epoch; /* number of the interval; 0: none */
	unsigned long long ns;
};

/* The waits of a group's own tasks and of its removed children. Its ancestors have records. */
struct run_delay_group {
	unsigned long long parent_id; /* 0: the root */
	unsigned long long waited_ns;
	struct run_delay_peak peaks[2]; /* of an even and of an odd epoch */
	unsigned int buckets[RUN_DELAY_BUCKETS];
};

struct run_delay_control {
	unsigned long long hierarchy; /* set by user space, before the programs are attached */
	unsigned long long epoch;     /* advanced by user space at each sample */
	unsigned long long root;      /* address of the hierarchy's struct cgroup_root */
	unsigned long long lost;      /* waits that were not counted */
	unsigned long long removals;  /* odd while a removed group is added to its parent */
};

/* BPF has no instruction that counts leading zeros. */
static inline __attribute__((always_inline)) unsigned int
run_delay_bucket(unsigned long long waited_ns)
{
	unsigned long long value = waited_ns >> 10;
	unsigned int power = 0;

	if (value < 4)
		return (unsigned int)value;
	if (value >> 25)
		return RUN_DELAY_BUCKETS - 1;
	for (unsigned int step = 16; step > 0; step /= 2)
		if (value >> (power + step))
			power += step;
	return 4 * (power - 1) + (unsigned int)(value >> (power - 2) & 3);
}

#endif
