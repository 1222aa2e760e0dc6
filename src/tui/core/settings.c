/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* settings.c - reads and writes settings, columns and keys in the configuration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/local-text.h"
#include "lib/base/suggest.h"
#include "shared/cli/user-config.h"
#include "tui/core/settings.h"
#include "tui/core/theme-file.h"

#define SCREEN "screen"
#define GROUPS "groups"
#define KEYS   "keys"

static const struct choice_info choices[CHOICE_COUNT] = {
	[CHOICE_THEME] = {SCREEN,
			  "theme",
			  "Colours; auto follows COLORFGBG and NO_COLOR",
			  {"auto", "dark", "light", "plain"}},
	[CHOICE_GRAPHS] = {SCREEN,
			   "graphs",
			   "Characters used to draw graphs",
			   {"braille", "blocks", "ascii"}},
	[CHOICE_HEADER] = {SCREEN,
			   "header",
			   "Header above the list",
			   {"none", "line", "meters", "graphs"}},
	[CHOICE_WARNINGS] = {SCREEN,
			     "warnings",
			     "Warn of OOM kills, full limits, throttling (reads 5 more files per "
			     "group)",
			     {"no", "yes"}},
	[CHOICE_KEYS] = {SCREEN, "keys", "Show the key bar at the bottom", {"no", "yes"}},
	[CHOICE_MOUSE] = {SCREEN,
			  "mouse",
			  "Use the mouse (hold Shift to select text)",
			  {"no", "yes"}},
	[CHOICE_TREE] = {GROUPS, "tree", "Show groups below their parents", {"no", "yes"}},
	[CHOICE_NAMES] = {GROUPS,
			  "names",
			  "Names of containers and pods, short identifiers, or paths",
			  {"names", "ids", "paths"}},
	[CHOICE_IDLE] = {GROUPS, "idle", "Show groups that use no CPU time", {"no", "yes"}},
	[CHOICE_OWN] = {GROUPS, "own", "Exclude descendants from values", {"no", "yes"}},
	[CHOICE_UPWARDS] = {GROUPS,
			    "order",
			    "Largest first (down) or smallest first (up)",
			    {"down", "up"}},
};

static const char *const default_columns[] = {
	"group",
	"cpu",
	"cpu:graph",
	"memory.working_set:limit",
	"pids.current:limit",
	"io.read",
	"io.write",
	/* Metrics of invisible columns are not read. */
	"cpu.throttled_percent",
	"memory.anon",
	"memory.file",
	"memory.growth",
	"memory.current",
};

const struct choice_info *choice_info(enum settings_choice choice)
{
	return &choices[choice];
}

void settings_default(struct settings *settings)
{
	*settings = (struct settings){
		.choices = {[CHOICE_HEADER] = HEADER_GRAPHS,
			    [CHOICE_WARNINGS] = 1,
			    [CHOICE_KEYS] = 1,
			    [CHOICE_MOUSE] = 1,
			    [CHOICE_TREE] = 1,
			    [CHOICE_IDLE] = 1},
		.interval_ns = NS_PER_S,
	};
	/* Cannot fail: these are valid keys. */
	for (size_t i = 0; i < ARRAY_SIZE(default_columns); i++)
		(void)column_parse(default_columns[i], &settings->columns[i], NULL);
	settings->column_count = ARRAY_SIZE(default_columns);
	(void)column_parse("cpu", &settings->sort, NULL);
	keymap_default(&settings->keymap);
}

static int parse_choice(struct settings *settings, int choice, const char *value,
			struct cgw_diag *diag)
{
	char words[128] = "", shown[64];
	size_t length = 0;
	int r = -ENOENT;

	if (choice == CHOICE_THEME)
		settings->theme_name[0] = '\0';

	for (uint8_t i = 0; choices[choice].words[i] != NULL; i++) {
		if (strcmp(choices[choice].words[i], value) == 0) {
			settings->choices[choice] = i;
			return 0;
		}
		length = text_append(words, sizeof(words), length, "%s%s", i > 0 ? ", " : "",
				     choices[choice].words[i]);
	}
	if (choice == CHOICE_THEME)
		r = theme_find(value, &settings->theme, diag);
	if (r == 0)
		snprintf(settings->theme_name, sizeof(settings->theme_name), "%s", value);
	if (r != -ENOENT)
		return r < 0 ? -EINVAL : 0;
	cgw_escape(shown, sizeof(shown), value, strlen(value));
	return cgw_diag_set(diag, -EINVAL, "invalid %s '%s' (expected one of %s%s)",
			    choices[choice].name, shown, words,
			    choice == CHOICE_THEME ? ", or the name of a file in "
						     "~/.config/cgward/themes"
						   : "");
}

static int parse_interval(struct settings *settings, const char *value, struct cgw_diag *diag)
{
	uint64_t interval_ns;

	if (cli_parse_duration(value, &interval_ns) == 0 && interval_ns >= INTERVAL_MIN_NS &&
	    interval_ns <= INTERVAL_MAX_NS) {
		settings->interval_ns = interval_ns;
		return 0;
	}
	return cgw_diag_set(
		diag, -EINVAL,
		"invalid interval '%s' (expected a time from 100ms to 1h, such as 500ms "
		"or 2s)",
		ESCAPED(64, value));
}

static int parse_column(struct settings *settings, const char *value, struct cgw_diag *diag)
{
	struct column column;

	if (column_parse(value, &column, diag) < 0)
		return -EINVAL;
	if (settings->column_count == COLUMNS_MAX)
		return cgw_diag_set(diag, -EINVAL, "too many columns (at most %d)", COLUMNS_MAX);
	settings->columns[settings->column_count++] = column;
	return 0;
}

static int parse_key(struct settings *settings, const char *name, const char *value,
		     struct cgw_diag *diag)
{
	struct suggestion nearest = {.input = name};
	int action = key_action_find(name);
	char shown[64];

	if (action >= 0)
		return keymap_set(&settings->keymap, (enum action)action, value, diag);
	for (int i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
		suggestion_offer(&nearest, key_binding((enum action)i)->name);
	cgw_escape(shown, sizeof(shown), name, strlen(name));
	if (suggestion_word(&nearest) != NULL)
		return cgw_diag_set(diag, -EINVAL,
				    "unknown action '%s' in [keys]; did you mean '%s'?", shown,
				    suggestion_word(&nearest));
	return cgw_diag_set(diag, -EINVAL, "unknown action '%s' in [keys]", shown);
}

int settings_set(struct settings *settings, const char *section, const char *name,
		 const char *value, struct cgw_diag *diag)
{
	for (int i = 0; i < CHOICE_COUNT; i++)
		if (strcmp(section, choices[i].section) == 0 && strcmp(name, choices[i].name) == 0)
			return parse_choice(settings, i, value, diag);
	if (strcmp(section, SCREEN) == 0 && strcmp(name, "interval") == 0)
		return parse_interval(settings, value, diag);
	if (strcmp(section, GROUPS) == 0 && strcmp(name, "column") == 0)
		return parse_column(settings, value, diag);
	if (strcmp(section, GROUPS) == 0 && strcmp(name, "sort") == 0)
		return column_parse(value, &settings->sort, diag) < 0 ? -EINVAL : 0;
	if (strcmp(section, GROUPS) == 0 && strcmp(name, "pin") == 0)
		return pins_add(&settings->pins, value, diag);
	if (strcmp(section, KEYS) == 0)
		return parse_key(settings, name, value, diag);
	return cgw_diag_set(diag, -EINVAL, "unknown setting '%s' in [%s]", ESCAPED(64, name),
			    ESCAPED(64, section));
}

void settings_read(struct settings *settings, const struct config *config,
		   void (*report)(void *context, const struct cgw_diag *diag), void *context)
{
	struct settings before = *settings;

	/* Configured columns replace all default ones. */
	settings->column_count = 0;
	for (size_t i = 0; i < config->count; i++) {
		struct cgw_diag diag = {.line = config->entries[i].line};

		const struct config_entry *entry = &config->entries[i];

		if (strncmp(entry->section, SETTINGS_VIEW, strlen(SETTINGS_VIEW)) == 0)
			continue;
		if (settings_set(settings, entry->section, entry->name, entry->value, &diag) < 0)
			report(context, &diag);
	}
	if (settings->column_count > 0)
		return;
	memcpy(settings->columns, before.columns, sizeof(before.columns));
	settings->column_count = before.column_count;
}

int settings_apply(const struct settings *settings, struct config *config)
{
	char text[128];
	int r = 0;

	for (int i = 0; i < CHOICE_COUNT && r == 0; i++)
		r = config_add(config, choices[i].section, choices[i].name,
			       i == CHOICE_THEME && settings->theme_name[0] != '\0'
				       ? settings->theme_name
				       : choices[i].words[settings->choices[i]]);
	snprintf(text, sizeof(text), "%gs", (double)settings->interval_ns / 1e9);
	if (r == 0)
		r = config_add(config, SCREEN, "interval", text);
	column_print(&settings->sort, text, sizeof(text));
	if (r == 0)
		r = config_add(config, GROUPS, "sort", text);
	for (size_t i = 0; i < settings->column_count && r == 0; i++) {
		column_print(&settings->columns[i], text, sizeof(text));
		r = config_add(config, GROUPS, "column", text);
	}
	if (settings->pins.count == 0 && r == 0)
		r = config_add(config, GROUPS, "pin", NULL);
	for (size_t i = 0; i < settings->pins.count && r == 0; i++)
		r = config_add(config, GROUPS, "pin", settings->pins.paths[i]);
	return r;
}

/* The first entry of that name from `*at` on; NULL: none. */
static const struct config_entry *next_entry(const struct config *config,
					     const struct config_entry *like, size_t *at)
{
	while (*at < config->count) {
		const struct config_entry *entry = &config->entries[(*at)++];

		if (strcmp(entry->section, like->section) == 0 &&
		    strcmp(entry->name, like->name) == 0)
			return entry;
	}
	return NULL;
}

/* Whether both have the same values of that name, in the same order. */
static bool has_same(const struct config *a, const struct config *b,
		     const struct config_entry *like)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		const struct config_entry *left = next_entry(a, like, &at_a);
		const struct config_entry *right = next_entry(b, like, &at_b);

		if (left == NULL || right == NULL)
			return left == right;
		if ((left->value == NULL) != (right->value == NULL) ||
		    (left->value != NULL && strcmp(left->value, right->value) != 0))
			return false;
	}
}

int settings_changes(const struct settings *before, const struct settings *now,
		     bool (*skip)(const char *section, const char *name), struct config *config)
{
	struct config old = {0}, new = {0};
	int r = settings_apply(before, &old);

	if (r == 0)
		r = settings_apply(now, &new);
	for (size_t i = 0; i < new.count &&r == 0; i++) {
		const struct config_entry *entry = &new.entries[i];

		if ((skip == NULL || !skip(entry->section, entry->name)) &&
		    !has_same(&old, &new, entry))
			r = config_add(config, entry->section, entry->name, entry->value);
	}
	config_done(&old);
	config_done(&new);
	return r;
}

int pins_find(const struct pins *pins, const char *path)
{
	for (size_t i = 0; i < pins->count; i++)
		if (strcmp(pins->paths[i], path) == 0)
			return (int)i;
	return -ENOENT;
}

int pins_add(struct pins *pins, const char *path, struct cgw_diag *diag)
{
	size_t length = strlen(path);
	char shown[64];

	if (pins_find(pins, path) >= 0)
		return 0;
	if (path[0] != '/') {
		cgw_escape(shown, sizeof(shown), path, length);
		return cgw_diag_set(diag, -EINVAL,
				    "invalid pin '%s' (expected the path of a group, such as /a/b)",
				    shown);
	}
	if (length >= PIN_BYTES)
		return cgw_diag_set(diag, -EINVAL,
				    "cannot pin the group: its path is too long (at most %d bytes)",
				    PIN_BYTES - 1);
	if (!config_can_hold("pin", path))
		return cgw_diag_set(diag, -EINVAL,
				    "cannot pin the group: the configuration cannot hold its path");
	if (pins->count == PINS_MAX)
		return cgw_diag_set(diag, -EINVAL, "too many pinned groups (at most %d)", PINS_MAX);
	memcpy(pins->paths[pins->count++], path, length + 1);
	return 0;
}

void pins_remove(struct pins *pins, size_t index)
{
	memmove(pins->paths[index], pins->paths[index + 1],
		(pins->count - index - 1) * sizeof(pins->paths[0]));
	pins->count--;
}
