/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* help.c - the keys as they are mapped, and what the signs and colours mean. */
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "tui/replay/replay-keys.h"

static const struct {
	unsigned contexts;
	const char *title;
} sections[] = {
	{IN_REPLAY, "In the time of the recording"},
	{IN_TREE | IN_FLAT | IN_SEARCHING, "In the list of groups"},
	{IN_DETAIL, "In an opened group"},
	{IN_SETUP, "In the setup window"},
	{IN_EDIT, "In the form of limits"},
	{IN_DIALOGS | IN_READING, "In windows"},
};

static const struct {
	enum role role;
	const char *sign, *text;
} signs[] = {
	{ROLE_TEXT, "▾ ▸", "a group with others below it: unfolded, folded"},
	{ROLE_MARKED, "*", "marked: actions are done on all marked groups"},
	{ROLE_NEW, "+", "appeared in the last five seconds"},
	{ROLE_GONE, "-", "went; its row stays for three seconds"},
	{ROLE_FROZEN, "❄", "frozen"},
	{ROLE_TEXT, "- ! ?", "no figure: not there or not yet known, not allowed, not understood"},
	{ROLE_TEXT, "max", "no limit"},
	{ROLE_WARM, "warm", "from 70% of a limit, a quarter of the machine's CPUs or memory"},
	{ROLE_HOT, "hot", "from 85% of a limit, half of the machine"},
	{ROLE_BAD, "bad", "from 95% of a limit; killed, refused"},
};

static void key_names(const struct app *app, enum action action, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < KEYS_PER_ACTION; i++) {
		uint32_t key = app->settings.keymap.keys[action][i];
		char name[16];

		if (key == KEY_NONE)
			break;
		(void)key_print(key, name, sizeof(name));
		if (used + strlen(name) + 2 > size)
			break;
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i > 0 ? " " : "",
					 name);
	}
}

static void add_section(const struct app *app, struct reader *reader, unsigned contexts)
{
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++) {
		const struct key_binding *binding = key_binding((enum action)i);
		char keys[64];

		/* What can never be done here would only be in the way. */
		if (!(binding->contexts & contexts) ||
		    (binding->changes && !(app->source_can & (SOURCE_ACTS | SOURCE_TELLS))))
			continue;
		key_names(app, (enum action)i, keys, sizeof(keys));
		if (keys[0] != '\0')
			reader_add(reader, ROLE_TEXT, keys, binding->help);
	}
}

unsigned open_help(struct app *app)
{
	struct reader *reader = reader_new("Help");

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		if (sections[i].contexts == IN_REPLAY && replay_key_context(app) == 0)
			continue;
		reader_add(reader, ROLE_TITLE, "", sections[i].title);
		add_section(app, reader, sections[i].contexts);
		reader_add(reader, ROLE_TEXT, "", "");
	}
	reader_add(reader, ROLE_TITLE, "", "Signs and colours");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		reader_add(reader, signs[i].role, signs[i].sign, signs[i].text);
	reader_add(reader, ROLE_TEXT, "", "");
	reader_add(reader, ROLE_TITLE, "", "Your own keys");
	reader_add(reader, ROLE_TEXT, "",
		   "In ~/.config/cgward/config, section [keys], a line each: freeze = f F7");
	return open_reader(app, reader);
}
