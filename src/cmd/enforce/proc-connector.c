/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proc-connector.c - the process connector: a netlink group to which the kernel multicasts. */
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
 * A storm of processes costs a tenth of a CPU, and what is lost of it is looked for later. What is only waited
 * for is not counted: moving a process into a group can be that for most of its time.
 */
#define BUSY_NS   UINT64_C(10000000)
#define PERIOD_NS UINT64_C(100000000)

#define EVENT_AT (NLMSG_LENGTH(0) + sizeof(struct cn_msg))

struct proc_connector {
	struct proc_connector_callbacks calls;
	int fd;
	sd_event_source *source, *rest;
	uint64_t period_ns, spent_ns; /* when this period began, and CPU time of it so far */
};

/* Only what makes another process of a process: exits and threads would wake us for nothing. */
static int filter(int fd)
{
	static const unsigned wanted[] = {PROC_EVENT_FORK, PROC_EVENT_EXEC, PROC_EVENT_UID,
					  PROC_EVENT_GID, PROC_EVENT_COMM};
	struct sock_filter code[ARRAY_SIZE(wanted) + 3];
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					       EVENT_AT + offsetof(struct proc_event, what));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		code[1 + i] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(wanted[i]),
						     (__u8)(ARRAY_SIZE(wanted) - i), 0);
	code[ARRAY_SIZE(wanted) + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[ARRAY_SIZE(wanted) + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* The process itself, not one of its threads; 0 where it is none of those that are wanted. */
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

static void take(struct proc_connector *births, const char *buffer, size_t length)
{
	struct proc_event event = {0};
	pid_t pid;

	/* Events grow with kernels: what we know of them stands in front. */
	if (length < EVENT_AT + offsetof(struct proc_event, event_data))
		return;
	length -= EVENT_AT;
	memcpy(&event, buffer + EVENT_AT, length < sizeof(event) ? length : sizeof(event));
	pid = process_of(&event);
	if (pid > 1)
		births->calls.born(births->calls.context, pid);
}

/* Whether the share of this period is used up. CPU time since `mark_ns` is added to it, and marked. */
static bool is_spent(struct proc_connector *births, uint64_t *mark_ns)
{
	uint64_t now_ns = clock_now_ns(), cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (now_ns - births->period_ns >= PERIOD_NS) {
		births->period_ns = now_ns;
		births->spent_ns = 0;
	}
	births->spent_ns += cpu_ns - *mark_ns;
	*mark_ns = cpu_ns;
	return births->spent_ns >= BUSY_NS;
}

static int rest(struct proc_connector *births, sd_event_source *source)
{
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	(void)sd_event_source_set_time(births->rest, (births->period_ns + PERIOD_NS) / 1000);
	return sd_event_source_set_enabled(births->rest, SD_EVENT_ONESHOT);
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct proc_connector *births = context;
	uint64_t began_ns = clock_now_ns(), mark_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	(void)events;
	/* Others of the loop have their turn as well. */
	while (clock_now_ns() - began_ns < BUSY_NS) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof(from);
		char buffer[1024];
		ssize_t length = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT,
					  (struct sockaddr *)&from, &size);

		if (length < 0 && errno == ENOBUFS) {
			births->calls.lost(births->calls.context);
			continue;
		}
		if (length < 0)
			return 0;
		if (from.nl_pid == 0) /* the kernel, and no process that pretends */
			take(births, buffer, (size_t)length);
		if (is_spent(births, &mark_ns))
			return rest(births, source);
	}
	return 0;
}

static int on_rested(sd_event_source *source, uint64_t usec, void *context)
{
	const struct proc_connector *births = context;

	(void)source;
	(void)usec;
	return sd_event_source_set_enabled(births->source, SD_EVENT_ON);
}

/* "Listen" to the kernel's end, which there is in the machine's own network namespace alone. */
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
			struct proc_connector **ret_births)
{
	struct proc_connector *births = calloc(1, sizeof(*births));
	int r;

	if (births == NULL)
		return -ENOMEM;
	births->calls = *calls;
	births->fd = -1;
	r = open_socket(&births->fd);
	if (r == 0)
		r = sd_event_add_io(event, &births->source, births->fd, EPOLLIN, on_event, births);
	if (r >= 0)
		r = sd_event_add_time(event, &births->rest, CLOCK_MONOTONIC, UINT64_MAX, 1000,
				      on_rested, births);
	if (r >= 0)
		r = sd_event_source_set_enabled(births->rest, SD_EVENT_OFF);
	if (r < 0) {
		proc_connector_close(births);
		return r;
	}
	*ret_births = births;
	return 0;
}

struct proc_connector *proc_connector_close(struct proc_connector *births)
{
	if (births == NULL)
		return NULL;
	sd_event_source_disable_unref(births->source);
	sd_event_source_disable_unref(births->rest);
	cleanup_close(&births->fd);
	free(births);
	return NULL;
}
