/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * metric.h - what can be read: every metric, its unit, and the kernel file it comes from.
 *
 * One row of metrics.def is one metric, under one key on v1, hybrid and v2. Keys are public API:
 * added, never renamed. Canonical keys follow v2's file and key names; v1's names are aliases.
 * All numbers are in the base unit that the row names, whatever the kernel file counts in.
 */
#ifndef CGWARD_METRIC_H
#define CGWARD_METRIC_H

#include <cgward/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cgw_unit {
	CGW_UNIT_COUNT, /* things: processes, operations, events */
	CGW_UNIT_NS,    /* nanoseconds of time */
	CGW_UNIT_BYTES,
	CGW_UNIT_PERCENT_E2, /* hundredths of a percent: PSI's 12.34 is 1234 */
	CGW_UNIT_CPU,        /* nanoseconds of CPU a second: one whole CPU is 1000000000 */
	CGW_UNIT_WEIGHT,     /* v2's scale on every machine, 1 to 10000, default 100 */
	CGW_UNIT_FLAG,       /* 0 or 1 */
	CGW_UNIT_HEX,        /* an identifier that people read in hexadecimal */
	CGW_UNIT_BYTES_PER_S,
	CGW_UNIT_COUNT_PER_S,
	CGW_UNIT_TEXT,
	CGW_UNIT_PERCENT, /* a real number; of one CPU for CPU time, else of a whole */
	CGW_UNIT_COUNT_OF_UNITS,
};

/* "ns", "bytes", ...: the word used in --list-metrics and machine formats. */
const char *cgw_unit_name(enum cgw_unit unit) CGW_PURE;

enum cgw_kind {
	CGW_COUNTER, /* only grows while the group lives; its rate means something */
	CGW_GAUGE,   /* goes up and down */
	CGW_LIMIT,   /* set by someone; may be CGW_MAX; the tightest on the way up binds */
	CGW_SETTING, /* set by someone, but not a bound: weights, protections, flags */
};

const char *cgw_kind_name(enum cgw_kind kind) CGW_PURE;

enum cgw_shape {
	CGW_SCALAR,    /* one number a group */
	CGW_INSTANCES, /* one number a group and device, page size, CPU, resource */
	CGW_STRING,    /* text of the kernel, not a number */
};

/* What a read costs, so that a plan can leave the dear ones out of a fast tick. */
enum cgw_cost {
	CGW_CHEAP, /* a counter, a few microseconds */
	CGW_STAT,  /* flushes statistics: memory.stat and its like */
	CGW_LIST,  /* grows with the number of processes */
};

/* How the kernel writes a file; one decoder each (src/lib/metric/decode.h). */
enum cgw_format {
	CGW_FORMAT_NONE,
	CGW_FORMAT_NUMBER, /* "123\n", "max\n", "-1\n", v1's page counter end */
	CGW_FORMAT_WORDS,  /* words by position: cpu.max "QUOTA PERIOD"; key is the position */
	CGW_FORMAT_FLAT,   /* "key value\n" */
	CGW_FORMAT_NESTED, /* "INSTANCE key=value key=value\n": io.stat, io.max, rdma.max */
	CGW_FORMAT_BLKIO,  /* "MAJ:MIN Read 123\n", ends with "Total 123" */
	CGW_FORMAT_DEVICE_NUMBER, /* "MAJ:MIN 123\n": v1 blkio.throttle.*_device */
	CGW_FORMAT_PRESSURE,      /* "some avg10=0.00 ... total=0"; key is "some.avg10" */
	CGW_FORMAT_NAMED,         /* "name value\n" where each name is an instance: misc.current */
	CGW_FORMAT_PER_CPU,       /* "1 2 3 \n": each position is an instance "0", "1", ... */
	CGW_FORMAT_STATE_WORD,    /* freezer.state: one word; 1 where it equals the key, else 0 */
	CGW_FORMAT_LINE_COUNT,    /* the number of lines: cgroup.procs */
	CGW_FORMAT_SPLIT_PROCESSES, /* numbers that stand in this list and not in another hierarchy's */
	CGW_FORMAT_NETWORK,         /* this list's network namespaces: /proc/PID/net/dev by key */
	CGW_FORMAT_TEXT,            /* the text itself, last newline cut */
	CGW_FORMAT_COUNT,
};

/*
 * One place a metric can come from. `file` may hold one '*', which stands for the instance
 * ("hugetlb.*.current" for each page size that the hierarchy offers).
 */
struct cgw_source {
	uint8_t version;    /* 1 or 2 */
	uint8_t format;     /* enum cgw_format */
	uint8_t conversion; /* enum cgw_conversion, for what is not a multiplication */
	bool own;           /* counts the group without its children, whatever the metric says */
	int8_t controller;  /* enum cgw_controller, or CGW_CORE: every group has the file */
	int16_t per;        /* metric (ns) by which the number becomes one a second, or -1 */
	const char *file;
	const char *key; /* within the file; NULL where the format needs none */
	uint64_t scale;  /* base units in one kernel unit: 1000 turns us into ns */
};

/*
 * In every group of a v2 hierarchy. On v1 in every hierarchy: the first one in the layout's order in
 * which the group exists is read.
 */
#define CGW_CORE (-1)

enum cgw_conversion {
	CGW_CONVERT_SCALE,        /* value * scale */
	CGW_CONVERT_TICKS,        /* USER_HZ ticks to ns */
	CGW_CONVERT_SHARES,       /* v1 cpu.shares to v2's weight */
	CGW_CONVERT_BFQ_WEIGHT,   /* 1..1000 to v2's io.weight scale */
	CGW_CONVERT_MEMORY_LIMIT, /* v1: the page counter's end is no limit */
	CGW_CONVERT_DECIMAL_E2,   /* "12.34" to hundredths */
};

#define CGW_SOURCE_MAX 5

/* What stands in for a metric at the root, where a hierarchy has no file for it. */
enum cgw_root_source {
	CGW_ROOT_NONE,
	CGW_ROOT_SYSTEM_CPU,       /* /proc/stat: busy time of all CPUs */
	CGW_ROOT_SYSTEM_MEMORY,    /* /proc/meminfo: MemTotal - MemFree */
	CGW_ROOT_SYSTEM_SWAP,      /* /proc/meminfo: SwapTotal - SwapFree */
	CGW_ROOT_SYSTEM_THREADS,   /* /proc/loadavg: all tasks */
	CGW_ROOT_SYSTEM_IO_RBYTES, /* /proc/diskstats: whole disks */
	CGW_ROOT_SYSTEM_IO_WBYTES,
};

struct cgw_metric_info {
	const char *key;
	const char *title;   /* column header, short */
	const char *aliases; /* other accepted names, separated by spaces; or "" */
	const char *help;    /* one sentence, without its full stop */
	uint8_t kind;        /* enum cgw_kind */
	uint8_t shape;       /* enum cgw_shape */
	uint8_t unit;        /* enum cgw_unit */
	uint8_t cost;        /* enum cgw_cost */
	bool hierarchical;   /* the kernel's number includes the group's children */
	uint8_t root;        /* enum cgw_root_source */
	uint8_t source_count;
	int16_t limited_by;               /* enum cgw_metric of the limit it runs against, or -1 */
	const struct cgw_source *sources; /* in order of preference, CGW_SOURCE_MAX at most */
};

enum cgw_metric {
#define METRIC(id, ...) CGW_M_##id,
#include <cgward/metrics.def>
#undef METRIC
	CGW_METRIC_COUNT,
};

/* Never NULL for a valid metric. */
const struct cgw_metric_info *cgw_metric_info(enum cgw_metric metric) CGW_PURE;

/* By key or alias. Returns the metric, or -ENOENT. */
int cgw_metric_find(const char *key) CGW_PURE;

/* A set of metrics, as a reader asks for them. */
struct cgw_metric_set {
	uint64_t bits[(CGW_METRIC_COUNT + 63) / 64];
};

static inline void cgw_metric_set_add(struct cgw_metric_set *set, enum cgw_metric metric)
{
	set->bits[(unsigned)metric / 64] |= UINT64_C(1) << ((unsigned)metric % 64);
}

static inline bool cgw_metric_set_has(const struct cgw_metric_set *set, enum cgw_metric metric)
{
	return set->bits[(unsigned)metric / 64] >> ((unsigned)metric % 64) & 1;
}

#ifdef __cplusplus
}
#endif

#endif
