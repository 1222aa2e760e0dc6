/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sample.h - all wanted metrics of all groups at one moment.
 *
 * A sampler reads; a snapshot is what it read, immutable once returned. Snapshots of one sampler
 * share their topology (names, parents, ids) as long as no group came or went, so that two of them
 * are compared by position.
 */
#ifndef CGWARD_SAMPLE_H
#define CGWARD_SAMPLE_H

#include <cgward/metric.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CGW_NO_GROUP UINT32_MAX

/*
 * Which groups there are. Groups stand in pre-order: the root at 0, each parent before its
 * children, siblings in byte order of their names; the groups below i are i+1 .. i+below[i].
 */
struct cgw_topology {
	uint32_t count;
	uint32_t hierarchy_count;
	const struct cgw_layout *layout; /* of the sampler, which it must outlive; or NULL */
	const uint32_t *parent;          /* index, CGW_NO_GROUP for the root */
	const uint32_t *below;           /* number of groups beneath */
	const uint16_t *depth;           /* 0 for the root */
	const char *const *name;   /* last component, raw bytes as the kernel gives them; "" root */
	const uint32_t *present;   /* bit h: the group exists in hierarchy h */
	const uint64_t *const *id; /* id[h][group]: directory inode, 0 where not in h */
};

/* One value of a metric that has many for a group. */
struct cgw_instance {
	const char *name; /* "nvme0n1", "2MB", "0", "mlx5_0 hca_handle"; raw bytes */
	struct cgw_number number;
};

/* The machine itself, for headers and for the root row; from /proc. */
struct cgw_system_stat {
	unsigned cpu_count;            /* online */
	struct cgw_number cpu_busy_ns; /* all CPUs since boot, idle and iowait left out */
	struct cgw_number cpu_iowait_ns;
	struct cgw_number memory_total_bytes, memory_available_bytes, memory_free_bytes;
	struct cgw_number swap_total_bytes, swap_free_bytes;
	struct cgw_number processes, threads;
	struct cgw_number load_e2[3];           /* load averages, hundredths */
	struct cgw_number pressure_e2[3][2][3]; /* cpu, memory, io; some, full; avg10, 60, 300 */
	struct cgw_number read_bytes, written_bytes; /* whole disks since boot */
};

struct cgw_snapshot; /* opaque: read through the functions below */

struct cgw_snapshot *cgw_snapshot_ref(struct cgw_snapshot *snapshot);
/* Accepts NULL, returns NULL. References may be dropped by any thread. */
struct cgw_snapshot *cgw_snapshot_unref(struct cgw_snapshot *snapshot);

const struct cgw_topology *cgw_snapshot_topology(const struct cgw_snapshot *snapshot) CGW_PURE;
const struct cgw_system_stat *cgw_snapshot_system(const struct cgw_snapshot *snapshot) CGW_PURE;

/* Times at the start of the sample: monotonic (with suspend: boottime) and wall clock. */
uint64_t cgw_snapshot_monotonic_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
uint64_t cgw_snapshot_boottime_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
uint64_t cgw_snapshot_realtime_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
/* When this group's files were read, monotonic: what its rates are taken over. */
uint64_t cgw_snapshot_read_ns(const struct cgw_snapshot *snapshot, uint32_t group) CGW_PURE;
/* CPU time that taking the sample cost. */
uint64_t cgw_snapshot_cost_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
/* "files" or "bpf". */
const char *cgw_snapshot_collector(const struct cgw_snapshot *snapshot) CGW_PURE;
/* The metrics that were asked for. */
const struct cgw_metric_set *cgw_snapshot_metrics(const struct cgw_snapshot *snapshot) CGW_PURE;

/*
 * A scalar metric of a group; for instanced ones the sum over all instances (ABSENT for limits,
 * whose sum means nothing). CGW_ABSENT for a metric that was not asked for.
 */
struct cgw_number cgw_snapshot_number(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				      uint32_t group) CGW_PURE;

/* The instances of a metric of a group, in the kernel's order; NULL and 0 where there is none. */
const struct cgw_instance *cgw_snapshot_instances(const struct cgw_snapshot *snapshot,
						  enum cgw_metric metric, uint32_t group,
						  size_t *ret_count);

/* The text of a string metric, terminated; NULL where there is none, and then `ret_state` says why. */
const char *cgw_snapshot_text(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
			      uint32_t group, enum cgw_state *ret_state);

/* Where a metric was read from on this layout; NULL when it has no source here. */
const struct cgw_source *cgw_snapshot_source(const struct cgw_snapshot *snapshot,
					     enum cgw_metric metric) CGW_PURE;

/* The root has no file for this metric: its value is the machine's, from /proc. */
bool cgw_snapshot_is_system_wide(const struct cgw_snapshot *snapshot,
				 enum cgw_metric metric) CGW_PURE;

/*
 * The full path of a group, "/" for the root. Raw bytes; at most `size`-1 of them, terminated.
 * Returns the length the whole path has, as snprintf does.
 */
size_t cgw_topology_path(const struct cgw_topology *topology, uint32_t group, char *buffer,
			 size_t size);
/* The same in memory of its own, to be freed; NULL: there is none left. */
char *cgw_topology_path_copy(const struct cgw_topology *topology, uint32_t group);

/* The index of a path, or CGW_NO_GROUP. */
uint32_t cgw_topology_find(const struct cgw_topology *topology, const char *path);

/* AUTO takes BPF where it can be had and there are groups enough for it to pay. */
enum cgw_collector_choice { CGW_COLLECTOR_AUTO, CGW_COLLECTOR_FILES, CGW_COLLECTOR_BPF };

struct cgw_sampler_options {
	enum cgw_collector_choice collector;
	uint32_t depth_max;             /* groups deeper than this are left out; 0: all */
	const char *below;              /* only this group and what is beneath it; NULL: all */
	unsigned descriptors_max;       /* files to keep open; 0: what RLIMIT_NOFILE allows */
	uint64_t full_walk_interval_ns; /* look at every directory again; 0: a sensible default */
	bool once;                      /* one sample only: nothing is held for a second */
	/*
	 * While the CPU clock of a group stands still its other files are read at each so many-th sample
	 * only, the groups in turn, and carried over in between: what changes there then is changed from
	 * outside (reclaim, write-back, a limit that is set). For the files collector, where cpu.usage is
	 * wanted. 0 or 1: everything at each sample.
	 */
	unsigned idle_interval;
};

struct cgw_sampler;

/*
 * The layout must outlive the sampler. Raises the soft RLIMIT_NOFILE only if the caller did
 * (cgw_sampler_raise_descriptors()); a library does not change its process behind its back.
 */
int cgw_sampler_new(const struct cgw_layout *layout, const struct cgw_sampler_options *options,
		    struct cgw_sampler **ret_sampler, struct cgw_diag *diag);
struct cgw_sampler *cgw_sampler_free(struct cgw_sampler *sampler);

/* What is read from the next sample on. A file that nobody wants is not opened. */
int cgw_sampler_set_metrics(struct cgw_sampler *sampler, const struct cgw_metric_set *wanted);

/*
 * Takes one sample. Groups that vanish meanwhile keep their row for this sample, marked GONE. Fails
 * only when nothing at all could be read (-ENOENT: no hierarchy, -ENOMEM).
 */
int cgw_sampler_sample(struct cgw_sampler *sampler, struct cgw_snapshot **ret_snapshot);

/*
 * One sample without a second: what a sampler made for it reads of the whole machine, beneath the
 * same layout. Fails as cgw_sampler_new() and cgw_sampler_sample() do, with the reason in `diag`.
 */
int cgw_sample_once(const struct cgw_layout *layout, const struct cgw_metric_set *wanted,
		    struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag);

/* The next sample reads everything, whatever stands still: for who just changed something. */
void cgw_sampler_read_idle(struct cgw_sampler *sampler);

/* Why the sampler reads as it does, one line for people; changes with samples, lives with it. */
const char *cgw_sampler_collector_reason(const struct cgw_sampler *sampler);

/* Soft RLIMIT_NOFILE to the hard one. */
int cgw_sampler_raise_descriptors(void);

#ifdef __cplusplus
}
#endif

#endif
