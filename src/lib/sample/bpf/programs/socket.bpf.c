/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * socket.bpf.c - BPF programs that count what the tasks of each group send and receive through
 * sockets of IPv4 and IPv6, in all network namespaces.
 *
 * A call is counted for the task that makes it. The kernel counts the segments of each TCP
 * connection; what it has counted since the last event of the connection is added to the group
 * whose task used it last. Of other sockets, a call is a packet.
 */
#include "count-waits.h"

/* From the uapi headers. */
enum { BPF_MAP_TYPE_SK_STORAGE = 24 };
enum { AF_INET = 2, AF_INET6 = 10, SOCK_STREAM = 1 };
enum { MSG_PEEK = 2, MSG_ERRQUEUE = 0x2000 };
enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_CLOSE = 7, TCP_LISTEN = 10 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sock_common {
	unsigned short skc_family;
};
struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
};
struct tcp_sock {
	__u32 segs_in;
	__u32 segs_out;
	__u32 total_retrans;
};
#pragma clang attribute pop

enum segments { RECEIVED, SENT, RETRANSMITTED, SEGMENTS };

struct connection {
	__u64 group;             /* id of that of the task that used it last; 0: none yet */
	__u32 counted[SEGMENTS]; /* up to these numbers of the kernel */
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct connection);
} connections SEC(".maps");

static __always_inline void add(struct trace_group *record, enum trace_counter counter, __u64 value)
{
	__sync_fetch_and_add(&record->counters[counter], value);
}

/* Several threads may use a connection; whichever replaces the number counts the difference. */
static __always_inline void count_up_to(__u32 now, __u32 *counted, struct trace_group *record,
					enum trace_counter counter)
{
	__u32 before = *(volatile __u32 *)counted;

	if ((__s32)(now - before) > 0 &&
	    __sync_val_compare_and_swap(counted, before, now) == before)
		add(record, counter, now - before);
}

static __always_inline void count_segments(struct tcp_sock *tcp, struct connection *connection,
					   struct trace_group *record)
{
	count_up_to(tcp->segs_in, &connection->counted[RECEIVED], record, TRACE_RX_PACKETS);
	count_up_to(tcp->segs_out, &connection->counted[SENT], record, TRACE_TX_PACKETS);
	count_up_to(tcp->total_retrans, &connection->counted[RETRANSMITTED], record,
		    TRACE_RETRANSMITS);
}

/* Segments of before are not counted. */
static __always_inline struct connection *find_connection(struct sock *sock, struct tcp_sock *tcp)
{
	struct connection first = {
		.counted = {tcp->segs_in, tcp->segs_out, tcp->total_retrans},
	};

	return bpf_sk_storage_get(&connections, sock, &first, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline int count_call(__u64 *context, enum trace_counter bytes,
				      enum trace_counter packets)
{
	struct sock *sock = (struct sock *)context[0];
	int length = (int)context[1];
	struct trace_control *control = get_control();
	struct connection *connection;
	struct trace_group *record;
	struct cgroup *group;
	struct tcp_sock *tcp;
	int family = sock->__sk_common.skc_family;

	if (control == NULL || length < 0 || (family != AF_INET && family != AF_INET6))
		return 0;
	group = task_group(bpf_get_current_task_btf(), control);
	record = find_or_add(group);
	if (record == NULL) {
		count_lost();
		return 0;
	}
	add(record, bytes, length);
	tcp = bpf_skc_to_tcp_sock(sock);
	if (tcp == NULL) {
		if (sock->sk_type != SOCK_STREAM)
			add(record, packets, 1);
		return 0;
	}
	connection = find_connection(sock, tcp);
	if (connection == NULL) {
		count_lost();
		return 0;
	}
	connection->group = id_of(group);
	count_segments(tcp, connection, record);
	return 0;
}

/* Counts the segments of a connection for the group that used it last. */
static __always_inline void count_event(struct sock *sock, struct tcp_sock *tcp)
{
	struct connection *connection = bpf_sk_storage_get(&connections, sock, NULL, 0);
	struct trace_control *control = get_control();
	struct trace_group *record = NULL;

	if (connection != NULL)
		record = bpf_map_lookup_elem(&trace_groups, &connection->group);
	if (record != NULL)
		count_segments(tcp, connection, record);
	else if (control != NULL)
		__sync_fetch_and_add(&control->unknown, 1);
}

/* Arguments: the socket, the length or a negative error, flags. */
SEC("tp_btf/sock_send_length")
int socket_send(__u64 *context)
{
	return count_call(context, TRACE_TX_BYTES, TRACE_TX_PACKETS);
}

SEC("tp_btf/sock_recv_length")
int socket_receive(__u64 *context)
{
	if (context[2] & (MSG_PEEK | MSG_ERRQUEUE))
		return 0;
	return count_call(context, TRACE_RX_BYTES, TRACE_RX_PACKETS);
}

SEC("tp_btf/tcp_retransmit_skb")
int socket_retransmit(__u64 *context)
{
	struct sock *sock = (struct sock *)context[0];
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sock);

	if (tcp != NULL)
		count_event(sock, tcp);
	return 0;
}

/* A task connects: also what it never gets an answer to is counted for its group. */
static __always_inline void start_connection(struct sock *sock, struct tcp_sock *tcp,
					     struct trace_control *control)
{
	struct cgroup *group = task_group(bpf_get_current_task_btf(), control);
	struct connection *connection = find_connection(sock, tcp);

	if (connection == NULL || find_or_add(group) == NULL) {
		count_lost();
		return;
	}
	connection->group = id_of(group);
	/* The kernel counts from 0 again if it was connected before. */
	__builtin_memset(connection->counted, 0, sizeof(connection->counted));
}

/* Arguments: the socket, its old and its new state. */
SEC("tp_btf/inet_sock_set_state")
int socket_set_state(__u64 *context)
{
	struct sock *sock = (struct sock *)context[0];
	int before = (int)context[1], now = (int)context[2];
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sock);
	struct trace_control *control = get_control();
	struct connection accepted = {0};

	if (control == NULL || tcp == NULL)
		return 0;
	if (now == TCP_SYN_SENT)
		start_connection(sock, tcp, control);
	else if (now == TCP_ESTABLISHED && before == TCP_SYN_RECV)
		bpf_sk_storage_get(&connections, sock, &accepted, BPF_LOCAL_STORAGE_GET_F_CREATE);
	else if (now == TCP_CLOSE && before != TCP_CLOSE && before != TCP_LISTEN)
		count_event(sock, tcp);
	return 0;
}
