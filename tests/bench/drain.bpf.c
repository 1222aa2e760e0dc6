// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * drain.bpf.c - BPF program that stores the values of all groups in a hash map, which user space
 * reads entry by entry: the usual design, for comparison with the collector.
 */
#include "lib/sample/bpf/programs/kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "drain.h"

enum { BPF_MAP_TYPE_HASH = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DRAIN_MAX);
	__type(key, __u64);
	__type(value, struct drain_record);
} records SEC(".maps");

char _license[] SEC("license") = "GPL";

#define CSS(group, name)                                                                         \
	({                                                                                       \
		struct cgroup_subsys_state *css_ = 0;                                            \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, name))                     \
			bpf_probe_read_kernel(                                                   \
				&css_, sizeof(css_),                                             \
				(void *)(group) + bpf_core_field_offset(struct cgroup, subsys) + \
					8 * bpf_core_enum_value(enum cgroup_subsys_id, name));   \
		css_;                                                                            \
	})

SEC("iter/cgroup")
int drain(struct bpf_iter__cgroup *context)
{
	struct cgroup *group = context->cgroup;
	struct drain_record record = {0};
	__u64 id;

	if (group == NULL)
		return 0;
	id = group->kn->id;
	record.parent_id = group->self.parent != NULL ? group->self.parent->cgroup->kn->id : 0;
	bpf_probe_read_kernel_str(record.name, sizeof(record.name), group->kn->name);
	record.cpu_usage_ns = group->bstat.cputime.sum_exec_runtime;
	record.memory_pages = BPF_CORE_READ((struct mem_cgroup *)CSS(group, memory_cgrp_id),
					    memory.usage.counter);
	record.tasks =
		BPF_CORE_READ((struct pids_cgroup *)CSS(group, pids_cgrp_id), counter.counter);
	record.devices =
		BPF_CORE_READ((struct blkcg *)CSS(group, io_cgrp_id), blkg_list.first) != NULL;
	bpf_map_update_elem(&records, &id, &record, 0);
	return 0;
}
