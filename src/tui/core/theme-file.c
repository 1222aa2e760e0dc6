/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* theme-file.c - themes from files: a base, and colours of roles and grounds. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "shared/cli/user-config.h"
#include "tui/core/theme-file.h"

#ifndef CGWARD_THEMES
#define CGWARD_THEMES "/usr/share/cgward/themes"
#endif

static const char *const role_names[ROLE_COUNT] = {
#define ROLE(id, ...) [ROLE_##id] = #id,
#include "tui/core/roles.def"
#undef ROLE
};

static const char *const ground_names[GROUND_COUNT] = {
	[GROUND_PLAIN] = "plain", [GROUND_SELECTED] = "selected", [GROUND_BAR] = "bar",
	[GROUND_FIELD] = "field", [GROUND_DIALOG] = "dialog",
};

/* "#rrggbb", or -1. */
static int parse_color(const char *text)
{
	if (text[0] != '#' || strlen(text) != 7)
		return -1;
	for (const char *at = text + 1; *at != '\0'; at++)
		if (!isxdigit((unsigned char)*at))
			return -1;
	return (int)strtol(text + 1, NULL, 16);
}

static int set_color(const struct config_entry *entry, const char *const *names, size_t count,
		     int *colors, struct cgw_diag *diag)
{
	int color = parse_color(entry->value);
	char shown[64];

	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(names[i], entry->name) != 0)
			continue;
		cgw_escape(shown, sizeof(shown), entry->value, strlen(entry->value));
		if (color < 0)
			return cgw_diag_set(diag, -EINVAL, "invalid colour '%s' (expected #rrggbb)",
					    shown);
		colors[i] = color;
		return 0;
	}
	cgw_escape(shown, sizeof(shown), entry->name, strlen(entry->name));
	return cgw_diag_set(diag, -EINVAL, "unknown name '%s' in a theme", shown);
}

static int set_entry(const struct config_entry *entry, struct theme_colors *colors,
		     struct cgw_diag *diag)
{
	if (strcmp(entry->section, "text") == 0)
		return set_color(entry, role_names, ROLE_COUNT, colors->roles, diag);
	if (strcmp(entry->section, "ground") == 0)
		return set_color(entry, ground_names, GROUND_COUNT, colors->grounds, diag);
	if (strcmp(entry->section, "theme") != 0 || strcmp(entry->name, "base") != 0 ||
	    (strcmp(entry->value, "dark") != 0 && strcmp(entry->value, "light") != 0))
		return cgw_diag_set(
			diag, -EINVAL,
			"invalid line in a theme (expected base = dark or base = light)");
	colors->base = strcmp(entry->value, "light") == 0 ? THEME_LIGHT : THEME_DARK;
	return 0;
}

int theme_read(const char *path, struct theme_colors *ret_colors, struct cgw_diag *diag)
{
	struct theme_colors colors = {.base = THEME_DARK};
	struct config config = {0};
	int r = access(path, R_OK) < 0 ? -errno : config_load(path, &config, diag);

	if (r < 0)
		return r;
	memset(colors.roles, 0xff, sizeof(colors.roles));
	memset(colors.grounds, 0xff, sizeof(colors.grounds));
	for (size_t i = 0; i < config.count && r == 0; i++)
		r = set_entry(&config.entries[i], &colors, diag);
	config_done(&config);
	if (r == 0)
		*ret_colors = colors;
	return r;
}

static bool is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) <= 60;
}

/* The directory of the user's themes; -ENOENT: none. */
static int user_directory(char *buffer, size_t size)
{
	int r = config_path(buffer, size);
	char *slash = r == 0 ? strrchr(buffer, '/') : NULL;

	if (slash == NULL)
		return -ENOENT;
	snprintf(slash + 1, size - (size_t)(slash + 1 - buffer), "themes");
	return 0;
}

int theme_find(const char *name, struct theme_colors *ret_colors, struct cgw_diag *diag)
{
	char directory[1024], path[1100];
	int r;

	if (!is_name(name))
		return -ENOENT;
	r = user_directory(directory, sizeof(directory));
	if (r == 0) {
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		r = theme_read(path, ret_colors, diag);
	}
	if (r != -ENOENT)
		return r;
	snprintf(path, sizeof(path), "%s/%s", CGWARD_THEMES, name);
	return theme_read(path, ret_colors, diag);
}

static void list_directory(const char *path, struct string_list *names)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if (is_name(entry->d_name))
			(void)string_list_take(names, escape_copy(entry->d_name));
}

void themes_list(struct string_list *names)
{
	char directory[1024];

	if (user_directory(directory, sizeof(directory)) == 0)
		list_directory(directory, names);
	list_directory(CGWARD_THEMES, names);
}
