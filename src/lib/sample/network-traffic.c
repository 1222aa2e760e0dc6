/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * network-traffic.c - network traffic of a group, by the network namespaces of its processes.
 *
 * The kernel counts traffic per interface, not per group. Each namespace is counted once per
 * group; the host's namespace is not counted, because all groups share it. Containers of a pod
 * share a namespace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/sample/network-traffic.h"

/* Maximum number of processes inspected and of namespaces summed; a container has one. */
#define PROCESS_MAX   64
#define NAMESPACE_MAX 8

struct traffic {
	const struct cgw_layout *layout;
	uint64_t host_namespace; /* inode of the namespace of PID 1 */
	uint64_t seen[NAMESPACE_MAX];
	size_t seen_count;
	uint64_t received, sent;
	enum cgw_state state; /* of the metrics if no namespace was counted */
};

/* "  eth0: 1296 16 0 0 0 0 0 0 816 8 ...": received bytes are first, sent bytes ninth. */
static void add_line(const char *line, size_t length, struct traffic *traffic)
{
	const char *colon = memchr(line, ':', length), *at, *end = line + length;
	uint64_t numbers[9];

	line += strspn(line, " ");
	/* Loopback traffic stays within the namespace. */
	if (colon == NULL || (colon - line == 2 && memcmp(line, "lo", 2) == 0))
		return;
	at = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		while (at < end && *at == ' ')
			at++;
		if (decode_u64(&at, end, &numbers[i]) < 0)
			return;
	}
	traffic->received += numbers[0];
	traffic->sent += numbers[8];
}

static void add_namespace(pid_t pid, uint64_t inode, struct traffic *traffic)
{
	CLEANUP(cleanup_free) char *text = NULL;
	const char *line;
	char file[48];
	size_t length;
	int r;

	for (size_t i = 0; i < traffic->seen_count; i++)
		if (traffic->seen[i] == inode)
			return;
	snprintf(file, sizeof(file), "%d/net/dev", (int)pid);
	r = cgw_proc_read(traffic->layout, file, &text, &length);
	if (r < 0) {
		if (!cgw_error_is_gone(r))
			traffic->state = cgw_state_from_error(r);
		return;
	}
	traffic->seen[traffic->seen_count++] = inode;
	for (line = text; *line != '\0';) {
		size_t line_length = strcspn(line, "\n");

		add_line(line, line_length, traffic);
		line += line_length + (line[line_length] == '\n');
	}
}

static void add_process(pid_t pid, struct traffic *traffic)
{
	uint64_t inode;
	int r = cgw_namespace_of(traffic->layout, pid, CGW_NAMESPACE_NETWORK, &inode);

	if (r < 0) {
		if (!cgw_error_is_gone(r))
			traffic->state = cgw_state_from_error(r);
		return;
	}
	if (inode != traffic->host_namespace && traffic->seen_count < NAMESPACE_MAX)
		add_namespace(pid, inode, traffic);
}

static void add_processes(const struct tree_group *group, size_t hierarchy, struct traffic *traffic)
{
	CLEANUP(cleanup_free) char *path = group_tree_path(group);
	CLEANUP(cleanup_close) int directory = -1;
	CLEANUP(cleanup_free) char *text = NULL;
	const char *at;
	size_t length;
	int r;

	if (path == NULL)
		return;
	r = cgw_group_open(traffic->layout, hierarchy, path, &directory, NULL);
	if (r == 0)
		r = cgw_file_read(traffic->layout, directory, "cgroup.procs", &text, &length);
	if (r < 0) {
		traffic->state = cgw_state_from_error(r);
		return;
	}
	at = text;
	for (size_t i = 0; at != NULL && i < PROCESS_MAX && *at != '\0'; i++) {
		long pid = strtol(at, NULL, 10);

		if (pid > 0)
			add_process((pid_t)pid, traffic);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
}

void network_traffic_count(const struct cgw_layout *layout, const struct tree_group *group,
			   size_t hierarchy, const struct decode_request *requests,
			   size_t request_count, struct cgw_number *out)
{
	struct traffic traffic = {.layout = layout};

	/* Without the host's namespace nothing can be attributed. */
	if (cgw_namespace_of_pid1(layout, CGW_NAMESPACE_NETWORK, &traffic.host_namespace) < 0)
		traffic.state = CGW_DENIED;
	else
		add_processes(group, hierarchy, &traffic);
	for (size_t i = 0; i < request_count; i++) {
		struct cgw_number *number = &out[requests[i].slot];

		if (traffic.seen_count == 0)
			*number = (struct cgw_number){0, traffic.state};
		else if (strcmp(requests[i].key, "received") == 0)
			*number = (struct cgw_number){traffic.received, CGW_OK};
		else if (strcmp(requests[i].key, "sent") == 0)
			*number = (struct cgw_number){traffic.sent, CGW_OK};
		else
			*number = (struct cgw_number){traffic.seen[0], CGW_OK};
	}
}
