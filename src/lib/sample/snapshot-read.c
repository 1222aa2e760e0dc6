/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* snapshot-read.c - accessors of snapshots. */
#include "lib/sample/snapshot.h"

const struct cgw_topology *cgw_snapshot_topology(const struct cgw_snapshot *snapshot)
{
	return &snapshot->topology->view;
}

const struct cgw_system_stat *cgw_snapshot_system(const struct cgw_snapshot *snapshot)
{
	return &snapshot->machine;
}

uint64_t cgw_snapshot_monotonic_ns(const struct cgw_snapshot *snapshot)
{
	return snapshot->monotonic_ns;
}

uint64_t cgw_snapshot_boottime_ns(const struct cgw_snapshot *snapshot)
{
	return snapshot->boottime_ns;
}

uint64_t cgw_snapshot_realtime_ns(const struct cgw_snapshot *snapshot)
{
	return snapshot->realtime_ns;
}

uint64_t cgw_snapshot_read_ns(const struct cgw_snapshot *snapshot, uint32_t group)
{
	return group < snapshot->topology->view.count ? snapshot->read_ns[group] : 0;
}

uint64_t cgw_snapshot_cost_ns(const struct cgw_snapshot *snapshot)
{
	return snapshot->cost_ns;
}

const char *cgw_snapshot_collector(const struct cgw_snapshot *snapshot)
{
	return snapshot->collector;
}

const struct cgw_metric_set *cgw_snapshot_metrics(const struct cgw_snapshot *snapshot)
{
	return &snapshot->metrics;
}

struct cgw_number cgw_snapshot_number(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
				      uint32_t group)
{
	return snapshot_number(snapshot, metric, group);
}

const struct cgw_instance *cgw_snapshot_instances(const struct cgw_snapshot *snapshot,
						  enum cgw_metric metric, uint32_t group,
						  size_t *ret_count)
{
	int column = snapshot_column_of(snapshot, metric, group);
	const uint32_t *first = column < 0 ? NULL : snapshot->columns[column].first;

	*ret_count = first == NULL ? 0 : first[group + 1] - first[group];
	return *ret_count == 0 ? NULL : snapshot->instances + first[group];
}

const char *cgw_snapshot_text(const struct cgw_snapshot *snapshot, enum cgw_metric metric,
			      uint32_t group, enum cgw_state *ret_state)
{
	int column = snapshot_column_of(snapshot, metric, group);
	enum cgw_state state =
		column < 0 ? CGW_ABSENT : (enum cgw_state)snapshot->columns[column].state[group];
	bool text = column >= 0 && cgw_metric_info(metric)->shape == CGW_STRING;

	if (ret_state != NULL)
		*ret_state = state;
	return text && state == CGW_OK ? snapshot->texts[snapshot->columns[column].value[group]]
				       : NULL;
}

const struct cgw_source *cgw_snapshot_source(const struct cgw_snapshot *snapshot,
					     enum cgw_metric metric)
{
	return (unsigned)metric < METRIC_CAPACITY ? snapshot->source[metric] : NULL;
}

bool cgw_snapshot_is_system_wide(const struct cgw_snapshot *snapshot, enum cgw_metric metric)
{
	return (unsigned)metric < METRIC_CAPACITY && snapshot->system_wide[metric];
}
