/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * io-queue.bpf.c - BPF program that measures how long the requests of each group wait in a queue
 * before the kernel hands them to the device.
 */
#include "io-request.h"

SEC("tp_btf/block_rq_issue")
int io_queue_issue(__u64 *context)
{
	struct request *request = (struct request *)context[0];
	struct cgroup *group = request_group(request);
	struct trace_control *control = get_control();
	__u64 now = bpf_ktime_get_ns();

	if (control == NULL || group == NULL)
		return 0;
	if (request->start_time_ns == 0)
		count_lost();
	else if (now > request->start_time_ns)
		count_wait(group, control, now - request->start_time_ns, 0);
	return 0;
}
