/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netlink.c - network interfaces and addresses from rtnetlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/inspect/netlink.h"

/* The kernel answers immediately; the timeout only keeps the caller from hanging. */
#define RESPONSE_TIMEOUT_S 2

struct attributes {
	const uint8_t *at, *end;
};

struct attribute {
	uint16_t type;
	const uint8_t *data;
	size_t length;
};

/* The next attribute; false at the end or if it is invalid. */
static bool next_attribute(struct attributes *attributes, struct attribute *ret_attribute)
{
	struct rtattr header;
	size_t left = (size_t)(attributes->end - attributes->at), padded;

	if (left < sizeof(header))
		return false;
	memcpy(&header, attributes->at, sizeof(header));
	if (header.rta_len < sizeof(header) || header.rta_len > left)
		return false;
	ret_attribute->type = (uint16_t)(header.rta_type & (unsigned)NLA_TYPE_MASK);
	ret_attribute->data = attributes->at + sizeof(header);
	ret_attribute->length = header.rta_len - sizeof(header);
	padded = RTA_ALIGN(header.rta_len);
	attributes->at += padded < left ? padded : left;
	return true;
}

static void copy_text(const struct attribute *attribute, char *buffer, size_t size)
{
	size_t length = strnlen((const char *)attribute->data, attribute->length);

	if (length >= size)
		length = size - 1;
	memcpy(buffer, attribute->data, length);
	buffer[length] = '\0';
}

static uint32_t read_u32(const struct attribute *attribute)
{
	uint32_t number = 0;

	if (attribute->length >= sizeof(number))
		memcpy(&number, attribute->data, sizeof(number));
	return number;
}

/* IFLA_INFO_DATA, whose format depends on the kind: only vxlan is decoded. */
static void parse_link_data(const struct attribute *data, struct cgw_interface *interface,
			    unsigned *ret_lower)
{
	struct attributes attributes = {data->data, data->data + data->length};
	struct attribute attribute;

	if (strcmp(interface->kind, "vxlan") != 0)
		return;
	while (next_attribute(&attributes, &attribute)) {
		if (attribute.type == IFLA_VXLAN_ID)
			interface->vni = read_u32(&attribute);
		else if (attribute.type == IFLA_VXLAN_LINK)
			*ret_lower = read_u32(&attribute);
	}
}

static void parse_link_info(const struct attribute *info, struct netlink_link *link)
{
	struct attributes attributes = {info->data, info->data + info->length};
	struct attribute attribute, data = {0};

	while (next_attribute(&attributes, &attribute)) {
		if (attribute.type == IFLA_INFO_KIND)
			copy_text(&attribute, link->interface.kind, sizeof(link->interface.kind));
		else if (attribute.type == IFLA_INFO_DATA)
			data = attribute;
	}
	if (data.data != NULL)
		parse_link_data(&data, &link->interface, &link->lower_index);
}

static void read_counters(const struct attribute *attribute, struct cgw_interface *interface)
{
	struct rtnl_link_stats64 counters = {0};
	size_t length = attribute->length < sizeof(counters) ? attribute->length : sizeof(counters);

	memcpy(&counters, attribute->data, length);
	interface->received_bytes = counters.rx_bytes;
	interface->sent_bytes = counters.tx_bytes;
	interface->received_packets = counters.rx_packets;
	interface->sent_packets = counters.tx_packets;
	interface->received_dropped = counters.rx_dropped;
	interface->sent_dropped = counters.tx_dropped;
	interface->received_errors = counters.rx_errors;
	interface->sent_errors = counters.tx_errors;
}

static void parse_link_attribute(const struct attribute *attribute, struct netlink_link *link)
{
	struct cgw_interface *interface = &link->interface;

	switch (attribute->type) {
	case IFLA_IFNAME:
		copy_text(attribute, interface->name, sizeof(interface->name));
		break;
	case IFLA_ADDRESS:
		interface->address_length = attribute->length < sizeof(interface->address)
						    ? attribute->length
						    : sizeof(interface->address);
		memcpy(interface->address, attribute->data, interface->address_length);
		break;
	case IFLA_MTU:
		interface->mtu = read_u32(attribute);
		break;
	case IFLA_MASTER:
		link->master_index = read_u32(attribute);
		break;
	case IFLA_LINK:
		link->lower_index = read_u32(attribute);
		break;
	case IFLA_LINK_NETNSID:
		link->lower_namespace = (int)read_u32(attribute);
		break;
	case IFLA_LINKINFO:
		parse_link_info(attribute, link);
		break;
	case IFLA_STATS64:
		read_counters(attribute, interface);
		break;
	default:
		break;
	}
}

static int parse_link(const uint8_t *payload, size_t length, struct netlink_links *links)
{
	struct attributes attributes;
	struct attribute attribute;
	struct ifinfomsg message;
	struct netlink_link link = {.lower_namespace = -1, .interface.vni = CGW_NO_ID};

	if (length < sizeof(message))
		return -EBADMSG;
	memcpy(&message, payload, sizeof(message));
	attributes = (struct attributes){payload + NLMSG_ALIGN(sizeof(message)), payload + length};
	link.interface.index = (unsigned)message.ifi_index;
	link.interface.up = (message.ifi_flags & IFF_UP) != 0;
	while (next_attribute(&attributes, &attribute))
		parse_link_attribute(&attribute, &link);
	if (message.ifi_type == ARPHRD_LOOPBACK)
		copy_text(&(struct attribute){0, (const uint8_t *)"loopback", 8},
			  link.interface.kind, sizeof(link.interface.kind));
	/* Some devices without a lower device have their own index in IFLA_LINK. */
	if (link.lower_index == link.interface.index && link.lower_namespace < 0)
		link.lower_index = 0;
	if (ARRAY_RESERVE(links->items, links->size, links->count + 1) < 0)
		return -ENOMEM;
	links->items[links->count++] = link;
	return 0;
}

static int add_address(struct cgw_interface *interface, const char *text, unsigned prefix)
{
	size_t i = interface->address_count;

	if (ARRAY_RESERVE_BESIDE(interface->addresses, i, i + 1) < 0)
		return -ENOMEM;
	snprintf(interface->addresses[i], sizeof(interface->addresses[i]), "%s/%u", text, prefix);
	interface->address_count++;
	return 0;
}

static int parse_address(const uint8_t *payload, size_t length, struct netlink_links *links)
{
	struct attributes attributes;
	struct attribute attribute, address = {0};
	struct ifaddrmsg message;
	char text[INET6_ADDRSTRLEN];

	if (length < sizeof(message))
		return -EBADMSG;
	memcpy(&message, payload, sizeof(message));
	attributes = (struct attributes){payload + NLMSG_ALIGN(sizeof(message)), payload + length};
	/* On point-to-point links IFA_ADDRESS is that of the peer and IFA_LOCAL is ours. */
	while (next_attribute(&attributes, &attribute))
		if (attribute.type == IFA_LOCAL ||
		    (attribute.type == IFA_ADDRESS && address.type != IFA_LOCAL))
			address = attribute;
	if (address.data == NULL || address.length < (message.ifa_family == AF_INET6 ? 16U : 4U) ||
	    inet_ntop(message.ifa_family, address.data, text, sizeof(text)) == NULL)
		return 0;
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].interface.index == message.ifa_index)
			return add_address(&links->items[i].interface, text, message.ifa_prefixlen);
	return 0;
}

int netlink_decode(uint16_t type, const void *payload, size_t length, struct netlink_links *links)
{
	if (type == RTM_NEWLINK)
		return parse_link(payload, length, links);
	if (type == RTM_NEWADDR)
		return parse_address(payload, length, links);
	return 0;
}

void netlink_links_done(struct netlink_links *links)
{
	for (size_t i = 0; i < links->count; i++)
		free(links->items[i].interface.addresses);
	free(links->items);
	*links = (struct netlink_links){0};
}

static int open_socket(void)
{
	struct timeval timeout = {.tv_sec = RESPONSE_TIMEOUT_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

/* Parses one datagram of a response. Returns 1 if it was the last one. */
static int parse_datagram(const uint8_t *buffer, size_t length, struct netlink_links *links)
{
	while (length >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		struct nlmsgerr error;
		size_t padded;
		int r;

		memcpy(&header, buffer, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length)
			return -EBADMSG;
		if (header.nlmsg_type == NLMSG_DONE)
			return 1;
		if (header.nlmsg_type == NLMSG_ERROR) {
			if (header.nlmsg_len < sizeof(header) + sizeof(error))
				return -EBADMSG;
			memcpy(&error, buffer + NLMSG_HDRLEN, sizeof(error));
			return error.error < 0 ? error.error : 1;
		}
		r = netlink_decode(header.nlmsg_type, buffer + NLMSG_HDRLEN,
				   header.nlmsg_len - NLMSG_HDRLEN, links);
		if (r < 0)
			return r;
		padded = NLMSG_ALIGN(header.nlmsg_len);
		buffer += padded < length ? padded : length;
		length -= padded < length ? padded : length;
	}
	return 0;
}

static int dump(int fd, uint16_t type, struct netlink_links *links)
{
	_Alignas(8) uint8_t buffer[32768];
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message; /* the longest message of these requests */
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	};

	if (send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	for (;;) {
		ssize_t length = recv(fd, buffer, sizeof(buffer), 0);
		int r;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		r = parse_datagram(buffer, (size_t)length, links);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

int netlink_read(struct netlink_links *ret_links)
{
	CLEANUP(netlink_links_done) struct netlink_links links = {0};
	CLEANUP(cleanup_close) int fd = open_socket();
	int r;

	if (fd < 0)
		return fd;
	r = dump(fd, RTM_GETLINK, &links);
	if (r == 0)
		r = dump(fd, RTM_GETADDR, &links);
	if (r < 0)
		return r;
	*ret_links = links;
	links = (struct netlink_links){0};
	return 0;
}

int netlink_namespace_number(int namespace_fd)
{
	CLEANUP(cleanup_close) int fd = open_socket();
	_Alignas(8) uint8_t buffer[4096];
	struct {
		struct nlmsghdr header;
		struct rtgenmsg message;
		uint8_t padding[3];
		struct rtattr attribute;
		uint32_t value;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETNSID,
			   .nlmsg_flags = NLM_F_REQUEST},
		.attribute = {.rta_len = sizeof(struct rtattr) + sizeof(uint32_t),
			      .rta_type = NETNSA_FD},
		.value = (uint32_t)namespace_fd,
	};
	struct attributes attributes;
	struct attribute attribute;
	struct nlmsghdr header;
	ssize_t length;

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return -1;
	length = recv(fd, buffer, sizeof(buffer), 0);
	if (length < (ssize_t)sizeof(header))
		return -1;
	memcpy(&header, buffer, sizeof(header));
	if (header.nlmsg_type != RTM_NEWNSID || header.nlmsg_len > (size_t)length)
		return -1;
	attributes =
		(struct attributes){buffer + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtgenmsg)),
				    buffer + header.nlmsg_len};
	while (next_attribute(&attributes, &attribute))
		if (attribute.type == NETNSA_NSID)
			return (int)read_u32(&attribute);
	return -1;
}
