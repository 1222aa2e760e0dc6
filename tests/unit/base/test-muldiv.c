/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-muldiv.c - scaling with and without 128-bit integers. */
#include "lib/base/cleanup.h"
#include "lib/base/muldiv.h"
#include "test.h"

static void test_scale_u64(void **state)
{
	static const struct {
		uint64_t a, b, c, expected;
		bool fits;
	} cases[] = {
		{0, 0, 1, 0, true},
		{7, 3, 2, 10, true},
		{50000, 1000000000, 100000, 500000000, true},
		{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, true},
		{UINT64_MAX, 1, 1, UINT64_MAX, true},
		{UINT64_MAX, 10000, 10000, UINT64_MAX, true},
		{UINT64_MAX, 2, 1, 0, false},
		{UINT64_C(1) << 63, 4, 2, 0, false},
		{UINT64_C(1) << 63, 3, 2, UINT64_C(3) << 62, true},
		{UINT64_MAX - 1, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX, true},
		{UINT64_C(0x123456789abcdef), UINT64_C(0xfedcba987654321),
		 UINT64_C(0xfedcba987654322), UINT64_C(0x123456789abcdee), true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t wide = 1, portable = 1;

		assert_int_equal(scale_u64(cases[i].a, cases[i].b, cases[i].c, &wide),
				 cases[i].fits);
		assert_int_equal(scale_u64_portable(cases[i].a, cases[i].b, cases[i].c, &portable),
				 cases[i].fits);
		assert_int_equal(wide, cases[i].fits ? cases[i].expected : 1);
		assert_int_equal(portable, wide);
	}
}

/* Compares both implementations for pseudo-random numbers of all lengths. */
static void test_implementations_agree(void **state)
{
	uint64_t seed = 42, numbers[3];

	for (unsigned round = 0; round < 100000; round++) {
		uint64_t wide = 1, portable = 1;

		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			numbers[i] = (seed ^ seed >> 29) >> (seed >> 58);
		}
		numbers[2] += numbers[2] == 0;
		assert_int_equal(scale_u64(numbers[0], numbers[1], numbers[2], &wide),
				 scale_u64_portable(numbers[0], numbers[1], numbers[2], &portable));
		assert_int_equal(wide, portable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale_u64),
		cmocka_unit_test(test_implementations_agree),
	};

	return cmocka_run_group_tests_name("muldiv", tests, NULL, NULL);
}
