/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-edit-step.c - stepping values with the arrow keys. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tui/action/edit-step.h"

static void test_steps_through_round_values(void **state)
{
	static const struct {
		const char *key, *from;
		int by;
		const char *to; /* NULL: cannot be stepped */
	} table[] = {
		{"memory.max", "1G", 1, "1536M"},
		{"memory.max", "1536M", 1, "2G"},
		{"memory.max", "1G", -1, "768M"},
		{"memory.max", "2147483648", 1, "3G"},
		{"memory.max", "1000000000", 1, "1G"},
		{"memory.max", "max", -1, "1G"},
		{"memory.max", "max", 1, NULL},
		{"cpu.max", "50ms/100ms", 1, "60%"},
		{"cpu.max", "100%", 1, "200%"},
		{"cpu.max", "100%", -1, "90%"},
		{"cpu.max", "7%", -1, "6%"},
		{"cpu.max", "max", -1, "100%"},
		{"cpu.weight", "100", 1, "200"},
		{"cpu.weight", "9", 1, "10"},
		{"cpu.weight", "1", -1, "1"},
		{"cpu.weight", "10000", 1, "10000"},
		{"pids.max", "max", -1, "1000"},
		{"pids.max", "1000", -1, "900"},
		{"cpu.idle", "0", 1, "1"},
		{"cpu.idle", "1", 1, "0"},
		{"cpuset.cpus", "0-3", 1, NULL},
		{"memory.max", "nonsense", 1, NULL},
		{"memory.max", "", 1, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int control = cgw_control_find(table[i].key, NULL);
		char value[64] = "?";
		bool moved;

		assert_true(control >= 0);
		moved = value_step(cgw_control_info((enum cgw_control)control), table[i].from,
				   table[i].by, value, sizeof(value));
		if (moved != (table[i].to != NULL) ||
		    strcmp(value, table[i].to != NULL ? table[i].to : "?") != 0)
			fail_msg("%s from %s by %d is %s, expected %s", table[i].key, table[i].from,
				 table[i].by, value, table[i].to != NULL ? table[i].to : "?");
	}
}

/* Each step yields a value that is valid for the control. */
static void test_stepped_values_are_valid(void **state)
{
	for (size_t i = 0; i < cgw_control_count(); i++) {
		const struct cgw_control_info *info = cgw_control_info((enum cgw_control)i);
		const char *start = info->unlimited != NULL       ? info->unlimited
				    : info->default_value != NULL ? info->default_value
								  : "";
		char value[64];

		if (info->action || info->instances || info->per_device)
			continue;
		snprintf(value, sizeof(value), "%s", start);
		for (int step = 0; step < 24; step++) {
			struct cgw_diag diag = {.text = ""};

			if (!value_step(info, value, step < 8 ? -1 : 1, value, sizeof(value)))
				break;
			if (cgw_value_check((enum cgw_control)i, value, &diag) < 0)
				fail_msg("%s rejects %s: %s", info->key, value, diag.text);
		}
	}
}

/* In the unit of what is in use, and as the kernel has it. */
static void test_values_as_people_read_them(void **state)
{
	static const struct {
		const char *key, *text, *expected;
	} table[] = {
		{"cpu.max", "8ms/100ms", "8% (8ms/100ms)"}, {"cpu.max", "max", "max"},
		{"memory.max", "268435456", "256M"},        {"memory.max", "max", "max"},
		{"io.max.rbps", "8:0 1000", "8:0 1000"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int control = cgw_control_find(table[i].key, NULL);
		char shown[64];

		assert_true(control >= 0);
		value_human(cgw_control_info((enum cgw_control)control), table[i].text, shown,
			    sizeof(shown));
		assert_string_equal(shown, table[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_through_round_values),
		cmocka_unit_test(test_stepped_values_are_valid),
		cmocka_unit_test(test_values_as_people_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
