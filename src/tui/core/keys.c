/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keys.c - key names, and the table of actions. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/core/keys.h"

/* Contexts used in keys.def. */
#define TREE      IN_TREE
#define FLAT      IN_FLAT
#define GROUPS    (IN_TREE | IN_FLAT)
#define DETAIL    IN_DETAIL
#define READING   IN_READING
#define DIALOGS   IN_DIALOGS
#define SETUP     IN_SETUP
#define EDIT      IN_EDIT
#define SEARCHING IN_SEARCHING
#define REPLAY    IN_REPLAY
#define PROCESSES IN_PROCESSES
#define LISTS     (GROUPS | DETAIL | READING | DIALOGS | SETUP | EDIT)
#define ANYWHERE  (LISTS | SEARCHING)

static const struct {
	struct key_binding binding;
	const char *keys;
} actions[ACTION_COUNT] = {
	[ACTION_NONE] = {{"", "", "", 0, false}, ""},
#define ACTION(id, name, where, changes, keys, label, help) \
	[ACTION_##id] = {{name, label, help, where, changes}, keys},
#include "tui/core/keys.def"
#undef ACTION
};

static const struct {
	const char *name;
	uint32_t key;
} names[] = {
	{"Space", ' '},           {"Tab", KEY_TAB},
	{"Enter", KEY_RETURN},    {"Esc", KEY_ESCAPE},
	{"Up", KEY_ARROW_UP},     {"Down", KEY_ARROW_DOWN},
	{"Left", KEY_ARROW_LEFT}, {"Right", KEY_ARROW_RIGHT},
	{"PgUp", KEY_PAGE_UP},    {"PgDn", KEY_PAGE_DOWN},
	{"Home", KEY_TOP},        {"End", KEY_BOTTOM},
	{"Ins", KEY_INSERT},      {"Del", KEY_DELETE},
	{"Backspace", KEY_ERASE}, {"BackTab", KEY_BACK_TAB},
};

const struct key_binding *key_binding(enum action action)
{
	return &actions[action].binding;
}

int key_action_find(const char *name)
{
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		if (strcmp(actions[i].binding.name, name) == 0)
			return i;
	}
	return -ENOENT;
}

static int parse_function(const char *digits, size_t length, uint32_t *ret_key)
{
	unsigned number = 0;

	if (length < 1 || length > 2)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -EINVAL;
		number = number * 10 + (unsigned)(digits[i] - '0');
	}
	if (number < 1 || number > KEY_FUNCTION_LAST - KEY_FUNCTION)
		return -EINVAL;
	*ret_key = KEY_FUNCTION + number;
	return 0;
}

int key_parse(const char *name, size_t length, uint32_t *ret_key)
{
	if (length == 1 && name[0] > ' ' && name[0] < 0x7f) {
		*ret_key = (unsigned char)name[0];
		return 0;
	}
	if (length == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_') {
		*ret_key = (unsigned char)name[1] & 0x1fU;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0) {
			*ret_key = names[i].key;
			return 0;
		}
	}
	if (length >= 2 && name[0] == 'F')
		return parse_function(name + 1, length - 1, ret_key);
	return -EINVAL;
}

size_t key_print(uint32_t key, char *buffer, size_t size)
{
	int length;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].key == key)
			return (size_t)snprintf(buffer, size, "%s", names[i].name);
	}
	if (key > KEY_FUNCTION && key <= KEY_FUNCTION_LAST)
		length = snprintf(buffer, size, "F%u", key - KEY_FUNCTION);
	else if (key < ' ')
		length = snprintf(buffer, size, "^%c", (char)(key + '@'));
	else if (key < 0x7f)
		length = snprintf(buffer, size, "%c", (char)key);
	else
		length = snprintf(buffer, size, "U+%04X", key);
	return (size_t)length;
}

/* Removes the key from other actions of the same contexts: the last setting of a key counts. */
static void release_key(struct keymap *keymap, enum action action, uint32_t key)
{
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		uint32_t *keys = keymap->keys[i];
		size_t kept = 0;

		if (i == (int)action ||
		    !(actions[i].binding.contexts & actions[action].binding.contexts))
			continue;
		for (size_t k = 0; k < KEYS_PER_ACTION; k++)
			if (keys[k] != key)
				keys[kept++] = keys[k];
		while (kept < KEYS_PER_ACTION)
			keys[kept++] = KEY_NONE;
	}
}

int keymap_set(struct keymap *keymap, enum action action, const char *keys, struct cgw_diag *diag)
{
	uint32_t parsed[KEYS_PER_ACTION] = {KEY_NONE};
	size_t count = 0;

	while (*keys != '\0') {
		size_t length = strcspn(keys, " ");

		if (length == 0) {
			keys++;
			continue;
		}
		if (count == KEYS_PER_ACTION)
			return cgw_diag_set(diag, -EINVAL,
					    "%s: too many keys (at most %d per action)",
					    actions[action].binding.name, KEYS_PER_ACTION);
		if (key_parse(keys, length, &parsed[count]) < 0) {
			char word[64];

			cgw_escape(word, sizeof(word), keys, length);
			return cgw_diag_set(
				diag, -EINVAL,
				"%s: invalid key '%s' (expected a character, F1 to F24, ^A to ^_, "
				"Space, Enter, Tab, Esc, Up, PgUp, Home, ...)",
				actions[action].binding.name, word);
		}
		count++;
		keys += length;
	}
	for (size_t i = 0; i < count; i++)
		release_key(keymap, action, parsed[i]);
	memcpy(keymap->keys[action], parsed, sizeof(parsed));
	return 0;
}

void keymap_default(struct keymap *keymap)
{
	memset(keymap, 0, sizeof(*keymap));
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		(void)keymap_set(keymap, (enum action)i, actions[i].keys, NULL);
}

static bool has_key(const struct keymap *keymap, int action, uint32_t key)
{
	for (size_t i = 0; i < KEYS_PER_ACTION; i++) {
		if (keymap->keys[action][i] == key)
			return true;
	}
	return false;
}

enum action keymap_find(const struct keymap *keymap, unsigned context, uint32_t key)
{
	enum action found = ACTION_NONE;

	if (key == KEY_NONE)
		return ACTION_NONE;
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		unsigned common = actions[i].binding.contexts & context;

		if (common == 0 || !has_key(keymap, i, key))
			continue;
		if (common & (IN_SEARCHING | IN_REPLAY | IN_PROCESSES))
			return (enum action)i;
		if (found == ACTION_NONE)
			found = (enum action)i;
	}
	return found;
}
