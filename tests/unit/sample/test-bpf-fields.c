/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-bpf-fields.c - the kernel's raw numbers become what the file would have said. */
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "metric/decode.h"
#include "sample/bpf.h"
#include "test.h"

#define PAGE      4096
#define PAGES_END ((uint64_t)INT64_MAX / PAGE)

struct row {
	enum cgw_metric metric;
	unsigned version;
	const char *file;
	uint64_t raw;
	const char
		*text; /* what the kernel writes into the file for it; NULL: only the file knows */
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
	{CGW_M_IO_RBYTES, 2, "io.stat", 1, NULL},
	{CGW_M_IO_WIOS, 1, "blkio.throttle.io_serviced_recursive", 0, "Total 0\n"},
};

/* The table's source of a metric for that file, as the plan would want it. */
static const struct cgw_source *source_of(const struct row *row)
{
	const struct cgw_metric_info *info = cgw_metric_info(row->metric);

	for (size_t i = 0; i < info->source_count; i++)
		if (info->sources[i].version == row->version &&
		    strcmp(info->sources[i].file, row->file) == 0)
			return &info->sources[i];
	fail_msg("no source of %s in %s", info->key, row->file);
	return NULL;
}

static void test_as_the_file_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const struct cgw_source *source = source_of(row);
		struct bpf_column column = {
			.row = bpf_field_find(row->metric, row->version, row->file),
			.page_bytes = PAGE,
			.want = {source->key,
				 source->key != NULL ? (uint32_t)strlen(source->key) : 0, 0,
				 source->scale, source->conversion, false},
		};
		struct cgw_number wanted = {0}, number;

		assert_non_null(column.row);
		if (row->text == NULL) {
			assert_false(bpf_field_number(&column, row->raw, &number));
			continue;
		}
		assert_int_equal(decode(source->format, row->text, strlen(row->text), &column.want,
					1, &wanted, NULL),
				 0);
		assert_true(bpf_field_number(&column, row->raw, &number));
		assert_int_equal(number.state, wanted.state);
		if (wanted.state == CGW_OK)
			assert_int_equal(number.value, wanted.value);
	}
}

/* Files that say more than the programs know are nobody's. */
static void test_unknown(void **state)
{
	(void)state;
	assert_null(bpf_field_find(CGW_M_CPU_USER, 2, "cpu.stat"));
	assert_null(bpf_field_find(CGW_M_IO_WEIGHT, 2, "io.weight"));
	assert_null(bpf_field_find(CGW_M_CPU_PRESSURE_SOME_TOTAL, 2, "cpu.pressure"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_the_file_says),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
