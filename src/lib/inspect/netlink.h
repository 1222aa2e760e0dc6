/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.h - interfaces and addresses as rtnetlink tells them. */
#ifndef CGWARD_LIB_INSPECT_NETLINK_H
#define CGWARD_LIB_INSPECT_NETLINK_H

#include <cgward/inspect.h>

/* One interface as the kernel numbers things; names come in later. */
struct netlink_link {
	struct cgw_interface interface;
	unsigned master_index; /* 0: none */
	unsigned lower_index;  /* IFLA_LINK; 0: none */
	int lower_namespace;   /* IFLA_LINK_NETNSID, -1: this one */
};

struct netlink_links {
	struct netlink_link *items;
	size_t count, size;
};

/* The calling thread's network namespace, all at once: interfaces and their addresses. */
int netlink_read(struct netlink_links *ret_links);
void netlink_links_done(struct netlink_links *links);

/* Decodes one RTM_NEWLINK or RTM_NEWADDR message's payload. Pure; other types are left alone. */
int netlink_decode(uint16_t type, const void *payload, size_t length, struct netlink_links *links);

/*
 * The number that the calling thread's network namespace has for that of a descriptor, -1 where it
 * has none.
 */
int netlink_namespace_number(int namespace_fd);

#endif
