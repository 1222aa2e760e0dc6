/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sample.h - snapshots of the requested metrics of all groups.
 *
 * A sampler reads the metrics of all groups at regular intervals. Each sample is a snapshot, which
 * is immutable. Snapshots of one sampler share their topology (names, parents, inodes) as long as
 * no group is created or removed, so that they can be compared by index.
 */
#ifndef CGWARD_SAMPLE_H
#define CGWARD_SAMPLE_H

#include <cgward/metric.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CGW_NO_GROUP UINT32_MAX

/*
 * The tree of groups. A group is identified by its index in pre-order: the root is 0, each parent
 * comes before its children, siblings are in byte order of their names. The descendants of group i
 * are i + 1 to i + below[i].
 */
struct cgw_topology {
	uint32_t count;
	uint32_t hierarchy_count;
	const struct cgw_layout *layout; /* of the sampler; must outlive the topology; or NULL */
	const uint32_t *parent;          /* index, CGW_NO_GROUP for the root */
	const uint32_t *below;           /* number of descendants */
	const uint16_t *depth;           /* 0 for the root */
	const char *const *name;   /* last component of the path, raw bytes; "" for the root */
	const uint32_t *present;   /* bit h: the group exists in hierarchy h */
	const uint64_t *const *id; /* id[h][group]: directory inode, 0 if not in hierarchy h */
};

/* One value of a CGW_INSTANCES metric. */
struct cgw_instance {
	const char *name; /* "nvme0n1", "2MB", "0", "mlx5_0 hca_handle"; raw bytes */
	struct cgw_number number;
};

/* System-wide values from /proc, for the header of the dashboard and for the root group. */
struct cgw_system_stat {
	unsigned cpu_count;            /* online CPUs */
	struct cgw_number cpu_busy_ns; /* all CPUs since boot, without idle and iowait */
	struct cgw_number cpu_iowait_ns;
	struct cgw_number memory_total_bytes, memory_available_bytes, memory_free_bytes;
	struct cgw_number swap_total_bytes, swap_free_bytes;
	struct cgw_number processes, threads;
	struct cgw_number load_e2[3]; /* load averages, hundredths */
	/* Percent, hundredths: [cpu, memory, io][some, full][avg10, avg60, avg300]. */
	struct cgw_number pressure_e2[3][2][3];
	struct cgw_number read_bytes, written_bytes; /* all whole disks since boot */
};

struct cgw_snapshot; /* opaque and reference-counted */

struct cgw_snapshot *cgw_snapshot_ref(struct cgw_snapshot *snapshot);
/* Drops a reference; any thread may do so. Accepts NULL, returns NULL. */
struct cgw_snapshot *cgw_snapshot_unref(struct cgw_snapshot *snapshot);

/* Returned pointers are owned by the snapshot, here and below. */

const struct cgw_topology *cgw_snapshot_topology(const struct cgw_snapshot *snapshot) CGW_PURE;
const struct cgw_system_stat *cgw_snapshot_system(const struct cgw_snapshot *snapshot) CGW_PURE;

/* The start of the sample, on CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_REALTIME. */
uint64_t cgw_snapshot_monotonic_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
uint64_t cgw_snapshot_boottime_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
uint64_t cgw_snapshot_realtime_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
/* The time, on CLOCK_MONOTONIC, when the files of a group were read. Used to compute its rates. */
uint64_t cgw_snapshot_read_ns(const struct cgw_snapshot *snapshot, uint32_t group) CGW_PURE;
/* The CPU time used to collect the sample. */
uint64_t cgw_snapshot_cost_ns(const struct cgw_snapshot *snapshot) CGW_PURE;
/* How the sample was collected: "files" or "bpf". */
const char *cgw_snapshot_collector(const struct cgw_snapshot *snapshot) CGW_PURE;
/* The metrics that were requested. */
const struct cgw_metric_set *cgw_snapshot_metrics(const struct cgw_snapshot *snapshot) CGW_PURE;

/*
 * The value of a metric of a group. For CGW_INSTANCES metrics, the sum over all instances, or
 * CGW_ABSENT for limits, which cannot be summed. CGW_ABSENT if the metric was not requested.
 */
struct cgw_number cgw_snapshot_number(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				      uint32_t group) CGW_PURE;

/* The instances of a metric of a group, in the order of the kernel file; NULL and 0 for none. */
const struct cgw_instance *cgw_snapshot_instances(const struct cgw_snapshot *snapshot,
						  enum cgw_metric metric, uint32_t group,
						  size_t *ret_count);

/* The text of a CGW_STRING metric, terminated. If there is none, NULL and the reason. */
const char *cgw_snapshot_text(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
			      uint32_t group, enum cgw_state *ret_state);

/* The kernel file that a metric is read from on this layout; NULL if it has none. */
const struct cgw_source *cgw_snapshot_source(const struct cgw_snapshot *snapshot,
					     enum cgw_metric metric) CGW_PURE;

/* True if the root group has no file for a metric and its value is the system's, from /proc. */
bool cgw_snapshot_is_system_wide(const struct cgw_snapshot *snapshot,
				 enum cgw_metric metric) CGW_PURE;

/*
 * Writes the path of a group, "/" for the root: at most `size` - 1 raw bytes, terminated. Returns
 * the length of the whole path, as snprintf() does.
 */
size_t cgw_topology_path(const struct cgw_topology *topology, uint32_t group, char *buffer,
			 size_t size);
/* Returns the path in allocated memory, to be freed by the caller; NULL without memory. */
char *cgw_topology_path_copy(const struct cgw_topology *topology, uint32_t group);

/* Returns the index of the group with that path, or CGW_NO_GROUP. */
uint32_t cgw_topology_find(const struct cgw_topology *topology, const char *path);

/* AUTO uses BPF if it is available and there are enough groups to make it cheaper. */
enum cgw_collector_choice { CGW_COLLECTOR_AUTO, CGW_COLLECTOR_FILES, CGW_COLLECTOR_BPF };

struct cgw_sampler_options {
	enum cgw_collector_choice collector;
	/*
	 * Leave out groups deeper than this; 0: unlimited. Metrics that the kernel counts without
	 * descendants (cgw_source.own) are sums, and absent where descendants are left out.
	 */
	uint32_t depth_max;
	const char *below;        /* only the group of this path and its descendants; NULL: all */
	unsigned descriptors_max; /* files to keep open; 0: as many as RLIMIT_NOFILE allows */
	uint64_t full_walk_interval_ns; /* read all directories again; 0: a sensible default */
	bool once;                      /* one sample only: keep no files open for a second one */
	/*
	 * While the CPU usage of a group does not change, read its other files only in every n-th
	 * sample, in turn with other idle groups, and repeat the last values otherwise. Changes
	 * from outside (reclaim, write-back, a new limit) are then seen late. Requires the files
	 * collector and the metric cpu.usage. 0 or 1: read all files in every sample.
	 */
	unsigned idle_interval;
	/*
	 * Ancestors of `below` have the counts of the group alone for such metrics, instead of
	 * none: for callers that ask how often an ancestor's own limit was reached.
	 */
	bool ancestors_alone;
	/*
	 * Only the values of `below` and its ancestors are needed. Deeper groups are sampled only
	 * where a requested metric is a sum over them (cgw_source.own), and have no values of other
	 * files.
	 */
	bool only_group;
	/* With only_group: its children too, for fields that cgw_field_needs_children(). */
	bool with_children;
};

struct cgw_sampler;

/*
 * Creates a sampler. The layout must outlive it. Does not raise the soft RLIMIT_NOFILE, because a
 * library should not change its process; call cgw_sampler_raise_descriptors() first. Free with
 * cgw_sampler_free(), which accepts NULL and returns NULL.
 */
int cgw_sampler_new(const struct cgw_layout *layout, const struct cgw_sampler_options *options,
		    struct cgw_sampler **ret_sampler, struct cgw_diag *diag);
struct cgw_sampler *cgw_sampler_free(struct cgw_sampler *sampler);

/* Sets the metrics to read from the next sample on. Files of other metrics are not opened. */
int cgw_sampler_set_metrics(struct cgw_sampler *sampler, const struct cgw_metric_set *metrics);

/*
 * Reads one sample. Values of groups that are removed meanwhile are CGW_GONE. Fails only if nothing
 * could be read: -ENOENT (no hierarchy) or -ENOMEM. Drop the snapshot with cgw_snapshot_unref().
 */
int cgw_sampler_sample(struct cgw_sampler *sampler, struct cgw_snapshot **ret_snapshot);

/* The source's file may exist in this hierarchy, and has the meaning that the source states. */
bool cgw_hierarchy_offers(const struct cgw_hierarchy *hierarchy,
			  const struct cgw_source *source) CGW_PURE;

/* The hierarchies that provide a metric, as a bit mask. */
uint32_t cgw_metric_hierarchies(const struct cgw_layout *layout, enum cgw_metric metric);

/*
 * Reads a single sample of all groups with a temporary sampler. Fails like cgw_sampler_new() and
 * cgw_sampler_sample(), with the reason in `diag`.
 */
int cgw_sample_once(const struct cgw_layout *layout, const struct cgw_metric_set *metrics,
		    struct cgw_snapshot **ret_snapshot, struct cgw_diag *diag);

/* Reads all files in the next sample, also those of idle groups. Call it after a change. */
void cgw_sampler_read_idle(struct cgw_sampler *sampler);

/* The reason for the current collector in one line, owned by the sampler; may change. */
const char *cgw_sampler_collector_reason(const struct cgw_sampler *sampler);

/*
 * Why samples have no values of a metric of cost CGW_TRACE although it is requested; "" if they
 * have, or if it is not requested. Valid until the next sample.
 */
const char *cgw_sampler_trace_reason(const struct cgw_sampler *sampler, enum cgw_metric metric);

/* Raises the soft RLIMIT_NOFILE of this process to the hard limit. */
int cgw_sampler_raise_descriptors(void);

#ifdef __cplusplus
}
#endif

#endif
