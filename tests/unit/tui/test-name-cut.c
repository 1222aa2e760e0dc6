/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-name-cut.c - names that do not fit can still be distinguished. */
#include <locale.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "test.h"
#include "tui/core/canvas.h"
#include "tui/list/name-cut.h"

static void test_shortened_names(void **state)
{
	static const struct {
		const char *text;
		enum name_cut how;
		const char *other;
		int width;
		const char *expected;
	} rows[] = {
		{"short", NAME_CUT_MIDDLE, NULL, 5, "short"},
		{"abcdefghij", NAME_CUT_START, NULL, 6, "…fghij"},
		{"abcdefghij", NAME_CUT_MIDDLE, NULL, 6, "abc…ij"},
		{"日本語日本語", NAME_CUT_START, NULL, 6, "…本語"},
		{"/a/first/x/y/service", NAME_CUT_START, "/a/other/x/y/service", 14,
		 "…first/…ervice"},
		{"/a/other/x/y/service", NAME_CUT_START, "/a/first/x/y/service", 14,
		 "…other/…ervice"},
		{"/a1/init.scope", NAME_CUT_START, "/a2/init.scope", 11, "…1/in…scope"},
		{"abcdefghij", NAME_CUT_START, NULL, 3, "abcdefghij"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char cut[64];

		name_cut(rows[i].text, rows[i].how, rows[i].other, rows[i].width, cut, sizeof(cut));
		if (strcmp(cut, rows[i].expected) != 0)
			fail_msg("row %zu: %s", i, cut);
	}
}

/* Whatever the width, two different names are never drawn the same, and never too wide. */
static void test_twins_differ_at_every_width(void **state)
{
	static const char *const names[] = {
		"/kubepods/pod1/container/init.scope/system.slice/nginx.service",
		"/kubepods/pod2/container/init.scope/system.slice/nginx.service",
		"/kubepods/pod1/contained/init.scope/system.slice/nginx.service",
	};

	for (int width = 4; width < 70; width++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
				char first[128], second[128];

				if (i == j)
					continue;
				for (int how = NAME_CUT_START; how <= NAME_CUT_MIDDLE; how++) {
					name_cut(names[i], (enum name_cut)how, names[j], width,
						 first, sizeof(first));
					name_cut(names[j], (enum name_cut)how, names[i], width,
						 second, sizeof(second));
					assert_true(canvas_width(first) <= width);
					assert_string_not_equal(first, second);
				}
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortened_names),
		cmocka_unit_test(test_twins_differ_at_every_width),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
