/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* network-interfaces.c - interfaces of a process's network namespace and their lower devices. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/inspect/netlink.h"
#include "lib/kernel/kernel-ops.h"

/* Results of reading inside the network namespace of the process. */
struct inside {
	struct netlink_links links;
	int outer_fd;   /* our own network namespace */
	int outer_nsid; /* the ID of our namespace in the other one; -1: none */
};

static int read_inside(void *context)
{
	struct inside *inside = context;

	inside->outer_nsid =
		inside->outer_fd >= 0 ? netlink_namespace_number(inside->outer_fd) : -1;
	return netlink_read(&inside->links);
}

static const struct netlink_link *find_link(const struct netlink_links *links, unsigned index)
{
	for (size_t i = 0; index > 0 && i < links->count; i++)
		if (links->items[i].interface.index == index)
			return &links->items[i];
	return NULL;
}

static void copy_name(char (*to)[32], const struct netlink_link *link)
{
	if (link != NULL)
		memcpy(*to, link->interface.name, sizeof(*to));
}

/* Resolves indices to names; `outer` has the links of our namespace if it is another one. */
static void resolve_lower(struct netlink_link *link, const struct inside *inside,
			  const struct netlink_links *outer)
{
	const struct netlink_links *where = &inside->links;
	const struct netlink_link *lower;

	if (link->lower_index == 0)
		return;
	link->interface.lower_outside = link->lower_namespace >= 0;
	if (link->lower_namespace >= 0) {
		/* In a third namespace, whose interfaces are not known. */
		if (outer == NULL || link->lower_namespace != inside->outer_nsid)
			return;
		where = outer;
	}
	lower = find_link(where, link->lower_index);
	copy_name(&link->interface.lower, lower);
	if (lower != NULL)
		copy_name(&link->interface.lower_master, find_link(where, lower->master_index));
}

static int build_interfaces(struct inside *inside, const struct netlink_links *outer,
			    struct cgw_network *network)
{
	struct netlink_links *links = &inside->links;

	network->interfaces = calloc(links->count + 1, sizeof(*network->interfaces));
	if (network->interfaces == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < links->count; i++) {
		copy_name(&links->items[i].interface.master,
			  find_link(links, links->items[i].master_index));
		resolve_lower(&links->items[i], inside, outer);
	}
	for (size_t i = 0; i < links->count; i++) {
		network->interfaces[i] = links->items[i].interface;
		links->items[i].interface.addresses = NULL;
	}
	network->count = links->count;
	return 0;
}

static int read_by_netlink(const struct cgw_layout *layout, pid_t pid, struct cgw_network *network)
{
	CLEANUP(netlink_links_done) struct netlink_links outer = {0};
	struct inside inside = {.outer_fd = -1, .outer_nsid = -1};
	char own[64], target[64];
	int r;

	r = cgw_proc_link(layout, FORMATTED(48, "%d/ns/net", (int)pid), target, sizeof(target));
	if (r < 0)
		return r;
	if (layout->recorded)
		return -EOPNOTSUPP;
	if (cgw_proc_link(layout, "thread-self/ns/net", own, sizeof(own)) > 0 &&
	    strcmp(own, target) == 0) {
		r = netlink_read(&inside.links);
	} else {
		inside.outer_fd =
			openat(layout->proc_fd, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		r = cgw_namespace_run(layout, pid, CGW_NAMESPACE_NETWORK, read_inside, &inside);
		if (inside.outer_fd >= 0)
			layout->ops->close(inside.outer_fd);
		if (r == 0)
			(void)netlink_read(&outer); /* on failure, peers have no names */
	}
	if (r == 0)
		r = build_interfaces(&inside, &outer, network);
	netlink_links_done(&inside.links);
	return r;
}

/* "  eth0: 1296 16 0 0 0 0 0 0 816 8 0 ...": eight receive counters, eight transmit counters. */
static int parse_line(char *line, struct cgw_interface *interface)
{
	uint64_t numbers[12];
	char *colon = strchr(line, ':'), *at;

	if (colon == NULL)
		return -EBADMSG;
	*colon = '\0';
	line += strspn(line, " ");
	snprintf(interface->name, sizeof(interface->name), "%s", line);
	at = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char *end;

		numbers[i] = strtoull(at, &end, 10);
		if (end == at)
			return -EBADMSG;
		at = end;
	}
	interface->received_bytes = numbers[0];
	interface->received_packets = numbers[1];
	interface->received_errors = numbers[2];
	interface->received_dropped = numbers[3];
	interface->sent_bytes = numbers[8];
	interface->sent_packets = numbers[9];
	interface->sent_errors = numbers[10];
	interface->sent_dropped = numbers[11];
	interface->vni = CGW_NO_ID;
	if (strcmp(interface->name, "lo") == 0)
		snprintf(interface->kind, sizeof(interface->kind), "loopback");
	return 0;
}

static int read_counters(const struct cgw_layout *layout, pid_t pid, struct cgw_network *network)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length, lines = 0;
	char file[48], *line, *rest = NULL;
	int r;

	snprintf(file, sizeof(file), "%d/net/dev", (int)pid);
	r = cgw_proc_read(layout, file, &text, &length);
	if (r < 0)
		return r;
	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	network->interfaces = calloc(lines + 1, sizeof(*network->interfaces));
	if (network->interfaces == NULL)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &rest); line != NULL && network->count < lines;
	     line = strtok_r(NULL, "\n", &rest))
		/* The two header lines have no colon followed by numbers. */
		if (parse_line(line, &network->interfaces[network->count]) == 0)
			network->count++;
	network->counters_only = true;
	return 0;
}

int cgw_network_read(const struct cgw_layout *layout, pid_t pid, struct cgw_network **ret_network)
{
	struct cgw_network *network = calloc(1, sizeof(*network));
	int r;

	if (network == NULL)
		return -ENOMEM;
	r = cgw_namespace_of(layout, pid, CGW_NAMESPACE_NETWORK, &network->inode);
	if (r == 0)
		r = read_by_netlink(layout, pid, network);
	if (r < 0 && r != -ENOMEM)
		r = read_counters(layout, pid, network);
	if (r < 0) {
		cgw_network_free(network);
		return r;
	}
	network->read_ns = clock_now_ns();
	*ret_network = network;
	return 0;
}

struct cgw_network *cgw_network_free(struct cgw_network *network)
{
	if (network == NULL)
		return NULL;
	for (size_t i = 0; i < network->count; i++)
		free(network->interfaces[i].addresses);
	free(network->interfaces);
	free(network);
	return NULL;
}

const char *cgw_interface_mode(const struct cgw_interface *interface)
{
	static const struct {
		const char *kind, *mode;
	} modes[] = {
		{"loopback", ""},       {"bridge", "bridge"},    {"vxlan", "overlay"},
		{"geneve", "overlay"},  {"gre", "tunnel"},       {"ipip", "tunnel"},
		{"sit", "tunnel"},      {"wireguard", "tunnel"}, {"tun", "tunnel"},
		{"macvlan", "macvlan"}, {"macvtap", "macvlan"},  {"ipvlan", "ipvlan"},
		{"vlan", "vlan"},       {"dummy", "dummy"},
	};

	if (strcmp(interface->kind, "veth") == 0)
		return interface->lower_master[0] != '\0' ? "bridged"
		       : interface->lower[0] != '\0'      ? "routed"
							  : "pair";
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(interface->kind, modes[i].kind) == 0)
			return modes[i].mode;
	return interface->kind[0] == '\0' ? "device" : "";
}
