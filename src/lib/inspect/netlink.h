/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.h - network interfaces and addresses from rtnetlink. */
#pragma once

#include <cgward/inspect.h>

/* An interface with the indices of related ones, which are resolved to names later. */
struct netlink_link {
	struct cgw_interface interface;
	unsigned master_index; /* 0: none */
	unsigned lower_index;  /* IFLA_LINK; 0: none */
	int lower_namespace;   /* IFLA_LINK_NETNSID; -1: the same namespace */
};

struct netlink_links {
	struct netlink_link *items;
	size_t count, size;
};

/* Reads all interfaces and addresses of the calling thread's network namespace. */
int netlink_read(struct netlink_links *ret_links);
void netlink_links_done(struct netlink_links *links);

/* Decodes the payload of an RTM_NEWLINK or RTM_NEWADDR message; ignores other types. Pure. */
int netlink_decode(uint16_t type, const void *payload, size_t length, struct netlink_links *links);

/* The ID (nsid) of the namespace `namespace_fd` in that of the calling thread; -1: none. */
int netlink_namespace_number(int namespace_fd);
