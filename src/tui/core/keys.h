/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keys.h - key names, and the mapping from keys to actions in each context. Pure. */
#pragma once

#include <cgward/base.h>

/* A key is a Unicode character, including control characters, or one of these. */
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

/* Contexts in which keys are looked up. */
enum key_context {
	IN_TREE = 1,        /* group list as a tree */
	IN_FLAT = 2,        /* group list, flat */
	IN_DETAIL = 4,      /* an opened group */
	IN_READING = 8,     /* text windows: help, journal */
	IN_DIALOGS = 16,    /* menus, prompts and confirmations */
	IN_SETUP = 32,      /* setup window */
	IN_EDIT = 64,       /* limits form */
	IN_SEARCHING = 128, /* a view with an active search; has precedence over the others */
	IN_REPLAY = 256,    /* any context in a recording; has precedence over the others */
	IN_PROCESSES = 512, /* the processes of an opened group; has precedence over it */
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
/* -ENOENT: no such action. */
int key_action_find(const char *name);

void keymap_default(struct keymap *keymap);
/*
 * Sets the keys of an action: "f F7"; other actions of its contexts lose them. -EINVAL: invalid key
 * or too many keys.
 */
int keymap_set(struct keymap *keymap, enum action action, const char *keys, struct cgw_diag *diag);
/* The action of a key in that context, or ACTION_NONE. */
enum action keymap_find(const struct keymap *keymap, unsigned context, uint32_t key);

/* Parses "F9", "^C", "Space", "PgUp" or "x". -EINVAL. */
int key_parse(const char *name, size_t length, uint32_t *ret_key);
/* The name that key_parse() accepts. Returns the length as snprintf() does. */
size_t key_print(uint32_t key, char *buffer, size_t size);
