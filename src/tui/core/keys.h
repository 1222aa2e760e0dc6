/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keys.h - keys by name, and which action a key means where. Pure.
 */
#ifndef CGWARD_TUI_CORE_KEYS_H
#define CGWARD_TUI_CORE_KEYS_H

#include <cgward/base.h>

/* A key is a Unicode character (control characters included), or one of these. */
enum key {
	KEY_NONE = 0,
	KEY_TAB = '\t',
	KEY_RETURN = '\r',
	KEY_ESCAPE = 0x1b,
	KEY_SPECIAL = 0x110000, /* beyond Unicode */
	KEY_ARROW_UP,
	KEY_ARROW_DOWN,
	KEY_ARROW_LEFT,
	KEY_ARROW_RIGHT,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_TOP,
	KEY_BOTTOM,
	KEY_INSERT,
	KEY_DELETE,
	KEY_ERASE, /* backspace */
	KEY_BACK_TAB,
	KEY_FUNCTION, /* F0; F1 to F24 follow */
	KEY_FUNCTION_LAST = KEY_FUNCTION + 24,
};

enum action {
	ACTION_NONE,
#define ACTION(id, ...) ACTION_##id,
#include "tui/core/keys.def"
#undef ACTION
	ACTION_COUNT,
};

/* Where a key is pressed. */
enum key_context {
	IN_TREE = 1,        /* the groups as a tree */
	IN_FLAT = 2,        /* the groups as a list */
	IN_DETAIL = 4,      /* one group whole */
	IN_READING = 8,     /* help, journal: rows to read */
	IN_DIALOGS = 16,    /* something to choose or confirm */
	IN_SETUP = 32,      /* the setup window */
	IN_EDIT = 64,       /* the form of limits */
	IN_SEARCHING = 128, /* groups, while a search is on: asked before the others */
	IN_REPLAY = 256,    /* in a recording, beside the others and before them */
};

struct key_binding {
	const char *name;
	const char *label;
	const char *help;
	unsigned contexts; /* enum key_context */
	bool changes;
};

#define KEYS_PER_ACTION 4

struct keymap {
	uint32_t keys[ACTION_COUNT][KEYS_PER_ACTION]; /* KEY_NONE ends the list */
};

const struct key_binding *key_binding(enum action action) CGW_PURE;
/* -ENOENT where no action is called so. */
int key_action_find(const char *name);

void keymap_default(struct keymap *keymap);
/* Sets the keys of an action: "f F7". -EINVAL and why for a word that is no key. */
int keymap_set(struct keymap *keymap, enum action action, const char *keys, struct cgw_diag *diag);
/* The action of a key; ACTION_NONE where it has none in that context. */
enum action keymap_find(const struct keymap *keymap, unsigned context, uint32_t key);

/* "F9", "^C", "Space", "PgUp", "x". -EINVAL. */
int key_parse(const char *name, size_t length, uint32_t *ret_key);
/* The name that key_parse() understands. Returns the length as snprintf does. */
size_t key_print(uint32_t key, char *buffer, size_t size);

#endif
