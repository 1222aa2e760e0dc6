/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * settings.h - user settings, read from and written to the configuration file. Pure.
 *
 *   [screen]  theme, graphs, header, keys, mouse, interval
 *   [groups]  tree, names, idle, own, order, sort; one per line: column = KEY[:bar|:graph|:limit],
 *             pin = PATH
 *   [keys]    ACTION = KEY KEY ...
 *   [view NAME]  see saved-views.h
 */
#pragma once

#include "lib/base/clock.h"
#include "shared/cli/user-config.h"
#include "tui/core/keys.h"
#include "tui/core/palette.h"
#include "tui/list/column.h"
#include <cgward/base.h>

#define COLUMNS_MAX 40
/* The sections of saved views begin with this. */
#define SETTINGS_VIEW "view "

enum header_kind { HEADER_NONE, HEADER_LINE, HEADER_METERS, HEADER_GRAPHS };

enum settings_choice {
	CHOICE_THEME,    /* enum term_theme */
	CHOICE_GRAPHS,   /* enum graph_style */
	CHOICE_HEADER,   /* enum header_kind */
	CHOICE_WARNINGS, /* bool, as those without a comment */
	CHOICE_KEYS,
	CHOICE_MOUSE,
	CHOICE_TREE,
	CHOICE_NAMES, /* enum name_style */
	CHOICE_IDLE,  /* show groups that use no CPU time */
	CHOICE_OWN,
	CHOICE_UPWARDS, /* smallest first */
	CHOICE_COUNT,
};

/* A setting with a fixed list of words: a row of the setup window, a line of the configuration. */
struct choice_info {
	const char *section, *name, *help;
	const char *words[5]; /* ends with NULL */
};

/* The groups pinned to the top of the list, by path. Pure. */
#define PINS_MAX 32
/* What fits in a line of the configuration. */
#define PIN_BYTES 184

struct pins {
	char paths[PINS_MAX][PIN_BYTES]; /* escaped, as in the configuration */
	size_t count;
};

struct settings {
	uint8_t choices[CHOICE_COUNT];
	char theme_name[64]; /* of a theme from a file, "": CHOICE_THEME */
	struct theme_colors theme;
	struct column columns[COLUMNS_MAX];
	size_t column_count;
	struct column sort;
	struct pins pins;
	uint64_t interval_ns;
	struct keymap keymap;
};

const struct choice_info *choice_info(enum settings_choice choice) CGW_PURE;

void settings_default(struct settings *settings);

/* Applies all valid settings; reports each invalid line, with its number, and ignores it. */
void settings_read(struct settings *settings, const struct config *config,
		   void (*report)(void *context, const struct cgw_diag *diag), void *context);

/* Sets one setting, as a line of the configuration does. -EINVAL. */
int settings_set(struct settings *settings, const char *section, const char *name,
		 const char *value, struct cgw_diag *diag);

/* Adds all settings except the keys, which can only be changed in an editor. */
int settings_apply(const struct settings *settings, struct config *config);

/* Adds those that differ from `before`, unless skip() is true for them (may be NULL). */
int settings_changes(const struct settings *before, const struct settings *now,
		     bool (*skip)(const char *section, const char *name), struct config *config);

#define INTERVAL_MIN_NS (100 * NS_PER_MS)
#define INTERVAL_MAX_NS (3600 * NS_PER_S)

/* The index of the escaped path, or -ENOENT. */
int pins_find(const struct pins *pins, const char *path);
/*
 * Adds an escaped path, unless it is pinned already. -EINVAL: it is none, cannot be kept in the
 * configuration, or there are too many.
 */
int pins_add(struct pins *pins, const char *path, struct cgw_diag *diag);
void pins_remove(struct pins *pins, size_t index);
