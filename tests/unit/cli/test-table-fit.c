/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-table-fit.c - tables and text that are shortened to the width of the terminal. */
#include <locale.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "shared/cli/listing.h"
#include "test.h"

static const struct listing_column columns[] = {
	{"GROUP", NULL, LISTING_NAME}, {"TIME", NULL, LISTING_FIXED}, {"ID", NULL, LISTING_NUMBER},
	{"WHY", NULL, LISTING_PROSE},  {NULL, NULL, LISTING_NAME},
};

#define LONG_NAME "/kubepods.slice/kubepods-burstable.slice/cri-containerd-0123456789ab.scope"

static char *print(const char *name, const char *why, unsigned width)
{
	struct listing listing;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	listing_start(&listing, out, false, columns, width);
	listing_record(&listing);
	listing_text(&listing, name);
	listing_text(&listing, "2026-11-30T01:17:21.283Z");
	listing_number(&listing, 1234567890);
	listing_text(&listing, why);
	assert_int_equal(listing_end(&listing), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_only_what_is_too_wide_is_shortened(void **state)
{
	char *text;

	text = print(LONG_NAME, "because it grew and grew", 80);
	assert_string_equal(text, "GROUP                 TIME                             ID WHY\n"
				  "/kubep…456789ab.scope 2026-11-30T01:17:21.283Z 1234567890 "
				  "because it grew and g…\n");
	free(text);
	text = print("/a", "b", 80);
	assert_string_equal(text, "GROUP TIME                             ID WHY\n"
				  "/a    2026-11-30T01:17:21.283Z 1234567890 b\n");
	free(text);
	/* Without a terminal, everything is shown. */
	text = print(LONG_NAME, "because it grew and grew", 0);
	assert_non_null(strstr(text, LONG_NAME " 2026"));
	free(text);
	/* Numbers and times are never cut, even if the table does not fit. */
	text = print(LONG_NAME, "because it grew and grew", 10);
	assert_non_null(strstr(text, " 2026-11-30T01:17:21.283Z 1234567890 "));
	free(text);
}

/* What is needed least gives way: columns without values, then minor ones, the last one first. */
static void test_columns_give_way(void **state)
{
	static const struct listing_column minor[] = {
		{"ID", NULL, LISTING_NUMBER},  {"ACTION", NULL, LISTING_MINOR_NUMBER},
		{"TIME", NULL, LISTING_FIXED}, {"STATE", NULL, LISTING_FIXED},
		{"WHO", NULL, LISTING_MINOR},  {NULL, NULL, LISTING_NAME},
	};
	static const struct {
		unsigned width;
		const char *heading;
	} table[] = {
		{0, "ID ACTION TIME                     STATE WHO"},
		{80, "ID ACTION TIME            STATE WHO"},
		{38, "ID ACTION TIME            WHO"},
		{26, "ID ACTION TIME"},
		{20, "ID TIME"},
		{5, "ID TIME"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct listing listing;
		char *text = NULL;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		listing_start(&listing, out, false, minor, table[i].width);
		listing_record(&listing);
		listing_number(&listing, 17);
		listing_number(&listing, 17);
		listing_time(&listing, "2026-11-30T01:17:21.283Z");
		listing_text(&listing, "");
		listing_text(&listing, "cgward set");
		assert_int_equal(listing_end(&listing), 0);
		assert_int_equal(fclose(out), 0);
		text[strcspn(text, "\n")] = '\0';
		for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--)
			text[end - 1] = '\0';
		if (strcmp(text, table[i].heading) != 0)
			fail_msg("%u: %s\n%s", table[i].width, text, text + strlen(text) + 1);
		free(text);
	}
}

static void test_wide_characters_are_not_split(void **state)
{
	for (unsigned width = 40; width < 90; width++) {
		char *text = print("/日本語のとても長いグループ名前/ここ", "Straße", width);
		wchar_t wide[512];

		assert_true(mbstowcs(wide, text, ARRAY_SIZE(wide)) != (size_t)-1);
		free(text);
	}
}

static void test_text_is_wrapped_between_words(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	text_wrap(out, "one two three averyveryverylongword", 4, 12);
	text_wrap(out, "one two three", 4, 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "one two\n    three\n    averyveryverylongword\n"
				  "one two three\n");
	free(text);
}

static int setup(void **state)
{
	return setlocale(LC_CTYPE, "C.UTF-8") == NULL ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_is_too_wide_is_shortened),
		cmocka_unit_test(test_columns_give_way),
		cmocka_unit_test(test_wide_characters_are_not_split),
		cmocka_unit_test(test_text_is_wrapped_between_words),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
