/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bpf.h - the collector that lets BPF programs walk the hierarchies: one pass gives all groups of a
 * hierarchy with their figures, and which of them came or went.
 *
 * What the programs say is believed after it was compared with the files, metric by metric, on a
 * handful of groups of this machine. What they do not give, or did not prove, is read from files, and
 * so is the root, whose figures stand elsewhere in the kernel.
 */
#ifndef CGWARD_LIB_SAMPLE_BPF_BPF_H
#define CGWARD_LIB_SAMPLE_BPF_BPF_H

#include "lib/sample/bpf/bpf-programs.h"
#include "lib/sample/discover.h"
#include "lib/sample/files.h"

struct bpf_field_row;

/* A metric of the plan that the programs answer. */
struct bpf_column {
	const struct bpf_field_row *row;
	struct decode_request want; /* as for the file that it stands for */
	size_t file;                /* in the plan */
	uint32_t hierarchy;
	uint32_t better; /* hierarchies that answer instead where the group is in one */
	enum cgw_metric metric;
	const uint64_t *records; /* of the part; one every `stride` numbers */
	const uint64_t *devices; /* of all groups */
	size_t stride, place;
	uint64_t page_bytes;
	uint64_t factor, factor_end; /* a raw number below the end is as it is, times the factor */
	bool by_root; /* of memory.stat, place unknown: answered while the root has none of it */
	bool none;    /* which it had not when it was read last */
};

/* What a pass is asked for. */
struct bpf_question {
	uint32_t parts; /* bit by enum bpf_part */
	uint32_t fine;  /* bits of BPF_FINE_* */
	uint32_t stat_count;
	uint32_t stat_index[BPF_STAT_MAX];
};

struct bpf_hierarchy {
	struct tree_group **groups; /* by slot; NULL for what is left out */
	uint32_t *
		rows; /* by slot, in the newest topology; CGW_NO_GROUP likewise, and for the root */
	uint32_t count, size;
	struct bpf_question answered; /* by the last pass */
};

struct bpf {
	const struct cgw_layout *layout;
	struct tree *tree;
	const struct discover *discover;
	struct bpf_programs *programs;     /* NULL: not in use */
	uint32_t hierarchies;              /* that the programs walk */
	uint32_t parts[CGW_HIERARCHY_MAX]; /* of each that are wanted, by enum bpf_part */
	struct bpf_hierarchy of[CGW_HIERARCHY_MAX];
	uint32_t turn;  /* hierarchies without wanted figures are walked in turn */
	uint32_t names; /* hierarchies of which names are looked at again in this sample */
	struct bpf_column columns[CGW_METRIC_COUNT];
	size_t column_count;
	uint32_t stat_index[CGW_METRIC_COUNT]; /* where what is searched was found to be */
	uint64_t pass_ns;                      /* when the figures were taken, monotonic */
	bool moved;       /* slots or rows are others' since they were numbered */
	size_t stat_file; /* in the plan: the memory.stat that columns stand for; SIZE_MAX: none */
};

/* Loads the programs with room for that many groups at first. On failure the collector stays out of use and `diag` says why. */
int bpf_open(struct bpf *bpf, const struct discover *discover, uint32_t capacity,
	     struct cgw_diag *diag);
void bpf_close(struct bpf *bpf);

/*
 * Walks the hierarchies, takes the figures that the columns want, and brings the tree up to date.
 * `everything`: also those hierarchies of which nothing is wanted.
 */
int bpf_update(struct bpf *bpf, struct files *files, bool everything);

/*
 * After a new plan: which of its metrics the programs answer. All are compared with the files, so
 * the tree must be there.
 */
int bpf_plan(struct bpf *bpf, struct files *files);

/*
 * Before a plan for these metrics is made: the next walk, which finds the groups, takes along what such
 * a plan may want.
 */
void bpf_expect(struct bpf *bpf, const struct cgw_metric_set *wanted);

/* The old plan is no more. */
void bpf_forget_plan(struct bpf *bpf);

/* The tree has a new topology, or slots have other groups: which row is whose. */
void bpf_number_rows(struct bpf *bpf);
/*
 * What is answered for all groups but the root, as the files would give it, into an empty snapshot.
 * `open` by row, NULL or the group: becomes the group where its files have to be read as well. Of those the numbers
 * are there or not, and the instances are not.
 */
int bpf_fill_columns(const struct bpf *bpf, struct cgw_snapshot *snapshot, struct devices *devices,
		     struct tree_group **open);
/* The same of one group into a row; `answered` by column. */
void bpf_fill(const struct bpf *bpf, const struct tree_group *group, struct cgw_number *row,
	      bool *answered);
/* The instances that go with them. */
int bpf_fill_instances(const struct bpf *bpf, const struct tree_group *group,
		       struct cgw_snapshot *snapshot, struct devices *devices);
/* The metric is answered, for some groups at least. */
bool bpf_answers(const struct bpf *bpf, enum cgw_metric metric);
/* Of all groups but the root, of those only that bpf_fill_columns() leaves closed, or not wholly. */
enum bpf_answer { BPF_ANSWERS_ALL, BPF_ANSWERS_MOST, BPF_ANSWERS_NONE };
enum bpf_answer bpf_answers_file(const struct bpf *bpf, const struct plan *plan, size_t file);

/* What the programs take for one metric; private to the collector's files. */
struct bpf_field_row {
	int16_t metric;
	uint8_t version;
	const char *file; /* that says the same */
	uint8_t part, field;
	uint8_t kind; /* enum bpf_kind */
};

/* What is done to the raw number. Where that is, the part says. */
enum bpf_kind {
	BPF_KIND_PLAIN,
	BPF_KIND_PAGES,     /* of memory; v1 writes the counter's end as a number */
	BPF_KIND_PAGES_MAX, /* likewise, but "max" */
	BPF_KIND_MICRO,     /* nanoseconds that the file tells in microseconds */
	BPF_KIND_QUOTA,     /* likewise, all bits set is no limit */
	BPF_KIND_SHARES,    /* the scheduler's fixed point */
	BPF_KIND_WEIGHT,    /* v2's scale of it */
	BPF_KIND_TASKS_MAX, /* a number of tasks, above all possible ones: no limit */
	BPF_KIND_INT_MAX,   /* the largest int is no limit */
	BPF_KIND_FLAG,      /* not zero */
	BPF_KIND_ONE,       /* always, on kernels that have the iterator */
	BPF_KIND_SELF,      /* v1 freezer flags */
	BPF_KIND_PARENT,
	BPF_KIND_NOT_FROZEN, /* no flag is 0; with one only the file knows */
	BPF_KIND_NO_DEVICE,  /* no device is 0; with one only the file knows */
	BPF_KIND_STAT_PAGES, /* pages that may seem to be below zero, which is nothing */
	BPF_KIND_PER_CPU,    /* the sum; each CPU's is an instance */
};

/* The part that tells which groups a part's figures are best tried on. */
static inline enum bpf_part bpf_judge(enum bpf_part part)
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
/* The sum over a group's devices. */
static inline bool bpf_is_of_devices(const struct bpf_field_row *row)
{
	return row->part == BPF_PART_DEVICE;
}
/* It has instances that the programs tell. */
static inline bool bpf_is_instanced(const struct bpf_field_row *row)
{
	return row->kind == BPF_KIND_PER_CPU || bpf_is_of_devices(row);
}
/* Where it stands in the kernel is found out by comparing. */
static inline bool bpf_is_searched(const struct bpf_field_row *row)
{
	return bpf_is_stat(row) || row->part == BPF_PART_WEIGHT;
}

/* The row of a metric for that file, or NULL: the programs do not take it. */
const struct bpf_field_row *bpf_field_find(enum cgw_metric metric, unsigned version,
					   const char *file);
/* One that says less of any metric of that file, for where the other cannot be had. */
const struct bpf_field_row *bpf_field_find_lesser(const char *file);
/* What a record says of the column. False: only the file knows. */
bool bpf_field_raw(const struct bpf_column *column, const uint64_t *record, uint64_t *ret_raw);
/* The number as the file would give it. False likewise. */
bool bpf_field_number(const struct bpf_column *column, uint64_t raw, struct cgw_number *ret_number);

/* Finds out what of that is a mere multiplication, or zero for zero: most of what there is. */
void bpf_field_shorten(struct bpf_column *column);

/* The numbers of a group that a column stands for; the controller's state is the first. */
static inline const uint64_t *bpf_record(const struct bpf_column *column,
					 const struct tree_group *group)
{
	return column->records + (size_t)group->slot[column->hierarchy] * column->stride;
}

static inline bool bpf_column_applies(const struct bpf_column *column,
				      const struct tree_group *group)
{
	return group->present & UINT32_C(1) << column->hierarchy &&
	       !(group->present & column->better);
}

/* Between the collector's files. */
/* Where the columns' records are: after they were chosen, and after the programs were loaded anew. */
void bpf_point_columns(struct bpf *bpf);
/* Walks where the last passes did not take all that is asked for now. */
int bpf_walk_unanswered(struct bpf *bpf, struct files *files);
/* Compares the columns with the files and keeps those that agree. The last walk took their figures. */
int bpf_prove(struct bpf *bpf, struct files *files);

#endif
