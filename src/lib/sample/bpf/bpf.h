/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bpf.h - state of the BPF collector, shared by its files. */
#pragma once

#include "lib/sample/bpf/bpf-collector.h"
#include "lib/sample/bpf/bpf-programs.h"

struct bpf_field_row;

/* A metric of the plan that the programs provide. */
struct bpf_column {
	const struct bpf_field_row *row;
	struct decode_request request; /* as for the file that it replaces */
	size_t file;                   /* in the plan */
	uint32_t hierarchy;
	uint32_t preferred; /* hierarchies that take precedence where the group is in one */
	enum cgw_metric metric;
	const uint64_t *records; /* of the part, one per `stride` numbers */
	const uint64_t *devices; /* of all groups */
	size_t stride, index;
	uint32_t block; /* of memory.stat: the group's record with the value */
	uint64_t page_bytes;
	uint64_t factor, factor_end; /* below factor_end: value = raw number * factor */
	bool from_root; /* memory.stat, unknown index: provided only while the root's value is 0 */
	bool root_is_zero; /* the root's value was 0 when it was last read */
	bool root_lacks;   /* the root's file did not have the key: no file of this kernel does */
	/* Of a sum: columns of the snapshot that are added up. */
	uint16_t part_slots[PLAN_PART_MAX];
	size_t part_count;
};

/* The values that a pass collects. */
struct bpf_request {
	uint32_t parts;   /* bit by enum bpf_part */
	uint32_t options; /* bits of BPF_OPTION_* */
	uint32_t stat_count;
	uint32_t stat_index[BPF_STAT_MAX];
};

struct bpf_hierarchy {
	struct tree_group **groups; /* by slot; NULL for a group that is filtered out */
	uint32_t *rows; /* by slot, in the newest topology; CGW_NO_GROUP: filtered out, or root */
	size_t group_size, row_size;
	uint32_t count;
	struct bpf_request collected; /* request of the last pass */
};

struct bpf {
	const struct cgw_layout *layout;
	struct group_tree *tree;
	const struct discover *discover;
	struct files *files; /* for comparisons */
	struct bpf_programs *programs;
	uint32_t hierarchies;              /* that the programs walk */
	uint32_t parts[CGW_HIERARCHY_MAX]; /* requested, bits by enum bpf_part */
	struct bpf_hierarchy state[CGW_HIERARCHY_MAX];
	uint32_t turn; /* the last one walked of those without requested metrics: round-robin */
	uint32_t check_names; /* hierarchies whose names are checked again in this sample */
	struct bpf_column columns[CGW_METRIC_COUNT];
	size_t column_count;
	uint32_t stat_index[CGW_METRIC_COUNT]; /* by metric, as found by bpf_verify() */
	uint64_t pass_ns;                      /* when the values were collected, monotonic */
	struct topology
		*topology; /* of the rows of `state`, referenced; NULL: slots have changed */
	size_t stat_file;  /* in the plan: the memory.stat that columns replace; SIZE_MAX: none */
};

/* bpf-walk.c: loads the programs, for so many groups and blocks of values of memory.stat each. */
int bpf_load_programs(struct bpf *bpf, uint32_t capacity, uint32_t stat_blocks,
		      struct cgw_diag *diag);
int bpf_update(void *collector, const struct cgw_metric_set *expected, bool everything);
/* Walks the hierarchies whose last pass did not collect everything requested now. */
int bpf_walk_missing(struct bpf *bpf);
/* Makes room for the requested values of memory.stat; loads the programs again if there is none. */
int bpf_reserve_stats(struct bpf *bpf);

/* bpf-plan.c: finds out which metrics of the plan the programs provide, by comparing values. */
int bpf_set_plan(void *collector, const struct plan *plan, struct coverage *coverage);
void bpf_drop_plan(void *collector);

/* bpf-request.c: requests the columns: all, to compare them, or those that were proven. */
void bpf_request_columns(struct bpf *bpf, bool proven);
/* The row by which the programs provide a metric of that file; NULL: they do not. */
const struct bpf_field_row *bpf_find_row(const struct bpf *bpf, uint32_t hierarchy,
					 enum cgw_metric metric, const char *file);
/* Lets the next walk, before the plan exists, collect what a plan for these metrics may need. */
void bpf_expect(struct bpf *bpf, const struct cgw_metric_set *metrics);
/* Sets the columns' record pointers, after a plan and after the programs were reloaded. */
void bpf_update_pointers(struct bpf *bpf);

/* bpf-proof.c: compares the columns with the files in some groups, and drops those that differ. */
int bpf_verify(struct bpf *bpf);

/* bpf-fill.c: fills an empty snapshot for all groups except the root, as if from files. */
int bpf_collect(void *collector, struct cgw_snapshot *snapshot, struct coverage *coverage);

/* How the programs provide one metric. */
struct bpf_field_row {
	int16_t metric;
	uint8_t version;
	const char *file; /* with the same value */
	uint8_t part, field;
	uint8_t kind; /* enum bpf_kind */
};

/* How the raw number is converted. */
enum bpf_kind {
	BPF_KIND_PLAIN,
	BPF_KIND_PAGES,      /* memory; v1 prints the counter's maximum as a number */
	BPF_KIND_PAGES_MAX,  /* likewise; v2 prints "max" */
	BPF_KIND_MICRO,      /* nanoseconds; the file has microseconds */
	BPF_KIND_QUOTA,      /* likewise; all bits set: unlimited */
	BPF_KIND_SHARES,     /* fixed-point number of the scheduler */
	BPF_KIND_WEIGHT,     /* likewise, on the scale of v2 */
	BPF_KIND_TASKS_MAX,  /* number of tasks; above PID_MAX_LIMIT: unlimited */
	BPF_KIND_INT_MAX,    /* INT_MAX: unlimited */
	BPF_KIND_FLAG,       /* 1 if not zero */
	BPF_KIND_ONE,        /* always 1 on kernels that have the cgroup iterator */
	BPF_KIND_SELF,       /* v1 freezer flag */
	BPF_KIND_PARENT,     /* v1 freezer flag */
	BPF_KIND_NOT_FROZEN, /* 0 if no freezer flag is set; otherwise the file is read */
	BPF_KIND_NO_DEVICE,  /* 0 if no device was used; otherwise the file is read */
	BPF_KIND_STAT_PAGES, /* pages; a negative sum counts as 0 */
	BPF_KIND_STAT_KIB,   /* KiB; likewise */
	BPF_KIND_STAT_SUM,   /* of other columns: the kernel has no such number */
	BPF_KIND_PER_CPU,    /* the sum; each CPU is an instance */
};

/* The part by whose values the groups for comparing `part` are chosen. */
static inline enum bpf_part bpf_ranking_part(enum bpf_part part)
{
	switch (part) {
	case BPF_PART_CORE_STATES:
		return BPF_PART_CORE;
	case BPF_PART_LIMITS:
	case BPF_PART_STAT:
		return BPF_PART_MEMORY;
	case BPF_PART_PIDS_LIMITS:
		return BPF_PART_PIDS;
	case BPF_PART_WEIGHT:
		return BPF_PART_IO;
	default:
		return part;
	}
}

/* A value of memory.stat. */
static inline bool bpf_is_stat(const struct bpf_field_row *row)
{
	return row->part == BPF_PART_STAT;
}
/* The sum of other values of memory.stat. */
static inline bool bpf_is_sum(const struct bpf_field_row *row)
{
	return row->kind == BPF_KIND_STAT_SUM;
}
/* The sum over a group's devices. */
static inline bool bpf_is_per_device(const struct bpf_field_row *row)
{
	return row->part == BPF_PART_DEVICE;
}
/* The programs provide its instances. */
static inline bool bpf_is_instanced(const struct bpf_field_row *row)
{
	return row->kind == BPF_KIND_PER_CPU || bpf_is_per_device(row);
}
/* Its index in the kernel's array is found by comparing values. */
static inline bool bpf_is_searched(const struct bpf_field_row *row)
{
	return bpf_is_stat(row) || row->part == BPF_PART_WEIGHT;
}

/* The row of a metric for that file; NULL if the programs do not provide it. */
const struct bpf_field_row *bpf_field_find(enum cgw_metric metric, unsigned version,
					   const char *file);
/* The index of a value of memory.stat that all supported kernels have there; -1: unknown. */
int bpf_field_usual_index(enum cgw_metric metric);
/* The row to use where the first one cannot be provided: it covers fewer groups. */
const struct bpf_field_row *bpf_field_find_fallback(const char *file);
/* The raw number of a column. False: the file must be read. */
bool bpf_field_raw(const struct bpf_column *column, const uint64_t *record, uint64_t *ret_raw);
/* Converts a raw number to the value in the file. False likewise. */
bool bpf_field_number(const struct bpf_column *column, uint64_t raw, struct cgw_number *ret_number);

/* Sets factor and factor_end, the fast path for most numbers. */
void bpf_field_set_factor(struct bpf_column *column);
