/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-bpf-fields.c - tests of the conversion of the kernel's raw numbers to the files' values. */
#include <limits.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/metric/decode.h"
#include "lib/sample/bpf/bpf.h"
#include "test.h"

#define PAGE      4096
#define PAGES_END ((uint64_t)INT64_MAX / PAGE)

struct row {
	enum cgw_metric metric;
	unsigned version;
	const char *file;
	uint64_t raw;
	const char *text; /* what the kernel prints for it; NULL: the file must be read */
};

static const struct row rows[] = {
	{CGW_M_CPU_USAGE, 1, "cpuacct.usage", 123456789, "123456789\n"},
	{CGW_M_CPU_USAGE, 2, "cpu.stat", 1234567891, "usage_usec 1234567\n"},
	{CGW_M_CPU_MAX, 1, "cpu.cfs_quota_us", 25000000, "25000\n"},
	{CGW_M_CPU_MAX, 1, "cpu.cfs_quota_us", UINT64_MAX, "-1\n"},
	{CGW_M_CPU_MAX, 2, "cpu.max", UINT64_MAX, "max 100000\n"},
	{CGW_M_CPU_MAX, 2, "cpu.max", 50000000, "50000 100000\n"},
	{CGW_M_CPU_PERIOD, 2, "cpu.max", 100000000, "max 100000\n"},
	{CGW_M_CPU_THROTTLED, 1, "cpu.stat", 987654321, "throttled_time 987654321\n"},
	{CGW_M_CPU_THROTTLED, 2, "cpu.stat", 987654321, "throttled_usec 987654\n"},
	{CGW_M_CPU_SHARES, 1, "cpu.shares", 1024 << 10, "1024\n"},
	{CGW_M_CPU_WEIGHT, 1, "cpu.shares", 512 << 10, "512\n"},
	{CGW_M_CPU_WEIGHT, 2, "cpu.weight", 1024 << 10, "100\n"},
	{CGW_M_CPU_WEIGHT, 2, "cpu.weight", 512 << 10, "50\n"},
	{CGW_M_MEMORY_CURRENT, 2, "memory.current", 3, "12288\n"},
	{CGW_M_MEMORY_MAX, 2, "memory.max", PAGES_END, "max\n"},
	{CGW_M_MEMORY_MAX, 2, "memory.max", 16384, "67108864\n"},
	{CGW_M_MEMORY_MAX, 1, "memory.limit_in_bytes", PAGES_END, "9223372036854771712\n"},
	{CGW_M_MEMORY_MAX, 1, "memory.limit_in_bytes", 16384, "67108864\n"},
	{CGW_M_MEMORY_UNDER_OOM, 1, "memory.oom_control", 2, "under_oom 1\n"},
	{CGW_M_MEMORY_USE_HIERARCHY, 1, "memory.use_hierarchy", 1, "1\n"},
	{CGW_M_MEMORY_INACTIVE_FILE, 2, "memory.stat", 5, "inactive_file 20480\n"},
	{CGW_M_MEMORY_INACTIVE_FILE, 2, "memory.stat", (uint64_t)-5, "inactive_file 0\n"},
	{CGW_M_MEMORY_PGFAULT, 2, "memory.stat", 77, "pgfault 77\n"},
	{CGW_M_PIDS_MAX, 1, "pids.max", 4 * 1024 * 1024 + 1, "max\n"},
	{CGW_M_PIDS_MAX, 2, "pids.max", 99, "99\n"},
	{CGW_M_CGROUP_MAX_DEPTH, 2, "cgroup.max.depth", INT_MAX, "max\n"},
	{CGW_M_CGROUP_MAX_DEPTH, 2, "cgroup.max.depth", 4, "4\n"},
	{CGW_M_CGROUP_FROZEN, 1, "freezer.state", 0, "THAWED\n"},
	{CGW_M_CGROUP_FROZEN, 1, "freezer.state", BPF_FREEZER_SELF, NULL},
	{CGW_M_CGROUP_FREEZE, 1, "freezer.self_freezing", BPF_FREEZER_SELF, "1\n"},
	{CGW_M_CGROUP_FREEZE, 1, "freezer.self_freezing", BPF_FREEZER_PARENT, "0\n"},
	{CGW_M_FREEZER_PARENT_FREEZING, 1, "freezer.parent_freezing", BPF_FREEZER_PARENT, "1\n"},
	{CGW_M_IO_RBYTES, 2, "io.stat", 0, ""},
	{CGW_M_IO_RBYTES, 2, "io.stat", 4096,
	 "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"},
	{CGW_M_IO_RBYTES, 1, "blkio.throttle.io_service_bytes_recursive", 1, NULL},
	{CGW_M_IO_WIOS, 1, "blkio.throttle.io_serviced_recursive", 0, "Total 0\n"},
};

/* The metric's source for that file, as a plan uses it. */
static const struct cgw_source *source_of(const struct row *row)
{
	const struct cgw_metric_info *info = cgw_metric_info(row->metric);

	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].version == row->version &&
		    strcmp(info->sources[i].file, row->file) == 0)
			return &info->sources[i];
	fail_msg("%s has no source %s", info->key, row->file);
	return NULL;
}

static struct bpf_column column_of(const struct row *row)
{
	const struct cgw_source *source = source_of(row);

	return (struct bpf_column){
		.row = bpf_field_find(row->metric, row->version, row->file),
		.page_bytes = PAGE,
		.request = {.key = source->key,
			    .key_length = source->key != NULL ? (uint32_t)strlen(source->key) : 0,
			    .scale = source->scale,
			    .conversion = source->conversion},
	};
}

static void test_converts_raw_numbers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const struct cgw_source *source = source_of(row);
		struct bpf_column column = column_of(row);
		struct cgw_number expected = {0}, number;

		assert_non_null(column.row);
		if (row->text == NULL) {
			assert_false(bpf_field_number(&column, row->raw, &number));
			continue;
		}
		assert_int_equal(decode(source->format, row->text, strlen(row->text),
					&column.request, 1, &expected, NULL),
				 0);
		assert_true(bpf_field_number(&column, row->raw, &number));
		assert_int_equal(number.state, expected.state);
		if (expected.state == CGW_OK)
			assert_int_equal(number.value, expected.value);
	}
}

/* A sum has no number of its own; its parts are values of the same file that have one. */
static void test_sums_have_parts(void **state)
{
	static const enum cgw_metric sums[] = {CGW_M_MEMORY_SLAB, CGW_M_MEMORY_PGSCAN,
					       CGW_M_MEMORY_PGSTEAL};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		const struct plan_sum *sum = plan_sum_of(sums[i]);

		assert_non_null(sum);
		assert_true(bpf_is_sum(bpf_field_find(sums[i], 2, "memory.stat")));
		assert_true(sum->part_count >= 2);
		for (size_t j = 0; j < sum->part_count; j++) {
			const struct cgw_metric_info *part = cgw_metric_info(sum->parts[j]);

			assert_string_equal(part->sources[0].file, "memory.stat");
			assert_int_equal(part->unit, cgw_metric_info(sums[i])->unit);
			assert_false(bpf_is_sum(bpf_field_find(sum->parts[j], 2, "memory.stat")));
		}
	}
	assert_null(plan_sum_of(CGW_M_MEMORY_ANON));
}

/* Below factor_end, the multiplication gives the same value as the conversion. */
static void test_factor_matches_conversion(void **state)
{
	static const uint64_t raws[] = {0,
					1,
					2,
					1000,
					PAGES_END - 1,
					PAGES_END,
					(uint64_t)INT64_MAX,
					UINT64_MAX - 1,
					UINT64_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_column column = column_of(&rows[i]);

		bpf_field_set_factor(&column);
		for (size_t j = 0; j < ARRAY_SIZE(raws); j++) {
			struct cgw_number number = {0};

			if (raws[j] >= column.factor_end)
				continue;
			assert_true(bpf_field_number(&column, raws[j], &number));
			assert_int_equal(number.state, CGW_OK);
			assert_int_equal(number.value, raws[j] * column.factor);
		}
	}
}

/* Most metrics must take the fast path, or it would not pay off. */
static void test_common_metrics_have_a_factor(void **state)
{
	const struct row plain = {CGW_M_CPU_USAGE, 1, "cpuacct.usage", 0, NULL},
			 pages = {CGW_M_MEMORY_CURRENT, 2, "memory.current", 0, NULL},
			 limit = {CGW_M_MEMORY_MAX, 2, "memory.max", 0, NULL},
			 weight = {CGW_M_CPU_WEIGHT, 1, "cpu.shares", 0, NULL};
	struct bpf_column column;

	column = column_of(&plain);
	bpf_field_set_factor(&column);
	assert_true(column.factor == 1 && column.factor_end > PAGES_END);
	column = column_of(&pages);
	bpf_field_set_factor(&column);
	assert_true(column.factor == PAGE && column.factor_end > PAGES_END);
	column = column_of(&limit);
	bpf_field_set_factor(&column);
	assert_int_equal(column.factor_end, 1); /* unlimited is another state */
	column = column_of(&weight);
	bpf_field_set_factor(&column);
	assert_int_equal(column.factor_end, 0); /* a weight of 0 is not a valid value */
}

/* The value of a group is the sum over its devices; with incomplete entries the file is read. */
static void test_sums_devices(void **state)
{
	const struct row row = {CGW_M_IO_WBYTES, 2, "io.stat", 0, NULL};
	const uint64_t devices[3][BPF_DEVICE_SIZE] = {
		{[BPF_DEVICE_WBYTES] = 1000},
		{[BPF_DEVICE_NUMBER] = UINT64_C(8) << 32 | 16,
		 [BPF_DEVICE_RBYTES] = 7,
		 [BPF_DEVICE_WBYTES] = 20},
		{[BPF_DEVICE_NUMBER] = UINT64_C(253) << 32, [BPF_DEVICE_WBYTES] = 3},
	};
	uint64_t record[BPF_LIST_SIZE] = {
		[BPF_LIST_STATE] = BPF_RECORD_PRESENT, [BPF_LIST_FIRST] = 1, [BPF_LIST_COUNT] = 2};
	struct bpf_column column = column_of(&row);
	uint64_t raw;

	column.devices = devices[0];
	column.index = column.row->field;
	assert_true(bpf_field_raw(&column, record, &raw));
	assert_int_equal(raw, 23);
	record[BPF_LIST_COUNT] = 0;
	assert_true(bpf_field_raw(&column, record, &raw));
	assert_int_equal(raw, 0);
	record[BPF_LIST_INCOMPLETE] = 1;
	assert_false(bpf_field_raw(&column, record, &raw));
}

/* Without device entries, groups that never used a device are still provided. */
static void test_falls_back_to_no_device(void **state)
{
	const struct bpf_field_row *fallback = bpf_field_find_fallback("io.stat");
	struct bpf_column column = {.row = fallback, .page_bytes = PAGE};
	struct cgw_number number;

	assert_non_null(fallback);
	assert_true(bpf_field_number(&column, 0, &number));
	assert_false(bpf_field_number(&column, 1, &number));
	assert_null(bpf_field_find_fallback("memory.current"));
}

/* What the root's file lacks or has as 0 needs no index. */
static void test_statistics_without_an_index(void **state)
{
	const struct bpf_field_row *row =
		bpf_field_find(CGW_M_MEMORY_KERNEL_STACK, 2, "memory.stat");
	struct bpf_column column = {.row = row, .page_bytes = PAGE, .request.scale = 1};
	struct cgw_number number;
	uint64_t raw = 7;

	assert_non_null(row);
	assert_true(bpf_field_number(&column, 3, &number)); /* counted in KiB */
	assert_int_equal(number.value, 3 * 1024);
	assert_true(bpf_field_number(&column, UINT64_MAX, &number));
	assert_int_equal(number.value, 0);
	column.from_root = true;
	assert_false(bpf_field_raw(&column, NULL, &raw));
	column.root_is_zero = true;
	assert_true(bpf_field_raw(&column, NULL, &raw) && raw == 0);
	column.root_is_zero = false;
	column.root_lacks = true;
	assert_true(bpf_field_raw(&column, NULL, &raw));
	assert_true(bpf_field_number(&column, raw, &number));
	assert_int_equal(number.state, CGW_ABSENT);
}

/* Files with values that the programs do not have are not provided. */
static void test_unknown_values_have_no_row(void **state)
{
	assert_null(bpf_field_find(CGW_M_CPU_USER, 2, "cpu.stat"));
	assert_null(bpf_field_find(CGW_M_IO_WEIGHT, 2, "io.weight"));
	assert_null(bpf_field_find(CGW_M_CPU_PRESSURE_SOME_TOTAL, 2, "cpu.pressure"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converts_raw_numbers),
		cmocka_unit_test(test_sums_have_parts),
		cmocka_unit_test(test_factor_matches_conversion),
		cmocka_unit_test(test_common_metrics_have_a_factor),
		cmocka_unit_test(test_sums_devices),
		cmocka_unit_test(test_falls_back_to_no_device),
		cmocka_unit_test(test_statistics_without_an_index),
		cmocka_unit_test(test_unknown_values_have_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
