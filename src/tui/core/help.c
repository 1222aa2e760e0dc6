/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help.c - help window: current key mapping, signs and colours. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/string-builder.h"
#include "tui/core/app.h"
#include "tui/core/window.h"
#include "tui/replay/replay-keys.h"

static const struct {
	unsigned contexts;
	const char *title;
} sections[] = {
	{IN_REPLAY, "Recording playback"},
	{IN_TREE | IN_FLAT, "Group list"},
	{IN_DETAIL, "Opened group"},
	{IN_SEARCHING, "While a search is active"},
	{IN_SETUP, "Setup window"},
	{IN_EDIT, "Limits form"},
	{IN_DIALOGS | IN_READING, "Menus, prompts and text windows"},
};

static const struct {
	enum role role;
	const char *sign, *text;
} signs[] = {
	{ROLE_TEXT, "▾ ▸", "group with groups below it: expanded, collapsed"},
	{ROLE_MARKED, "*", "marked: actions apply to all marked groups"},
	{ROLE_NEW, "+", "appeared in the last 5 seconds"},
	{ROLE_GONE, "-", "gone; the row stays for 3 seconds"},
	{ROLE_FROZEN, "❄", "frozen"},
	{ROLE_TEXT, "- ! ?", "no value: not available (yet), permission denied, not recognized"},
	{ROLE_TEXT, "max", "unlimited"},
	{ROLE_WARM, "warm",
	 "at least 70% of a limit, or a quarter of the machine's CPUs or memory"},
	{ROLE_HOT, "hot", "at least 85% of a limit, or half of the machine's CPUs or memory"},
	{ROLE_BAD, "bad", "at least 95% of a limit; also OOM kills and errors"},
};

static void key_names(const struct app *app, enum action action, char *buffer, size_t size)
{
	const uint32_t *keys = app->settings.keymap.keys[action];
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < KEYS_PER_ACTION && keys[i] != KEY_NONE; i++) {
		char name[16];

		key_print(keys[i], name, sizeof(name));
		used = text_append(buffer, size, used, "%s%s", i > 0 ? " " : "", name);
	}
}

static void add_section(const struct app *app, struct window *window, unsigned contexts)
{
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct key_binding *binding = key_binding((enum action)i);
		char keys[64];

		/* Omit actions that this source cannot perform. */
		if (!(binding->contexts & contexts) ||
		    (binding->changes && !(app->source_flags & (SOURCE_CAN_ACT | SOURCE_REMOTE))))
			continue;
		key_names(app, (enum action)i, keys, sizeof(keys));
		if (keys[0] != '\0')
			window_add_pair(window, ROLE_TEXT, keys, binding->help);
	}
}

unsigned open_help(struct app *app)
{
	struct window *window = window_new("Help");

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		if (sections[i].contexts == IN_REPLAY && replay_key_context(app) == 0)
			continue;
		window_add(window, ROLE_TITLE, sections[i].title);
		add_section(app, window, sections[i].contexts);
		window_add(window, ROLE_TEXT, "");
	}
	window_add(window, ROLE_TITLE, "Signs and colours");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		window_add_pair(window, signs[i].role, signs[i].sign, signs[i].text);
	window_add(window, ROLE_TEXT, "");
	window_add(window, ROLE_TITLE, "Custom keys");
	window_add_pair(
		window, ROLE_TEXT, "",
		"Set in ~/.config/cgward/config, section [keys], one action per line: freeze = "
		"f F7");
	return window_open(app, window);
}
