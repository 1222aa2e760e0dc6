/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * quota.bpf.c - BPF program that measures for how long a CPU limit throttled bursts, and for which
 * of them the quota that was unused before them would have been enough.
 *
 * A burst consists of consecutive periods at whose end the limit throttled the group, and of the
 * next one, in which its tasks use what they could not before. What it used above the quota of one
 * period is the cpu.max.burst with which it would not have been throttled, if it had wanted all
 * of that in its first period; the kernel saves up no more than the quota of a period for it.
 *
 * At the end of each period the kernel still has what was left of the quota. Bursts that are not
 * throttled do not appear here: their use is below the quota.
 */
#include "count-waits.h"

static __always_inline __u64 consumed_ns(struct task_group *from)
{
	__u64 before = READ(from, cfs_bandwidth.runtime_snap);
	__u64 left = READ(from, cfs_bandwidth.runtime);

	/* CPUs return what they took in an earlier period. */
	return before > left ? before - left : 0;
}

/* A burst has ended. */
static __always_inline void count_burst(struct trace_group *record,
					const struct trace_control *control, __u64 throttled_ns)
{
	struct trace_quota *quota = &record->quota;
	__u64 ns = throttled_ns - quota->throttled_ns;
	__u64 above_ns = 0;

	if (quota->burst_ns > quota->quota_ns)
		above_ns = quota->burst_ns - quota->quota_ns;
	record->waited_ns += ns;
	if (ns == 0 || above_ns > quota->unused_ns)
		return;
	record->part_ns += ns;
	raise_peak(record, control->epoch, above_ns);
}

/* The end of a period, before the kernel begins the next one. No other CPU runs this meanwhile. */
static __always_inline void end_period(struct trace_group *record, struct task_group *from,
				       const struct trace_control *control, bool throttled)
{
	struct trace_quota *quota = &record->quota;
	__u64 quota_ns = READ(from, cfs_bandwidth.quota);
	__u64 throttled_ns = READ(from, cfs_bandwidth.throttled_time);
	__u64 used_ns = consumed_ns(from);

	/* What was unused is not known yet. */
	if (quota->quota_ns != quota_ns) {
		*quota = (struct trace_quota){.quota_ns = quota_ns, .throttled_ns = throttled_ns};
		return;
	}
	if (throttled) {
		quota->burst_ns += used_ns + (used_ns == 0);
		return;
	}
	if (quota->burst_ns != 0) {
		quota->burst_ns += used_ns;
		count_burst(record, control, throttled_ns);
		quota->burst_ns = 0;
		quota->unused_ns = 0;
	}
	quota->throttled_ns = throttled_ns;
	quota->unused_ns += quota_ns;
	quota->unused_ns -= used_ns < quota->unused_ns ? used_ns : quota->unused_ns;
	if (quota->unused_ns > quota_ns)
		quota->unused_ns = quota_ns;
}

/* Arguments: the timer. The root has no limit, and the same function. */
SEC("tp_btf/hrtimer_expire_entry")
int quota_timer(__u64 *context)
{
	struct hrtimer *timer = (struct hrtimer *)context[0];
	struct css_set *set = AS(struct css_set, READ(bpf_get_current_task_btf(), cgroups));
	__u64 any = STATE_OF(set, cpu_cgrp_id), address = context[0];
	struct trace_control *control = get_control();
	struct trace_group *record;
	struct task_group *from;
	struct cgroup *group;

	if (control == NULL || any == 0 ||
	    timer->function !=
		    READ(AS(struct task_group, (void *)any), cfs_bandwidth.period_timer.function))
		return 0;
	address -= bpf_core_field_offset(struct task_group, cfs_bandwidth.period_timer);
	from = AS(struct task_group, (void *)address);
	group = AS(struct cgroup, READ(from, css.cgroup));
	if (group == NULL)
		return 0;
	record = find_or_add(group);
	if (record == NULL) {
		count_lost();
		return 0;
	}
	address += bpf_core_field_offset(struct task_group, cfs_bandwidth.throttled_cfs_rq);
	end_period(record, from, control, READ_U64((void *)address) != address);
	return 0;
}
