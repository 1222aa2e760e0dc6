/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-parse-proc.c - parsers of files in /proc/PID, with valid and invalid texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/inspect/parse-proc.h"
#include "test.h"

#define NUMBERS \
	"10 3 3 0 -1 4194560 1 2 3 4 250 150 5 6 20 -5 7 0 12345 1000000 321 18446744073709551615"

static void test_stat(void **state)
{
	struct process_stat stat;

	assert_int_equal(parse_stat("42 (cat) S " NUMBERS "\n", &stat), 0);
	assert_string_equal(stat.name, "cat");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.parent, 10);
	assert_int_equal(stat.flags, 4194560);
	assert_int_equal(stat.user_ticks, 250);
	assert_int_equal(stat.system_ticks, 150);
	assert_int_equal(stat.threads, 7);
	assert_int_equal(stat.start_ticks, 12345);
	assert_int_equal(stat.resident_pages, 321);
	/* The name may look like the rest of the line. */
	assert_int_equal(parse_stat("42 (a) R 1 (b) c)) S " NUMBERS "\n", &stat), 0);
	assert_string_equal(stat.name, "a) R 1 (b) c)");
	assert_int_equal(stat.parent, 10);
}

static void test_invalid_stat(void **state)
{
	static const char *const texts[] = {
		"",
		"42",
		"42 (cat",
		"42 cat) S 1",
		"42 (cat) S",
		"42 (cat) S x",
		("42 (cat)S " NUMBERS),
		"42 (cat) S 1 2 3",
		"42 (cat) S 10 3 3 0 -1 1 1 2 3 4 250 -1 5 6 20 0 7 0 1 1 1",
		")(",
	};
	struct process_stat stat;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (parse_stat(texts[i], &stat) == 0)
			fail_msg("accepted: %s", texts[i]);
}

static void test_status(void **state)
{
	struct process_status status;

	assert_int_equal(parse_status("Name:\tx: y\nTgid:\t40\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n"
				      "NSpid:\t40\t7\t1\nCapInh:\t0000000000000000\n"
				      "CapPrm:\t00000000a80425fb\nCapEff:\t0000000000000001\n"
				      "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\nSeccomp:\t2\n"
				      "Seccomp_filters:\t3\n",
				      &status),
			 0);
	assert_int_equal(status.leader, 40);
	assert_int_equal(status.uid, 2);
	assert_int_equal(status.gid, 6);
	assert_int_equal(status.inner_pid, 1);
	assert_int_equal(status.pid_namespaces, 3);
	assert_int_equal(status.capabilities[CGW_CAPABILITIES_PERMITTED], 0xa80425fb);
	assert_int_equal(status.capabilities[CGW_CAPABILITIES_EFFECTIVE], 1);
	assert_int_equal(status.capabilities[CGW_CAPABILITIES_BOUNDING], 0x1ffffffffff);
	assert_int_equal(status.no_new_privileges, 1);
	assert_int_equal(status.seccomp, 2);
	assert_int_equal(status.seccomp_filters, 3);
	/* Fields that an older kernel does not report are unknown, not zero. */
	assert_int_equal(parse_status("Tgid:\t40\n", &status), 0);
	assert_int_equal(status.uid, CGW_NO_ID);
	assert_int_equal(status.seccomp, -1);
	assert_int_equal(status.seccomp_filters, -1);
	assert_int_equal(status.no_new_privileges, -1);
	assert_int_equal(status.inner_pid, 0);
	assert_true(parse_status("", &status) < 0);
	assert_true(parse_status("Tgid:\tx\nUid\n:\n", &status) < 0);
}

static void test_limits(void **state)
{
	struct cgw_rlimit limits[CGW_RLIMIT_COUNT] = {0};

	parse_limits(
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max cpu time              unlimited            unlimited            seconds   \n"
		"Max open files            1024                 1048576              files     \n"
		"Max realtime priority     0                    0                    \n"
		"Max realtime timeout      unlimited            unlimited            us        \n"
		"Max processes             some                 what                 processes \n",
		limits);
	assert_int_equal(limits[CGW_RLIMIT_CPU].soft.state, CGW_MAX);
	assert_int_equal(limits[CGW_RLIMIT_FILES].soft.value, 1024);
	assert_int_equal(limits[CGW_RLIMIT_FILES].hard.value, 1048576);
	assert_int_equal(limits[CGW_RLIMIT_REALTIME].soft.state, CGW_OK);
	assert_int_equal(limits[CGW_RLIMIT_REALTIME].soft.value, 0);
	assert_int_equal(limits[CGW_RLIMIT_PROCESSES].soft.state, CGW_BAD);
	assert_int_equal(limits[CGW_RLIMIT_STACK].soft.state, CGW_ABSENT);
}

static void test_id_maps(void **state)
{
	static const char map[] =
		"         0     100000      65536\n     70000       1000          1\n";

	assert_int_equal(parse_map(map, 100000), 0);
	assert_int_equal(parse_map(map, 100033), 33);
	assert_int_equal(parse_map(map, 1000), 70000);
	assert_int_equal(parse_map(map, 165536), CGW_NO_ID);
	assert_int_equal(parse_map(map, 0), CGW_NO_ID);
	assert_int_equal(parse_map("", 0), CGW_NO_ID);
	assert_int_equal(parse_map("0 0 4294967295\n", 4294967294), 4294967294);
	assert_int_equal(parse_map("x\n0 0\n0 0 -1\n0 0 1", 0), 0);
}

static void test_command_lines(void **state)
{
	char *command;

	command = parse_command("a\0b c\0", 6, 100);
	assert_string_equal(command, "a b c");
	free(command);
	command = parse_command("abcdef", 6, 3);
	assert_string_equal(command, "abc");
	free(command);
	assert_null(parse_command("", 0, 10));
	assert_null(parse_command("\0\0", 2, 10));
}

static void test_root_file_system(void **state)
{
	char type[16];

	parse_root_type("20 1 0:5 / /proc rw - proc proc rw\n"
			"21 1 0:30 / / rw,relatime shared:1 master:2 - overlay overlay rw,x=y\n",
			type, sizeof(type));
	assert_string_equal(type, "overlay");
	parse_root_type("21 1 0:30 / / rw -", type, sizeof(type));
	assert_string_equal(type, "");
	parse_root_type("21 1 0:30 / / rw - a-name-longer-than-that", type, sizeof(type));
	assert_string_equal(type, "a-name-longer-t");
	parse_root_type("", type, sizeof(type));
	assert_string_equal(type, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),
		cmocka_unit_test(test_invalid_stat),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_id_maps),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_root_file_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
