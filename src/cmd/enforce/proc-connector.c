/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc-connector.c - process events from the kernel's netlink connector. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/enforce/proc-connector.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define RECEIVE_BYTES (1 << 20)
/*
 * A burst of events may use a tenth of a CPU; the caller recovers lost events by a scan. Only CPU
 * time counts, since moving a process into a group mostly waits.
 */
#define BUDGET_NS (10 * NS_PER_MS)
#define PERIOD_NS (100 * NS_PER_MS)

#define EVENT_AT (NLMSG_LENGTH(0) + sizeof(struct cn_msg))

struct proc_connector {
	struct proc_connector_callbacks calls;
	int fd;
	sd_event_source *source, *resume_timer;
	uint64_t period_ns, spent_ns; /* start of this period and CPU time used in it */
};

/* Passes only events after which a process may match another section, not exits. */
static int filter(int fd)
{
	static const unsigned event_types[] = {PROC_EVENT_FORK, PROC_EVENT_EXEC, PROC_EVENT_UID,
					       PROC_EVENT_GID, PROC_EVENT_COMM};
	struct sock_filter code[ARRAY_SIZE(event_types) + 3];
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       EVENT_AT + offsetof(struct proc_event, what));
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++)
		code[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   htonl(event_types[i]),
							   (__u8)(ARRAY_SIZE(event_types) - i), 0);
	code[ARRAY_SIZE(event_types) + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[ARRAY_SIZE(event_types) + 2] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* Returns the PID, or 0 for events of threads and other events. */
static pid_t process_of(const struct proc_event *event)
{
	switch ((unsigned)event->what) {
	case PROC_EVENT_FORK:
		return event->event_data.fork.child_pid == event->event_data.fork.child_tgid
			       ? event->event_data.fork.child_tgid
			       : 0;
	case PROC_EVENT_EXEC:
		return event->event_data.exec.process_tgid;
	case PROC_EVENT_UID:
	case PROC_EVENT_GID:
		return event->event_data.id.process_tgid;
	case PROC_EVENT_COMM:
		return event->event_data.comm.process_pid == event->event_data.comm.process_tgid
			       ? event->event_data.comm.process_tgid
			       : 0;
	default:
		return 0;
	}
}

static void handle_message(struct proc_connector *connector, const char *buffer, size_t length)
{
	struct proc_event event = {0};
	pid_t pid;

	/* Newer kernels append to events; the known part comes first. */
	if (length < EVENT_AT + offsetof(struct proc_event, event_data))
		return;
	length -= EVENT_AT;
	memcpy(&event, buffer + EVENT_AT, length < sizeof(event) ? length : sizeof(event));
	pid = process_of(&event);
	if (pid > 1)
		connector->calls.process(connector->calls.context, pid);
}

/* Adds the CPU time since `last_cpu_ns`; returns true if the budget of this period is used up. */
static bool is_over_budget(struct proc_connector *connector, uint64_t *last_cpu_ns)
{
	uint64_t now_ns = clock_now_ns(), cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (now_ns - connector->period_ns >= PERIOD_NS) {
		connector->period_ns = now_ns;
		connector->spent_ns = 0;
	}
	connector->spent_ns += cpu_ns - *last_cpu_ns;
	*last_cpu_ns = cpu_ns;
	return connector->spent_ns >= BUDGET_NS;
}

static int pause_reading(struct proc_connector *connector, sd_event_source *source)
{
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	(void)sd_event_source_set_time(connector->resume_timer,
				       (connector->period_ns + PERIOD_NS) / 1000);
	return sd_event_source_set_enabled(connector->resume_timer, SD_EVENT_ONESHOT);
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct proc_connector *connector = context;
	uint64_t began_ns = clock_now_ns(), last_cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	/* Return to the event loop after a while. */
	while (clock_now_ns() - began_ns < BUDGET_NS) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		char buffer[1024];
		ssize_t length = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT,
					  (struct sockaddr *)&from, &size);

		if (length < 0 && errno == ENOBUFS) {
			connector->calls.lost(connector->calls.context);
			continue;
		}
		if (length < 0)
			return 0;
		if (from.nl_pid == 0) /* from the kernel, not forged by a process */
			handle_message(connector, buffer, (size_t)length);
		if (is_over_budget(connector, &last_cpu_ns))
			return pause_reading(connector, source);
	}
	return 0;
}

static int on_pause_end(sd_event_source *source, uint64_t usec, void *context)
{
	const struct proc_connector *connector = context;

	return sd_event_source_set_enabled(connector->source, SD_EVENT_ON);
}

/* Sends "listen" to the kernel, which answers only in the initial network namespace. */
static int subscribe(int fd)
{
	const enum proc_cn_mcast_op listen = PROC_CN_MCAST_LISTEN;
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct nlmsghdr header = {.nlmsg_len = EVENT_AT + sizeof(listen),
					.nlmsg_type = NLMSG_DONE};
	const struct cn_msg message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof(listen)};
	char request[EVENT_AT + sizeof(listen)] = "";

	memcpy(request, &header, sizeof(header));
	memcpy(request + NLMSG_LENGTH(0), &message, sizeof(message));
	memcpy(request + EVENT_AT, &listen, sizeof(listen));
	return sendto(fd, request, sizeof(request), 0, (const struct sockaddr *)&kernel,
		      sizeof(kernel)) < 0
		       ? -errno
		       : 0;
}

static int open_socket(int *ret_fd)
{
	const struct sockaddr_nl us = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	CLEANUP(cleanup_close)
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	const int bytes = RECEIVE_BYTES;
	int r;

	if (fd < 0)
		return -errno;
	r = filter(fd);
	if (r < 0)
		return r;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (const struct sockaddr *)&us, sizeof(us)) < 0)
		return -errno;
	r = subscribe(fd);
	if (r < 0)
		return r;
	*ret_fd = steal_fd(&fd);
	return 0;
}

int proc_connector_open(sd_event *event, const struct proc_connector_callbacks *calls,
			struct proc_connector **ret_connector)
{
	struct proc_connector *connector = calloc(1, sizeof(*connector));
	int r;

	if (connector == NULL)
		return -ENOMEM;
	connector->calls = *calls;
	connector->fd = -1;
	r = open_socket(&connector->fd);
	if (r == 0)
		r = sd_event_add_io(event, &connector->source, connector->fd, EPOLLIN, on_event,
				    connector);
	if (r >= 0)
		r = sd_event_add_time(event, &connector->resume_timer, CLOCK_MONOTONIC, UINT64_MAX,
				      1000, on_pause_end, connector);
	if (r >= 0)
		r = sd_event_source_set_enabled(connector->resume_timer, SD_EVENT_OFF);
	if (r < 0) {
		proc_connector_close(connector);
		return r;
	}
	*ret_connector = connector;
	return 0;
}

struct proc_connector *proc_connector_close(struct proc_connector *connector)
{
	if (connector == NULL)
		return NULL;
	sd_event_source_disable_unref(connector->source);
	sd_event_source_disable_unref(connector->resume_timer);
	cleanup_close(&connector->fd);
	free(connector);
	return NULL;
}
