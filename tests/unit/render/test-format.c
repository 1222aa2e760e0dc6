/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-format.c - human-readable and exact texts of values; text width. */
#include <locale.h>
#include <math.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include <cgward/render.h>

static void test_sizes(void **state)
{
	static const struct {
		double bytes;
		const char *expected;
	} cases[] = {
		{0, "0"},
		{1, "1B"},
		{1023, "1023B"},
		{1024, "1.0K"},
		{1536, "1.5K"},
		{10188, "9.9K"},
		{10240, "10K"},
		{1048064, "1.0M"},
		{1048576, "1.0M"},
		{1e9, "954M"},
		{1.5 * (1 << 30), "1.5G"},
		{18446744073709551615.0, "16E"},
		{-2048, "-2.0K"},
	};
	char buffer[32];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)cgw_format_bytes(cases[i].bytes, buffer, sizeof(buffer));
		assert_string_equal(buffer, cases[i].expected);
	}
	for (int shift = 0; shift < 64; shift++)
		for (int less = -1; less <= 1; less++)
			assert_true(
				cgw_format_bytes((double)((UINT64_C(1) << shift) + (uint64_t)less),
						 buffer, sizeof(buffer)) <= 5);
}

static void test_durations(void **state)
{
	static const struct {
		double ns;
		const char *expected;
	} cases[] = {
		{0, "0"},           {5, "5ns"},
		{850e3, "850us"},   {999600, "1ms"},
		{42e6, "42ms"},     {4.2e9, "4.20s"},
		{59.9e9, "59.9s"},  {192e9, "3m12s"},
		{18120e9, "5h02m"}, {1047600e9, "12d03h"},
	};
	char buffer[32];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)cgw_format_duration(cases[i].ns, buffer, sizeof(buffer));
		assert_string_equal(buffer, cases[i].expected);
	}
	(void)cgw_format_time(UINT64_C(1795508100123456789), buffer, sizeof(buffer));
	assert_string_equal(buffer, "2026-11-24T08:15:00.123Z");
}

static void test_values(void **state)
{
	static const struct {
		struct cgw_value value;
		enum cgw_unit unit;
		const char *human, *exact, *raw;
	} cases[] = {
		{{CGW_OK, true, 2147483648, 2147483648.0},
		 CGW_UNIT_BYTES,
		 "2.0G",
		 "2147483648",
		 "2147483648"},
		{{CGW_OK, true, UINT64_MAX, 1.8446744073709552e19},
		 CGW_UNIT_COUNT,
		 "18446744073709551615",
		 "18446744073709551615",
		 "18446744073709551615"},
		{{CGW_OK, true, 0, 0}, CGW_UNIT_COUNT, "0", "0", "0"}, /* zero is a value */
		{{CGW_ABSENT, false, 0, 0}, CGW_UNIT_BYTES, "-", "-", ""},
		{{CGW_MAX, false, 0, 0}, CGW_UNIT_BYTES, "max", "max", "max"},
		{{CGW_DENIED, false, 0, 0}, CGW_UNIT_BYTES, "!", "!", ""},
		{{CGW_BAD, false, 0, 0}, CGW_UNIT_BYTES, "?", "?", ""},
		{{CGW_WARMUP, false, 0, 0}, CGW_UNIT_PERCENT, "-", "-", ""},
		{{CGW_OK, false, 0, 150.04}, CGW_UNIT_PERCENT, "150.0%", "150.04", "150.04"},
		{{CGW_OK, false, 0, 0.004}, CGW_UNIT_PERCENT, "0.00%", "0.004", "0.004"},
		{{CGW_OK, false, 0, 0}, CGW_UNIT_PERCENT, "0.0%", "0", "0"},
		{{CGW_OK, false, 0, 12800}, CGW_UNIT_PERCENT, "12800%", "12800", "12800"},
		{{CGW_OK, true, 1234, 1234}, CGW_UNIT_PERCENT_E2, "12.3%", "12.34", "12.34"},
		{{CGW_OK, true, 1500000000, 1.5e9},
		 CGW_UNIT_CPU,
		 "150.0%",
		 "1500000000",
		 "1500000000"},
		{{CGW_OK, true, 1, 1}, CGW_UNIT_FLAG, "yes", "1", "1"},
		{{CGW_OK, true, 0x10001, 65537}, CGW_UNIT_HEX, "0x10001", "65537", "65537"},
		{{CGW_OK, false, 0, -30}, CGW_UNIT_BYTES_PER_S, "-30B", "-30", "-30"},
	};
	char buffer[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)cgw_format_value(cases[i].value, cases[i].unit, CGW_STYLE_HUMAN, buffer,
				       sizeof(buffer));
		assert_string_equal(buffer, cases[i].human);
		(void)cgw_format_value(cases[i].value, cases[i].unit, CGW_STYLE_EXACT, buffer,
				       sizeof(buffer));
		assert_string_equal(buffer, cases[i].exact);
		(void)cgw_format_value(cases[i].value, cases[i].unit, CGW_STYLE_RAW, buffer,
				       sizeof(buffer));
		assert_string_equal(buffer, cases[i].raw);
	}
}

static void test_text_width(void **state)
{
	char buffer[64];

	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		skip();
	assert_int_equal(cgw_text_width("abc"), 3);
	assert_int_equal(cgw_text_width("漢字"), 4);
	assert_int_equal(cgw_text_truncate("abcdef", 6, true, buffer, sizeof(buffer)), 6);
	(void)cgw_text_truncate("abcdef", 4, true, buffer, sizeof(buffer));
	assert_string_equal(buffer, "abc…");
	(void)cgw_text_truncate("abcdef", 4, false, buffer, sizeof(buffer));
	assert_string_equal(buffer, "abc~");
	(void)cgw_text_truncate("漢字漢字", 4, true, buffer, sizeof(buffer));
	assert_string_equal(buffer, "漢…"); /* a wide character is not split */
	assert_int_equal(cgw_text_truncate("abc", 0, true, buffer, sizeof(buffer)), 0);
	for (size_t size = 1; size < 12; size++) {
		(void)cgw_text_truncate("漢字漢字", 5, true, buffer, size);
		assert_true(strlen(buffer) < size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_text_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
