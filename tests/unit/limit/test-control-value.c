/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-control-value.c - unit tests of control values and of their kernel text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limit/kernel-text.h"
#include "test.h"

#define GIB (UINT64_C(1) << 30)

/* The bases of relative requests in this file. */
static struct percent_bases bases_of(const struct setting *now)
{
	return (struct percent_bases){.host = 8 * GIB, .parent = 2 * GIB, .now = now};
}

static int resolve(enum cgw_control control, const char *text, const struct setting *now,
		   struct setting *ret_setting, struct cgw_diag *diag)
{
	const struct control_row *row = control_row(control);
	struct percent_bases bases = bases_of(now);
	struct request request;
	int r;

	if (row->capacity == CAPACITY_CPUS) {
		bases.host = UINT64_C(4000000000); /* four CPUs */
		bases.parent = UINT64_C(2000000000);
	}
	r = request_parse(row, text, &request, diag);
	return r < 0 ? r : request_resolve(row, &request, &bases, ret_setting, diag);
}

static void test_valid_values_are_parsed(void **state)
{
	static const struct {
		enum cgw_control control;
		const char *text, *words;
	} cases[] = {
		{CGW_C_MEMORY_MAX, "2G", "2G"},
		{CGW_C_MEMORY_MAX, " 2GiB ", "2G"},
		{CGW_C_MEMORY_MAX, "2gb", "2G"},
		{CGW_C_MEMORY_MAX, "1.5K", "1536"},
		{CGW_C_MEMORY_MAX, "4096", "4K"},
		{CGW_C_MEMORY_MAX, "0", "0"},
		{CGW_C_MEMORY_MAX, "max", "max"},
		{CGW_C_MEMORY_MAX, "infinity", "max"},
		{CGW_C_MEMORY_MAX, "50%", "4G"},
		{CGW_C_MEMORY_MAX, "50% of parent", "1G"},
		{CGW_C_MEMORY_MAX, "+20%", "1288490188"},
		{CGW_C_MEMORY_MAX, "-50%", "512M"},
		{CGW_C_MEMORY_MAX, "+512M", "1536M"},
		{CGW_C_MEMORY_MAX, "-1G", "0"},
		{CGW_C_MEMORY_MAX, "110% of now", "1181116006"},
		{CGW_C_CPU_MAX, "150%", "150ms/100ms"},
		{CGW_C_CPU_MAX, "1.5 cpus", "150ms/100ms"},
		{CGW_C_CPU_MAX, "50ms/100ms", "50ms/100ms"},
		{CGW_C_CPU_MAX, "50000/100000", "50ms/100ms"},
		{CGW_C_CPU_MAX, "12345us/200ms", "12345us/200ms"},
		{CGW_C_CPU_MAX, "50% of host", "200ms/100ms"},
		{CGW_C_CPU_MAX, "50% of parent", "100ms/100ms"},
		{CGW_C_CPU_MAX, "max", "max"},
		{CGW_C_CPU_MAX, "max/50ms", "max/50ms"},
		{CGW_C_CPU_MAX, "33.33%", "33330us/100ms"},
		{CGW_C_CPU_WEIGHT, "1", "1"},
		{CGW_C_CPU_WEIGHT, "10000", "10000"},
		{CGW_C_CPU_MAX_BURST, "10ms", "10ms"},
		{CGW_C_CPU_UCLAMP_MIN, "12.5", "12.50"},
		{CGW_C_CPU_UCLAMP_MAX, "50%", "50.00"},
		{CGW_C_IO_MAX_RBPS, "8:0 10M/s", "10M"},
		{CGW_C_IO_MAX_RBPS, "sda 10M", "10M"},
		{CGW_C_IO_MAX_WIOPS, "sda 500iops", "500"},
		{CGW_C_IO_MAX_WBPS, "sda max", "max"},
		{CGW_C_IO_LATENCY, "sda 10ms", "10ms"},
		{CGW_C_PIDS_MAX, "64", "64"},
		{CGW_C_CPUSET_CPUS, "3-5,0", "0,3-5"},
		{CGW_C_CPUSET_CPUS, "0,1,2,3", "0-3"},
		{CGW_C_CPUSET_CPUS, "none", "none"},
		{CGW_C_CPUSET_CPUS_PARTITION, "root", "root"},
		{CGW_C_HUGETLB_MAX, "2MB 1G", "1G"},
		{CGW_C_MISC_MAX, "res_a 3", "3"},
		{CGW_C_NET_CLS_CLASSID, "0x100001", "0x100001"},
		{CGW_C_NET_CLS_CLASSID, "10:1", "0x100001"},
		{CGW_C_NET_PRIO_IFPRIOMAP, "eth0 5", "5"},
		{CGW_C_DEVICES_ALLOW, "c 1:3 rwm", "c 1:3 rwm"},
		{CGW_C_DEVICES_DENY, "a", "a"},
		{CGW_C_CGROUP_SUBTREE_CONTROL, "+cpu -io memory", "+cpu -io memory"},
	};
	const struct setting now = {.number = GIB, .period_ns = 100000000};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setting setting = {0};
		struct cgw_diag diag = {0};
		char words[VALUE_MAX];

		if (resolve(cases[i].control, cases[i].text, &now, &setting, &diag) != 0)
			fail_msg("'%s': %s", cases[i].text, diag.text);
		(void)setting_format(control_row(cases[i].control), &setting, words, sizeof(words));
		assert_string_equal(words, cases[i].words);
	}
}

static void test_invalid_values_are_refused(void **state)
{
	static char digits[2000];
	static const struct {
		enum cgw_control control;
		const char *text;
		int error;
	} cases[] = {
		{CGW_C_MEMORY_MAX, "", -EINVAL},
		{CGW_C_MEMORY_MAX, "   ", -EINVAL},
		{CGW_C_CPUSET_CPUS, "", -EINVAL}, /* the kernel would take it as all */
		{CGW_C_CPUSET_CPUS, " ", -EINVAL},
		{CGW_C_CGROUP_SUBTREE_CONTROL, "", -EINVAL},
		{CGW_C_MEMORY_MAX, "nan", -EINVAL},
		{CGW_C_MEMORY_MAX, "0x10", -EINVAL},
		{CGW_C_MEMORY_MAX, "1e9", -EINVAL},
		{CGW_C_MEMORY_MAX, "2X", -EINVAL},
		{CGW_C_MEMORY_MAX, "2G junk", -EINVAL},
		{CGW_C_MEMORY_MAX, "2G\n1", -EINVAL},
		{CGW_C_MISC_MAX, "a\nb 1", -EINVAL},
		{CGW_C_MEMORY_MAX, "50% of mars", -EINVAL},
		{CGW_C_MEMORY_MAX, "8E", -ERANGE},
		{CGW_C_MEMORY_MAX, "99999999999999999999", -ERANGE},
		{CGW_C_MEMORY_MAX, digits, -ERANGE},
		{CGW_C_MEMORY_MAX, "-2G", -ERANGE}, /* negative: the current value is 1G */
		{CGW_C_CPU_MAX, "0%", -ERANGE},
		{CGW_C_CPU_MAX, "50ms/2s", -ERANGE},
		{CGW_C_CPU_MAX, "50ms/0", -ERANGE},
		{CGW_C_CPU_MAX, "50", -EINVAL}, /* no unit */
		{CGW_C_CPU_WEIGHT, "0", -ERANGE},
		{CGW_C_CPU_WEIGHT, "10001", -ERANGE},
		{CGW_C_CPU_WEIGHT, "1.5", -EINVAL},
		{CGW_C_CPU_WEIGHT, "max", -EINVAL},
		{CGW_C_CPU_WEIGHT, "50%", -EINVAL}, /* weights have no capacity */
		{CGW_C_CPU_IDLE, "2", -ERANGE},
		{CGW_C_IO_MAX_RBPS, "10M", -EINVAL},   /* no device */
		{CGW_C_IO_MAX_RBPS, "sda 0", -ERANGE}, /* v1 would remove the limit, v2 refuse */
		{CGW_C_IO_MAX_RIOPS, "sda 4294967296", -ERANGE}, /* v1 would truncate it */
		{CGW_C_PIDS_MAX, "4194305", -ERANGE},
		{CGW_C_PIDS_MAX, "-1", -ERANGE},
		{CGW_C_CPUSET_CPUS, "5-3", -EINVAL},
		{CGW_C_CPUSET_CPUS, "0-", -EINVAL},
		{CGW_C_CPUSET_CPUS, "0,", -EINVAL},
		{CGW_C_CPUSET_CPUS, "all", -EINVAL},
		{CGW_C_CPUSET_CPUS, "99999", -EINVAL},
		{CGW_C_CPUSET_CPUS_PARTITION, "roots", -EINVAL},
		{CGW_C_CGROUP_SUBTREE_CONTROL, "+cpux", -EINVAL},
		{CGW_C_CGROUP_SUBTREE_CONTROL, "+", -EINVAL},
		{CGW_C_DEVICES_ALLOW, "c 1:3", -EINVAL},
		{CGW_C_DEVICES_ALLOW, "d 1:3 rwm", -EINVAL},
		{CGW_C_DEVICES_ALLOW, "c 1:3 rwx", -EINVAL},
		{CGW_C_NET_CLS_CLASSID, "10000:1", -ERANGE},
	};
	const struct setting now = {.number = GIB, .period_ns = 100000000};

	memset(digits, '9', sizeof(digits) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct setting setting = {.number = 42};
		struct cgw_diag diag = {0};
		int r = resolve(cases[i].control, cases[i].text, &now, &setting, &diag);

		if (r != cases[i].error || diag.text[0] == '\0' || strchr(diag.text, '\n') != NULL)
			fail_msg("'%.40s': %d, '%s'", cases[i].text, r, diag.text);
		assert_int_equal(setting.number, 42);
	}
}

static const struct cgw_source *source_of(enum cgw_control control, unsigned version)
{
	const struct cgw_control_info *info = cgw_control_info(control);
	const struct cgw_metric_info *metric = cgw_metric_info((enum cgw_metric)info->metric);

	for (size_t i = 0; i < metric->source_count; i++)
		if (metric->sources[i].version == version)
			return &metric->sources[i];
	return NULL;
}

static void test_kernel_text_round_trip(void **state)
{
	static const struct {
		enum cgw_control control;
		const char *text, *v1, *v2;
	} cases[] = {
		{CGW_C_MEMORY_MAX, "2G", "2147483648", "2147483648"},
		{CGW_C_MEMORY_MAX, "max", "-1", "max"},
		{CGW_C_CPU_MAX, "50ms/100ms", "50000", "50000 100000"},
		{CGW_C_CPU_MAX, "max", "-1", "max 100000"},
		{CGW_C_CPU_WEIGHT, "100", "1024", "100"},
		{CGW_C_CPU_WEIGHT, "1", "11", "1"},
		{CGW_C_CPU_WEIGHT, "10000", "262144", "10000"},
		{CGW_C_CPU_MAX_BURST, "10ms", "10000", "10000"},
		{CGW_C_IO_MAX_RBPS, "8:0 10M", "8:0 10485760", "8:0 rbps=10485760"},
		{CGW_C_IO_MAX_RBPS, "8:0 max", "8:0 0", "8:0 rbps=max"},
		{CGW_C_IO_WEIGHT, "100", "100", "100"},
		{CGW_C_IO_WEIGHT, "10000", "1000", "10000"},
		{CGW_C_IO_LATENCY, "8:0 10ms", NULL, "8:0 target=10000"},
		{CGW_C_PIDS_MAX, "max", "max", "max"},
		{CGW_C_CPUSET_CPUS, "0-3", "0-3", "0-3"},
		{CGW_C_CPUSET_CPUS, "none", "\n", "\n"},
		{CGW_C_HUGETLB_MAX, "2MB max", "-1", "max"},
		{CGW_C_CPU_UCLAMP_MAX, "12.5", "12.50", "12.50"},
		{CGW_C_NET_PRIO_IFPRIOMAP, "eth0 5", "eth0 5", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned version = 1; version <= 2; version++) {
			const char *expected = version == 1 ? cases[i].v1 : cases[i].v2;
			const struct control_row *row = control_row(cases[i].control);
			struct setting setting, read;
			char text[VALUE_MAX];

			if (expected == NULL)
				continue;
			assert_int_equal(
				resolve(cases[i].control, cases[i].text, NULL, &setting, NULL), 0);
			assert_int_equal(kernel_text_encode(row,
							    source_of(cases[i].control, version),
							    &setting, text, sizeof(text)),
					 0);
			assert_string_equal(text, expected);
			/* v1's device files do not list an unlimited device. */
			if (setting.unlimited && row->info.instances && version == 1)
				continue;
			read = (struct setting){.period_ns = setting.period_ns};
			snprintf(read.instance, sizeof(read.instance), "%s", setting.instance);
			if (row->info.key[0] == 'i' && strcmp(row->info.key, "io.weight") == 0 &&
			    version == 2) /* read as "default N" */
				continue;
			assert_int_equal(kernel_text_decode(row,
							    source_of(cases[i].control, version),
							    text, strlen(text), &read),
					 0);
			if (row->form == FORM_LIST && strcmp(setting.text, "none") == 0)
				setting.text[0] = '\0';
			assert_true(setting_equal(row, &setting, &read));
		}
}

/* Every weight converts to v1 shares and back without loss. */
static void test_weights_convert_to_v1_and_back(void **state)
{
	const struct control_row *row = control_row(CGW_C_CPU_WEIGHT);

	for (uint64_t weight = 1; weight <= 10000; weight++) {
		struct setting setting = {.number = weight}, read = {0};
		char text[VALUE_MAX];

		assert_int_equal(kernel_text_encode(row, source_of(CGW_C_CPU_WEIGHT, 1), &setting,
						    text, sizeof(text)),
				 0);
		assert_int_equal(kernel_text_decode(row, source_of(CGW_C_CPU_WEIGHT, 1), text,
						    strlen(text), &read),
				 0);
		assert_int_equal(read.number, weight);
	}
}

static void test_instances_are_found(void **state)
{
	const struct control_row *row = control_row(CGW_C_IO_MAX_WBPS);
	const struct cgw_source *source = source_of(CGW_C_IO_MAX_WBPS, 2);
	static const char text[] = "8:0 rbps=1 wbps=2 riops=max wiops=max\n"
				   "259:0 rbps=max wbps=max riops=7 wiops=8\n";
	struct setting setting = {.instance = "259:0"};

	assert_int_equal(kernel_text_decode(row, source, text, strlen(text), &setting), 0);
	assert_true(setting.unlimited);
	setting = (struct setting){.instance = "8:0"};
	assert_int_equal(kernel_text_decode(row, source, text, strlen(text), &setting), 0);
	assert_int_equal(setting.number, 2);
	/* An unlisted device has no limit. */
	setting = (struct setting){.instance = "7:0"};
	assert_int_equal(kernel_text_decode(row, source, text, strlen(text), &setting), 0);
	assert_true(setting.unlimited);
	/* Without a device, the first one is read. */
	setting = (struct setting){0};
	assert_int_equal(kernel_text_decode(row, source, text, strlen(text), &setting), 0);
	assert_string_equal(setting.instance, "8:0");
}

static void test_assignments_are_parsed(void **state)
{
	enum cgw_control control;
	struct cgw_diag diag = {0};
	char *value;

	assert_int_equal(cgw_assignment_parse("memory.max=2G", &control, &value, NULL), 0);
	assert_int_equal(control, CGW_C_MEMORY_MAX);
	assert_string_equal(value, "2G");
	free(value);
	assert_int_equal(cgw_assignment_parse("memory.limit_in_bytes=1M", &control, &value, NULL),
			 0);
	assert_int_equal(control, CGW_C_MEMORY_MAX);
	free(value);
	assert_int_equal(cgw_assignment_parse("hugetlb.2MB.max=1G", &control, &value, NULL), 0);
	assert_int_equal(control, CGW_C_HUGETLB_MAX);
	assert_string_equal(value, "2MB 1G");
	free(value);
	assert_int_equal(cgw_assignment_parse("hugetlb.2MB.rsvd.max=1G", &control, &value, NULL),
			 0);
	assert_int_equal(control, CGW_C_HUGETLB_RSVD_MAX);
	free(value);
	assert_int_equal(cgw_assignment_parse("memory.maxx=2G", &control, &value, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, "'memory.max'"));
	assert_int_equal(cgw_assignment_parse("memory.current=2G", &control, &value, &diag),
			 -ENOENT);
	assert_int_equal(cgw_assignment_parse("memory.max", &control, &value, &diag), -EINVAL);
	assert_int_equal(cgw_assignment_parse("=2G", &control, &value, &diag), -EINVAL);
}

/* Each row of the table has files, a unique key, a syntax, a help text and a valid default. */
static void test_table_is_complete(void **state)
{
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct control_row *row = control_row((enum cgw_control)i);
		const struct cgw_metric_info *metric;
		struct cgw_diag diag;

		assert_non_null(row->info.key);
		assert_int_equal(cgw_control_find(row->info.key, NULL), i);
		assert_true(row->info.syntax[0] != '\0' && row->info.help[0] != '\0');
		assert_true(row->info.help[strlen(row->info.help) - 1] != '.');
		if (row->info.default_value != NULL && !row->info.instances &&
		    cgw_value_check((enum cgw_control)i, row->info.default_value, &diag) < 0)
			fail_msg("%s: default '%s': %s", row->info.key, row->info.default_value,
				 diag.text);
		if (row->info.action) {
			assert_true(row->source_count > 0);
			continue;
		}
		metric = cgw_metric_info((enum cgw_metric)row->info.metric);
		assert_string_equal(row->info.key, metric->key);
		assert_true(metric->kind == CGW_LIMIT || metric->kind == CGW_SETTING);
		for (size_t s = 0; s < metric->source_count; s++)
			assert_true(row->info.unlimited == NULL ||
				    row->unlimited[metric->sources[s].version] != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_values_are_parsed),
		cmocka_unit_test(test_invalid_values_are_refused),
		cmocka_unit_test(test_kernel_text_round_trip),
		cmocka_unit_test(test_weights_convert_to_v1_and_back),
		cmocka_unit_test(test_instances_are_found),
		cmocka_unit_test(test_assignments_are_parsed),
		cmocka_unit_test(test_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
