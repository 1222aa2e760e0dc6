/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-keys.c - tests of the key table, key names, remapping and line editing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/core/keys.h"
#include "tui/core/line-edit.h"

static void test_every_default_key_finds_its_action(void **state)
{
	struct keymap keymap;

	keymap_default(&keymap);
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct key_binding *binding = key_binding((enum action)i);

		assert_true(keymap.keys[i][0] != KEY_NONE);
		assert_true(binding->help[0] != '\0');
		assert_int_equal(key_action_find(binding->name), i);
		for (unsigned bit = 1; bit <= IN_SEARCHING; bit <<= 1) {
			if ((binding->contexts & bit) == 0)
				continue;
			for (int k = 0; k < KEYS_PER_ACTION && keymap.keys[i][k]; k++) {
				enum action found = keymap_find(&keymap, bit, keymap.keys[i][k]);

				if (found != (enum action)i)
					fail_msg("%s is hidden by %s", binding->name,
						 key_binding(found)->name);
			}
		}
	}
	assert_int_equal(key_action_find("no-such-action"), -ENOENT);
}

static void test_search_keys_have_precedence(void **state)
{
	struct keymap keymap;

	keymap_default(&keymap);
	assert_int_equal(keymap_find(&keymap, IN_TREE, 'n'), ACTION_NEW);
	assert_int_equal(keymap_find(&keymap, IN_TREE | IN_SEARCHING, 'n'), ACTION_NEXT);
	assert_int_equal(keymap_find(&keymap, IN_TREE | IN_SEARCHING, 'f'), ACTION_FREEZE);
	assert_int_equal(keymap_find(&keymap, IN_TREE, '+'), ACTION_UNFOLD);
	assert_int_equal(keymap_find(&keymap, IN_FLAT, '+'), ACTION_SLOWER);
	assert_int_equal(keymap_find(&keymap, IN_TREE, KEY_NONE), ACTION_NONE);
}

static void test_key_names_round_trip(void **state)
{
	static const struct {
		const char *name;
		uint32_t key;
	} table[] = {
		{"F1", KEY_FUNCTION + 1},
		{"F24", KEY_FUNCTION + 24},
		{"^C", 3},
		{"^Z", 26},
		{"Space", ' '},
		{"x", 'x'},
		{"\\", '\\'},
		{"Tab", '\t'},
		{"PgUp", KEY_PAGE_UP},
		{"Esc", 0x1b},
		{"F", 'F'},
		{"Enter", KEY_RETURN},
	};
	static const char *const wrong[] = {"F0", "F25", "F1x", "^", "^a^", "space", "", "ab"};
	uint32_t key;
	char name[16];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		key = KEY_NONE;
		assert_int_equal(key_parse(table[i].name, strlen(table[i].name), &key), 0);
		assert_int_equal(key, table[i].key);
		key_print(key, name, sizeof(name));
		assert_string_equal(name, table[i].name);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (strcmp(wrong[i], "^") == 0)
			continue; /* the character itself */
		assert_int_equal(key_parse(wrong[i], strlen(wrong[i]), &key), -EINVAL);
	}
}

static void test_invalid_remapping_changes_nothing(void **state)
{
	struct keymap keymap;
	struct cgw_diag diag = {.text = ""};

	keymap_default(&keymap);
	assert_int_equal(keymap_set(&keymap, ACTION_FREEZE, "z F11", &diag), 0);
	assert_int_equal(keymap_find(&keymap, IN_TREE, 'z'), ACTION_FREEZE);
	assert_int_equal(keymap_find(&keymap, IN_TREE, 'f'), ACTION_NONE);
	/* z was a key of another action. */
	assert_int_equal(keymap.keys[ACTION_IDLE][0], KEY_NONE);
	assert_int_equal(keymap_set(&keymap, ACTION_FREEZE, "y F99", &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "invalid key 'F99'"));
	assert_int_equal(keymap_find(&keymap, IN_TREE, 'z'), ACTION_FREEZE);
	assert_int_equal(keymap_set(&keymap, ACTION_FREEZE, "a b c d e", &diag), -EINVAL);
}

static void type(struct line *line, const char *keys)
{
	for (; *keys != '\0'; keys++)
		assert_true(line_key(line, (unsigned char)*keys));
}

static void test_line_is_edited_by_characters(void **state)
{
	struct line line;

	line_set(&line, "");
	type(&line, "cpu > 50%");
	assert_string_equal(line.text, "cpu > 50%");
	line_key(&line, 'W' & 0x1f);
	assert_string_equal(line.text, "cpu > ");
	line_key(&line, 0xe9);
	line_key(&line, 0x65e5);
	assert_string_equal(line.text, "cpu > é日");
	line_key(&line, KEY_ARROW_LEFT);
	line_key(&line, KEY_ERASE);
	assert_string_equal(line.text, "cpu > 日");
	line_key(&line, KEY_TOP);
	line_key(&line, KEY_DELETE);
	assert_string_equal(line.text, "pu > 日");
	line_key(&line, KEY_ARROW_LEFT);
	line_key(&line, KEY_ERASE);
	assert_string_equal(line.text, "pu > 日");
	line_key(&line, KEY_BOTTOM);
	line_key(&line, 'U' & 0x1f);
	assert_string_equal(line.text, "");
	line_key(&line, KEY_ERASE);
	type(&line, "ab c  ");
	line_key(&line, 'W' & 0x1f); /* the word before the blanks */
	assert_string_equal(line.text, "ab ");
	line_key(&line, 'W' & 0x1f);
	assert_string_equal(line.text, "");
	assert_false(line_key(&line, KEY_ESCAPE));
	assert_false(line_key(&line, KEY_ARROW_UP));
	for (int i = 0; i < LINE_MAX_BYTES * 2; i++)
		line_key(&line, 'x');
	assert_int_equal(strlen(line.text), LINE_MAX_BYTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_default_key_finds_its_action),
		cmocka_unit_test(test_search_keys_have_precedence),
		cmocka_unit_test(test_key_names_round_trip),
		cmocka_unit_test(test_invalid_remapping_changes_nothing),
		cmocka_unit_test(test_line_is_edited_by_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
