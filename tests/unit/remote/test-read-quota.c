/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-read-quota.c - how much is read from one host, with times that are set. */
#include "shared/remote/read-quota.h"
#include "test.h"

#define NS_IN_S  UINT64_C(1000000000)
#define START_NS (1000 * NS_IN_S)

/* What was read is available again after some time, and never more than the burst. */
static void test_quota_refills(void **state)
{
	struct read_quota quota = {0};

	(void)state;
	assert_int_equal(read_quota_left(&quota, START_NS), READ_QUOTA_BURST_BYTES);
	read_quota_charge(&quota, 2 * READ_QUOTA_BYTES_PER_S, START_NS);
	assert_int_equal(read_quota_left(&quota, START_NS),
			 READ_QUOTA_BURST_BYTES - 2 * READ_QUOTA_BYTES_PER_S);
	assert_int_equal(read_quota_left(&quota, START_NS + NS_IN_S),
			 READ_QUOTA_BURST_BYTES - READ_QUOTA_BYTES_PER_S);
	assert_int_equal(read_quota_left(&quota, START_NS + 2 * NS_IN_S), READ_QUOTA_BURST_BYTES);
	assert_int_equal(read_quota_left(&quota, START_NS + 99 * NS_IN_S), READ_QUOTA_BURST_BYTES);
	/* Reading within the quota never pauses. */
	assert_int_equal(read_quota_resume_ns(&quota, START_NS), 0);
}

static void test_reading_pauses(void **state)
{
	struct read_quota quota = {0};
	uint64_t resume_ns;

	(void)state;
	read_quota_charge(&quota, READ_QUOTA_BURST_BYTES - READ_QUOTA_RESUME_BYTES, START_NS);
	assert_int_equal(read_quota_resume_ns(&quota, START_NS), 0);
	read_quota_charge(&quota, READ_QUOTA_RESUME_BYTES, START_NS);
	assert_int_equal(read_quota_left(&quota, START_NS), 0);
	resume_ns = read_quota_resume_ns(&quota, START_NS);
	/* 4 MiB are available again after half a second. */
	assert_int_equal(resume_ns, START_NS + NS_IN_S / 2);
	assert_int_equal(read_quota_resume_ns(&quota, resume_ns - 1), resume_ns);
	assert_int_equal(read_quota_left(&quota, resume_ns), READ_QUOTA_RESUME_BYTES);
	assert_int_equal(read_quota_resume_ns(&quota, resume_ns), 0);
	/* Once resumed, it goes on until the quota is used up again. */
	assert_int_equal(read_quota_resume_ns(&quota, START_NS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quota_refills),
		cmocka_unit_test(test_reading_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
