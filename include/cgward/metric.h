/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metric.h - every metric with its key, unit, and the kernel file that it is read from.
 *
 * Each row of metrics.def defines one metric, which has the same key on v1, hybrid and v2. Keys are
 * public API: they are added, never renamed. They follow the file and key names of v2; the names of
 * v1 are aliases. Values are in the base unit of the metric, whatever the unit of the kernel file.
 */
#ifndef CGWARD_METRIC_H
#define CGWARD_METRIC_H

#include <cgward/kernel.h>
#include <cgward/metric-ids.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_unit {
	CGW_UNIT_COUNT, /* a plain number: processes, operations, events */
	CGW_UNIT_NS,    /* nanoseconds */
	CGW_UNIT_BYTES,
	CGW_UNIT_PERCENT_E2, /* hundredths of a percent: 12.34 in a PSI file is 1234 */
	CGW_UNIT_CPU,        /* nanoseconds of CPU time per second: one CPU is 1000000000 */
	CGW_UNIT_WEIGHT,     /* the scale of v2 on all layouts: 1 to 10000, default 100 */
	CGW_UNIT_FLAG,       /* 0 or 1 */
	CGW_UNIT_HEX,        /* an identifier shown in hexadecimal */
	CGW_UNIT_BYTES_PER_S,
	CGW_UNIT_COUNT_PER_S,
	CGW_UNIT_TEXT,
	CGW_UNIT_PERCENT, /* a real number; for CPU time 100 is one CPU */
	CGW_UNIT_COUNT_OF_UNITS,
};

/* "ns", "bytes", ...: the name in --list-metrics and machine formats. */
const char *cgw_unit_name(enum cgw_unit unit) CGW_PURE;

enum cgw_kind {
	CGW_COUNTER, /* only grows during the life of a group; has a rate */
	CGW_GAUGE,   /* goes up and down */
	CGW_LIMIT,   /* configured upper bound or CGW_MAX; the tightest up to the root applies */
	CGW_SETTING, /* configured value that is not a limit: weights, protections, flags */
	/*
	 * How many events took how long: an instance for each upper bound in seconds ("0.001048576"
	 * to "+Inf") that counts all events up to it, and "sum_ns". The number counts all.
	 */
	CGW_HISTOGRAM,
};

/* "counter", "gauge", "limit", "setting" or "histogram". */

const char *cgw_kind_name(enum cgw_kind kind) CGW_PURE;

enum cgw_shape {
	CGW_SCALAR,    /* one number per group */
	CGW_INSTANCES, /* one number per group and device, page size, CPU, or resource */
	CGW_STRING,    /* a text */
};

/* The cost of reading a metric, so that a caller can leave out expensive ones. */
enum cgw_cost {
	CGW_CHEAP, /* a few microseconds */
	CGW_STAT,  /* the kernel flushes statistics first: memory.stat */
	CGW_LIST,  /* grows with the number of processes */
	CGW_TRACE, /* BPF programs run at each event, such as a context switch, while it is read */
};

/* The format of a kernel file. Each format has one decoder (src/lib/metric/decode.h). */
enum cgw_format {
	CGW_FORMAT_NONE,
	CGW_FORMAT_NUMBER, /* "123\n", "max\n", "-1\n", or the end of v1's page counter */
	CGW_FORMAT_WORDS,  /* cpu.max: "QUOTA PERIOD\n"; the key is the position of the word */
	CGW_FORMAT_FLAT,   /* "key value\n" */
	CGW_FORMAT_NESTED, /* "INSTANCE key=value key=value\n": io.stat, io.max, rdma.max */
	CGW_FORMAT_BLKIO,  /* "MAJ:MIN Read 123\n", last line "Total 123" */
	CGW_FORMAT_DEVICE_NUMBER, /* "MAJ:MIN 123\n", without a line "default 100\n" */
	CGW_FORMAT_PRESSURE,      /* "some avg10=0.00 ... total=0"; the key is "some.avg10" */
	CGW_FORMAT_NAMED,         /* "INSTANCE 123\n": misc.current */
	CGW_FORMAT_OTHER, /* "NAME 123\n" for each name that no metric of the file KEY has as key */
	CGW_FORMAT_PREFIX,  /* "KEYname 123\n": cgroup.stat; the instance is what follows the key */
	CGW_FORMAT_NUMA,    /* "KEY N0=1 N1=2\n", v1 "KEY=3 N0=1 ...\n"; the instances are N0, N1 */
	CGW_FORMAT_PER_CPU, /* "1 2 3 \n": the instances are "0", "1", ... */
	CGW_FORMAT_STATE_WORD,      /* freezer.state: 1 if the word equals the key, otherwise 0 */
	CGW_FORMAT_LINE_COUNT,      /* cgroup.procs: the number of lines */
	CGW_FORMAT_SPLIT_PROCESSES, /* cgroup.procs: lines missing in another hierarchy's list */
	CGW_FORMAT_NETWORK,         /* cgroup.procs: /proc/PID/net/dev of each network namespace */
	CGW_FORMAT_TEXT,            /* the text itself, without the last newline */
	CGW_FORMAT_TRACE,           /* cgroup.procs: what BPF programs saw its tasks wait for */
	CGW_FORMAT_NESTED_OTHER,    /* CGW_FORMAT_NESTED, as CGW_FORMAT_OTHER: "INSTANCE NAME" */
	CGW_FORMAT_NUMA_OTHER,      /* CGW_FORMAT_NUMA, as CGW_FORMAT_OTHER: "N0 NAME" */
	CGW_FORMAT_COUNT,
};

/*
 * A kernel file that a metric can be read from. `file` may contain one '*', which is replaced by
 * the instance: "hugetlb.*.current" is one file per page size.
 */
struct cgw_source {
	uint8_t version;    /* 1 or 2 */
	uint8_t format;     /* enum cgw_format */
	uint8_t conversion; /* enum cgw_conversion */
	bool own; /* the file excludes descendants: if the metric includes them, they are added */
	int8_t controller; /* enum cgw_controller, or CGW_CORE */
	int16_t per; /* the value is divided by this metric (ns) to get one per second, or -1 */
	const char *file;
	const char *key;        /* the key within the file; NULL if the format has no keys */
	uint64_t scale;         /* base units per kernel unit: 1000 converts us to ns */
	bool not_root;          /* at the root the file counts less than at the groups below it */
	uint32_t mount_options; /* enum cgw_mount_option: only if the hierarchy has one of them */
	const char *without;    /* only on kernels without this file, or NULL */
};

/*
 * The file exists in every group of a v2 hierarchy, and on v1 in every hierarchy. On v1 it is read
 * from the first hierarchy, in layout order, in which the group exists.
 */
#define CGW_CORE (-1)

enum cgw_conversion {
	CGW_CONVERT_SCALE,        /* value * scale */
	CGW_CONVERT_TICKS,        /* USER_HZ ticks to ns */
	CGW_CONVERT_SHARES,       /* v1 cpu.shares to the scale of cpu.weight */
	CGW_CONVERT_BFQ_WEIGHT,   /* 1..1000 to the scale of io.weight */
	CGW_CONVERT_MEMORY_LIMIT, /* v1: the end of the page counter means unlimited */
	CGW_CONVERT_DECIMAL_E2,   /* "12.34" to hundredths */
	CGW_CONVERT_PAGES,        /* pages to bytes */
};

#define CGW_SOURCE_MAX 5

/* The system-wide value used for a metric of the root group if the kernel has no file for it. */
enum cgw_root_source {
	CGW_ROOT_NONE,
	CGW_ROOT_SYSTEM_CPU,       /* /proc/stat: busy time of all CPUs */
	CGW_ROOT_SYSTEM_MEMORY,    /* /proc/meminfo: MemTotal - MemFree */
	CGW_ROOT_SYSTEM_SWAP,      /* /proc/meminfo: SwapTotal - SwapFree */
	CGW_ROOT_SYSTEM_THREADS,   /* /proc/loadavg: all tasks */
	CGW_ROOT_SYSTEM_IO_RBYTES, /* /proc/diskstats: whole disks */
	CGW_ROOT_SYSTEM_IO_WBYTES,
	CGW_ROOT_SYSTEM_MEMORY_SWAP, /* the sum of SYSTEM_MEMORY and SYSTEM_SWAP */
};

struct cgw_metric_info {
	const char *key;
	const char *title;   /* column heading */
	const char *aliases; /* other accepted names, separated by spaces, or "" */
	const char *help;    /* one sentence without a full stop */
	uint8_t kind;        /* enum cgw_kind */
	uint8_t shape;       /* enum cgw_shape */
	uint8_t unit;        /* enum cgw_unit */
	uint8_t cost;        /* enum cgw_cost */
	bool hierarchical;   /* the value includes descendants */
	uint8_t root;        /* enum cgw_root_source */
	uint8_t source_count;
	int16_t limited_by;               /* enum cgw_metric: the limit on this metric, or -1 */
	const struct cgw_source *sources; /* in order of preference, at most CGW_SOURCE_MAX */
	bool additive; /* values of children add up to that of the parent: not peaks or pressure */
	bool summed;   /* the instances have a sum: not limits, shares and latencies */
};

/* Returns NULL only for an invalid metric. */
const struct cgw_metric_info *cgw_metric_info(enum cgw_metric metric) CGW_PURE;

/* The number of metrics. A program that was compiled with an earlier release knows fewer. */
size_t cgw_metric_count(void) CGW_PURE;
/* Lists the metrics by family: returns the i-th one, or -ENOENT behind the last. */
int cgw_metric_nth(size_t i) CGW_PURE;

/* Finds a metric by key or alias. Returns the metric, or -ENOENT. */
int cgw_metric_find(const char *key) CGW_PURE;

/* The kernel's longest keys have about 40 characters. */
#define CGW_INSTANCE_KEY_SIZE 48

/* What a key of a kernel file is named by: a metric, or one instance of it. */
struct cgw_metric_key {
	enum cgw_metric metric;
	bool own; /* the key excludes descendants, which the metric includes: "rss" of v1 */
	char instance[CGW_INSTANCE_KEY_SIZE]; /* the instance, or "" */
};

/*
 * Finds the metric that "FILE:KEY" is read as, such as "memory.stat:anon". A key that no metric
 * reads is an instance of the file's metric for such keys ("memory.stat.other"), and in a file of
 * names ("misc.current") each name is one: whether the kernel has it is known only when the file is
 * read. Returns -ENOENT for any other file or key.
 */
int cgw_metric_find_key(const char *file_and_key, struct cgw_metric_key *ret_key);

/* A set of metrics. Zeroed memory is the empty set. It has room for metrics of later versions. */
#define CGW_METRIC_CAPACITY 1024
struct cgw_metric_set {
	uint64_t bits[CGW_METRIC_CAPACITY / 64];
};

static inline void cgw_metric_set_add(struct cgw_metric_set *set, enum cgw_metric metric)
{
	if ((unsigned)metric < CGW_METRIC_CAPACITY)
		set->bits[(unsigned)metric / 64] |= UINT64_C(1) << ((unsigned)metric % 64);
}

static inline bool cgw_metric_set_has(const struct cgw_metric_set *set, enum cgw_metric metric)
{
	return (unsigned)metric < CGW_METRIC_CAPACITY &&
	       (set->bits[(unsigned)metric / 64] >> ((unsigned)metric % 64) & 1);
}

#ifdef __cplusplus
}
#endif

#endif
