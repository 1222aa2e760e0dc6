/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-inspect-view.c - rates and summaries of an inspected group. */
#include <errno.h>
#include <linux/capability.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/report/inspect-view.h"
#include "test.h"

#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)
#define HOST_USER_SPACE  77

static void assert_near(double value, double expected)
{
	if (fabs(value - expected) > 1e-6)
		fail_msg("%g, expected %g", value, expected);
}

/* 2 s between the inspections. PID 20 was reused by another process, PID 30 is new. */
static void test_cpu_share_of_a_process(void **state)
{
	struct cgw_process then[] = {
		{.pid = 10, .start_ticks = 1, .cpu_ns = 1000000000},
		{.pid = 20, .start_ticks = 2, .cpu_ns = 1000000000},
		{.pid = 40, .start_ticks = 4, .cpu_ns = 9000000000},
	};
	struct cgw_process now[] = {
		{.pid = 10, .start_ticks = 1, .cpu_ns = 2000000000},
		{.pid = 20, .start_ticks = 7, .cpu_ns = 5000000000},
		{.pid = 30, .start_ticks = 8, .cpu_ns = 5000000000},
		{.pid = 40, .start_ticks = 4, .cpu_ns = 8000000000},
	};
	const struct cgw_inspection before = {.processes = then, .process_count = 3};
	const struct cgw_inspection after = {.processes = now, .process_count = 4};
	struct view view = {.before = &before, .now = &after, .seconds = 2};

	assert_int_equal(view_cpu(&view, &now[0]).state, CGW_OK);
	assert_near(view_cpu(&view, &now[0]).real, 50);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(view_cpu(&view, &now[i]).state, CGW_WARMUP);
	view.before = NULL;
	assert_int_equal(view_cpu(&view, &now[0]).state, CGW_WARMUP);
}

/* An interface is the same if its index and its name are. */
static void test_traffic_of_an_interface(void **state)
{
	struct cgw_interface then[] = {
		{.name = "eth0", .index = 2, .received_bytes = 1000, .sent_bytes = 100},
		{.name = "veth1", .index = 3, .received_bytes = 1000, .sent_bytes = 100},
		{.name = "br0", .index = 4, .received_bytes = 1000, .sent_bytes = 100},
	};
	struct cgw_interface now[] = {
		{.name = "br0", .index = 4, .received_bytes = 500, .sent_bytes = 100},
		{.name = "eth0", .index = 2, .received_bytes = 3000, .sent_bytes = 600},
		{.name = "veth2", .index = 3, .received_bytes = 9000, .sent_bytes = 9000},
		{.name = "veth1", .index = 5, .received_bytes = 9000, .sent_bytes = 9000},
	};
	struct cgw_network before = {.read_ns = 1000000000, .interfaces = then, .count = 3};
	struct cgw_network after = {.read_ns = 3000000000, .interfaces = now, .count = 4};
	struct view_network network = {.before = &before, .now = &after};

	assert_near(view_traffic(&network, 1, false).real, 1000);
	assert_near(view_traffic(&network, 1, true).real, 250);
	assert_int_equal(view_traffic(&network, 0, false).state, CGW_WARMUP); /* counted less */
	assert_near(view_traffic(&network, 0, true).real, 0);
	assert_int_equal(view_traffic(&network, 2, true).state, CGW_WARMUP); /* another name */
	assert_int_equal(view_traffic(&network, 3, true).state, CGW_WARMUP); /* another index */
	network.before = NULL;
	assert_int_equal(view_traffic(&network, 1, false).state, CGW_WARMUP);
}

static struct cgw_process process_with(uint64_t capabilities, uint64_t user_namespace)
{
	struct cgw_process process = {.namespaces = {[CGW_NAMESPACE_USER] = user_namespace}};

	process.confinement.capabilities[CGW_CAPABILITIES_EFFECTIVE] = capabilities;
	return process;
}

/* The privilege of a group is the highest of its processes, wherever it is in the list. */
static void test_highest_privilege(void **state)
{
	struct cgw_process processes[] = {
		process_with(0, HOST_USER_SPACE),
		process_with(ALL_CAPABILITIES, HOST_USER_SPACE),
		process_with(UINT64_C(1) << CAP_NET_RAW, HOST_USER_SPACE),
		process_with(UINT64_C(1) << CAP_SYS_ADMIN, HOST_USER_SPACE),
		process_with(ALL_CAPABILITIES, 99),
	};
	struct cgw_inspection now = {
		.processes = processes,
		.process_count = ARRAY_SIZE(processes),
		.host_namespaces = {[CGW_NAMESPACE_USER] = HOST_USER_SPACE},
		.all_capabilities = ALL_CAPABILITIES,
	};
	const struct view view = {.now = &now};

	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_FULL);
	processes[1] = processes[0];
	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_ADMIN);
	processes[3] = processes[0];
	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_SOME);
	processes[2] = processes[0];
	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_NAMESPACED);
	processes[4] = processes[0];
	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_NONE);
	now.process_count = 0;
	assert_int_equal(view_privilege(&view), CGW_PRIVILEGE_UNKNOWN);
}

/* Groups of the process in other hierarchies are listed unless they are within the group. */
static void test_other_groups(void **state)
{
	char memory[] = "memory", pids[] = "pids", cpu[] = "cpu", freezer[] = "freezer";
	char paths[][16] = {"/web", "/webapp", "/web/worker", "/"};
	struct cgw_layout layout = {
		.hierarchy_count = 4,
		.hierarchies = {
			{.label = memory}, {.label = pids}, {.label = cpu}, {.label = freezer}}};
	struct cgw_process process = {.membership = {.count = 4}};
	char path[] = "/web";
	struct cgw_inspection now = {.path = path};
	const struct view view = {.layout = &layout, .now = &now};
	CLEANUP(cleanup_free) char *text = NULL;

	for (size_t i = 0; i < 4; i++)
		process.membership.paths[i] = paths[i];
	assert_int_equal(view_other_groups(&view, &process, &text), 0);
	assert_string_equal(text, "pids:/webapp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_share_of_a_process),
		cmocka_unit_test(test_traffic_of_an_interface),
		cmocka_unit_test(test_highest_privilege),
		cmocka_unit_test(test_other_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
