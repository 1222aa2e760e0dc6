/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-netlink.c - decoding of rtnetlink messages: valid, truncated and damaged. */
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/netlink.h"
#include "test.h"

struct message {
	_Alignas(8) uint8_t bytes[1024];
	size_t length;
};

static void put(struct message *message, uint16_t type, const void *data, size_t length)
{
	struct rtattr header = {.rta_len = (unsigned short)(sizeof(header) + length),
				.rta_type = type};

	memcpy(message->bytes + message->length, &header, sizeof(header));
	if (length > 0)
		memcpy(message->bytes + message->length + sizeof(header), data, length);
	message->length += RTA_ALIGN(header.rta_len);
}

static void put_u32(struct message *message, uint16_t type, uint32_t number)
{
	put(message, type, &number, sizeof(number));
}

static void make_vxlan(struct message *message)
{
	struct ifinfomsg info = {.ifi_index = 7, .ifi_flags = IFF_UP, .ifi_type = ARPHRD_ETHER};
	struct rtnl_link_stats64 counters = {.rx_bytes = 10, .tx_bytes = 20, .rx_dropped = 3};
	struct message data = {.length = 0}, nested = {.length = 0};

	memset(message, 0, sizeof(*message));
	memcpy(message->bytes, &info, sizeof(info));
	message->length = NLMSG_ALIGN(sizeof(info));
	put_u32(&data, IFLA_VXLAN_ID, 4242);
	put_u32(&data, IFLA_VXLAN_LINK, 3);
	/* The data may precede the kind that defines its format. */
	put(&nested, IFLA_INFO_DATA | NLA_F_NESTED, data.bytes, data.length);
	put(&nested, IFLA_INFO_KIND, "vxlan", 6);
	put(message, IFLA_IFNAME, "over0", 6);
	put_u32(message, IFLA_MTU, 1450);
	put_u32(message, IFLA_MASTER, 9);
	put(message, IFLA_STATS64, &counters, sizeof(counters));
	put(message, IFLA_LINKINFO, nested.bytes, nested.length);
}

static void test_links(void **state)
{
	struct netlink_links links = {0};
	struct message message;
	const struct netlink_link *link;

	make_vxlan(&message);
	assert_int_equal(netlink_decode(RTM_NEWLINK, message.bytes, message.length, &links), 0);
	assert_int_equal(links.count, 1);
	link = &links.items[0];
	assert_string_equal(link->interface.name, "over0");
	assert_string_equal(link->interface.kind, "vxlan");
	assert_int_equal(link->interface.vni, 4242);
	assert_int_equal(link->interface.index, 7);
	assert_true(link->interface.up);
	assert_int_equal(link->interface.mtu, 1450);
	assert_int_equal(link->interface.received_bytes, 10);
	assert_int_equal(link->interface.sent_bytes, 20);
	assert_int_equal(link->interface.received_dropped, 3);
	assert_int_equal(link->master_index, 9);
	assert_int_equal(link->lower_index, 3);
	assert_int_equal(link->lower_namespace, -1);
	assert_string_equal(cgw_interface_mode(&link->interface), "overlay");
	netlink_links_done(&links);
}

static void test_addresses(void **state)
{
	struct netlink_links links = {0};
	struct message message;
	struct ifaddrmsg info = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 7};
	struct in_addr local, other;

	make_vxlan(&message);
	assert_int_equal(netlink_decode(RTM_NEWLINK, message.bytes, message.length, &links), 0);
	memset(&message, 0, sizeof(message));
	memcpy(message.bytes, &info, sizeof(info));
	message.length = NLMSG_ALIGN(sizeof(info));
	assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &local), 1);
	assert_int_equal(inet_pton(AF_INET, "192.0.2.9", &other), 1);
	put(&message, IFA_ADDRESS, &other, sizeof(other)); /* of the peer */
	put(&message, IFA_LOCAL, &local, sizeof(local));
	assert_int_equal(netlink_decode(RTM_NEWADDR, message.bytes, message.length, &links), 0);
	assert_int_equal(links.items[0].interface.address_count, 1);
	assert_string_equal(links.items[0].interface.addresses[0], "192.0.2.1/24");
	netlink_links_done(&links);
}

/* Run with a sanitizer, this detects reads past the end of a truncated message. */
static void test_truncated_messages(void **state)
{
	struct message message;

	make_vxlan(&message);
	for (size_t length = 0; length <= message.length; length++) {
		struct netlink_links links = {0};
		uint8_t *copy = malloc(length > 0 ? length : 1);

		assert_non_null(copy);
		memcpy(copy, message.bytes, length);
		(void)netlink_decode(RTM_NEWLINK, copy, length, &links);
		(void)netlink_decode(RTM_NEWADDR, copy, length, &links);
		netlink_links_done(&links);
		free(copy);
	}
}

/* Sets each byte of the message to several values, among them wrong lengths. */
static void test_damaged_messages(void **state)
{
	static const uint8_t values[] = {0, 1, 3, 4, 5, 0x7f, 0x80, 0xff};
	struct message message;

	make_vxlan(&message);
	for (size_t i = 0; i < message.length * ARRAY_SIZE(values); i++) {
		struct netlink_links links = {0};
		uint8_t *copy = malloc(message.length);

		assert_non_null(copy);
		memcpy(copy, message.bytes, message.length);
		copy[i / ARRAY_SIZE(values)] = values[i % ARRAY_SIZE(values)];
		(void)netlink_decode(RTM_NEWLINK, copy, message.length, &links);
		(void)netlink_decode(RTM_NEWADDR, copy, message.length, &links);
		netlink_links_done(&links);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_truncated_messages),
		cmocka_unit_test(test_damaged_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
