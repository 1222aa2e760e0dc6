/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* io-device.bpf.c - BPF programs that measure how long devices take for the requests of groups. */
#include "io-request.h"

#define REQUESTS_MAX 16384

/* Requests that a device is working on. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, REQUESTS_MAX);
	__type(key, __u64);   /* address */
	__type(value, __u64); /* when it was handed to the device */
} requests SEC(".maps");

SEC("tp_btf/block_rq_issue")
int io_device_issue(__u64 *context)
{
	struct request *request = (struct request *)context[0];
	__u64 now = bpf_ktime_get_ns(), key = context[0];

	if (request_group(request) != NULL &&
	    bpf_map_update_elem(&requests, &key, &now, BPF_ANY) != 0)
		count_lost();
	return 0;
}

/* A request that completes in parts is counted up to the first of them. */
SEC("tp_btf/block_rq_complete")
int io_device_complete(__u64 *context)
{
	__u64 now = bpf_ktime_get_ns(), key = context[0];
	__u64 *since_ns = bpf_map_lookup_elem(&requests, &key);
	struct trace_control *control = get_control();
	struct cgroup *group = request_group((struct request *)context[0]);

	if (since_ns == NULL)
		return 0;
	if (control != NULL && group != NULL && now > *since_ns)
		count_wait(group, control, now - *since_ns, 0);
	bpf_map_delete_elem(&requests, &key);
	return 0;
}
