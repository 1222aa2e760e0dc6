/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* saved-views.c - named views of the list in the user's configuration. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/suggest.h"
#include "tui/core/saved-views.h"
#include "tui/list/group-list.h"

/* The settings that are part of a view, and their sections outside of views. */
static const struct {
	const char *name, *section; /* NULL: not a setting */
} parts[] = {
	{"filter", NULL},   {"sort", "groups"},  {"order", "groups"},
	{"tree", "groups"}, {"theme", "screen"}, {"column", "groups"},
};

bool saved_view_has(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].section != NULL && strcmp(parts[i].section, section) == 0 &&
		    strcmp(parts[i].name, name) == 0)
			return true;
	return false;
}

/* NULL: the section is not that of a view. */
static const char *name_of(const char *section)
{
	size_t length = strlen(SETTINGS_VIEW);

	return strncmp(section, SETTINGS_VIEW, length) == 0 ? section + length : NULL;
}

static int check_name(const char *name, struct cgw_diag *diag)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char)name[i]) ||
		    (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL))
			length = 0;
	if (length > 0 && length < SAVED_VIEW_NAME_BYTES)
		return 0;
	return cgw_diag_set(diag, -EINVAL,
			    "invalid name of a view '%s' (expected 1 to %d letters, digits, '-', "
			    "'_' or '.')",
			    ESCAPED(64, name), SAVED_VIEW_NAME_BYTES - 1);
}

static int set_filter(struct saved_view *view, const char *text, struct cgw_diag *diag)
{
	struct list list = {.count = 0};
	struct cgw_diag reason = {.text = "out of memory"};
	int r = list_filter(&list, text, &reason);

	list_done(&list);
	if (r < 0)
		return cgw_diag_set(diag, -EINVAL, "invalid filter: %s", reason.text);
	snprintf(view->filter, sizeof(view->filter), "%s", text);
	return 0;
}

static int set_part(struct saved_view *view, const struct config_entry *entry,
		    struct cgw_diag *diag)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(parts[i].name, entry->name) != 0)
			continue;
		if (parts[i].section == NULL)
			return set_filter(view, entry->value, diag);
		return settings_set(&view->settings, parts[i].section, entry->name, entry->value,
				    diag);
	}
	return cgw_diag_set(diag, -EINVAL, "unknown setting '%s' in a view",
			    ESCAPED(64, entry->name));
}

void saved_views_check(const struct config *config,
		       void (*report)(void *context, const struct cgw_diag *diag), void *context)
{
	const char *invalid = "", *section = "";
	struct saved_view view;

	for (size_t i = 0; i < config->count; i++) {
		const struct config_entry *entry = &config->entries[i];
		struct cgw_diag diag = {.line = entry->line};

		if (name_of(entry->section) == NULL || strcmp(invalid, entry->section) == 0)
			continue;
		if (strcmp(section, entry->section) != 0) {
			section = entry->section;
			settings_default(&view.settings);
			view.settings.column_count = 0;
			if (check_name(name_of(section), &diag) < 0) {
				report(context, &diag);
				invalid = section; /* once, not for each line */
				continue;
			}
		}
		if (set_part(&view, entry, &diag) < 0)
			report(context, &diag);
	}
}

static int load(const char *path, struct config *config, struct cgw_diag *diag)
{
	if (path[0] == '\0') {
		*config = (struct config){0};
		return cgw_diag_set(diag, -ENOENT,
				    "no configuration: neither XDG_CONFIG_HOME nor HOME is set");
	}
	return config_load(path, config, diag);
}

static int list_names(const struct config *config, struct string_list *names)
{
	for (size_t i = 0; i < config->count; i++) {
		const char *name = name_of(config->entries[i].section);

		if (name != NULL && check_name(name, NULL) == 0 && string_list_add(names, name) < 0)
			return -ENOMEM;
	}
	string_list_sort_unique(names);
	return 0;
}

int saved_views_list(const char *path, struct string_list *names, struct cgw_diag *diag)
{
	struct config config;
	int r = load(path, &config, diag);

	if (r == 0)
		r = list_names(&config, names);
	config_done(&config);
	return r;
}

static int no_such_view(const struct config *config, const char *name, struct cgw_diag *diag)
{
	CLEANUP(string_list_free) struct string_list names = {0};
	struct suggestion nearest = {.input = name};
	const char *shown = ESCAPED(64, name);

	if (list_names(config, &names) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < names.count; i++)
		suggestion_offer(&nearest, names.items[i]);
	if (suggestion_word(&nearest) != NULL)
		return cgw_diag_set(diag, -ENOENT, "unknown view '%s'; did you mean '%s'?", shown,
				    suggestion_word(&nearest));
	return cgw_diag_set(diag, -ENOENT, "unknown view '%s'%s", shown,
			    names.count == 0 ? " (none is saved)" : "");
}

static bool has_view(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++) {
		const char *other = name_of(config->entries[i].section);

		if (other != NULL && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

/* A view without columns has those of before. */
static int apply(const struct config *config, const char *name, struct saved_view *view,
		 struct cgw_diag *diag)
{
	const struct settings *before = &view->settings;
	struct saved_view result = {.settings = *before};
	int r = 0;

	result.settings.column_count = 0;
	for (size_t i = 0; i < config->count && r == 0; i++) {
		const struct config_entry *entry = &config->entries[i];
		const char *other = name_of(entry->section);

		if (other == NULL || strcmp(other, name) != 0 || entry->value == NULL)
			continue;
		r = set_part(&result, entry, diag);
		if (r < 0 && diag != NULL)
			diag->line = entry->line;
	}
	if (r < 0)
		return r;
	if (result.settings.column_count == 0) {
		memcpy(result.settings.columns, before->columns, sizeof(before->columns));
		result.settings.column_count = before->column_count;
	}
	*view = result;
	return 0;
}

int saved_view_load(const char *path, const char *name, struct saved_view *view,
		    struct cgw_diag *diag)
{
	struct config config;
	int r = load(path, &config, diag);

	if (r == 0 && !has_view(&config, name))
		r = no_such_view(&config, name, diag);
	if (r == 0)
		r = apply(&config, name, view, diag);
	if (r == -EINVAL && diag != NULL)
		cgw_escape(diag->file, sizeof(diag->file), path, strlen(path));
	config_done(&config);
	return r;
}

static int add_parts(struct config *config, const char *section, const struct settings *settings,
		     const char *filter)
{
	struct config all = {0};
	int r = config_add(config, section, "filter", filter[0] != '\0' ? filter : NULL);

	if (r == 0)
		r = settings_apply(settings, &all);
	for (size_t i = 0; i < all.count && r == 0; i++) {
		const struct config_entry *entry = &all.entries[i];

		if (saved_view_has(entry->section, entry->name))
			r = config_add(config, section, entry->name, entry->value);
	}
	config_done(&all);
	return r;
}

int saved_view_leave(struct settings *settings, const struct settings *before)
{
	struct saved_view view = {.settings = *settings};
	struct config config = {0};
	int r = add_parts(&config, SETTINGS_VIEW, before, "");

	if (r == 0)
		r = apply(&config, "", &view, NULL);
	if (r == 0)
		*settings = view.settings;
	config_done(&config);
	return r;
}

int saved_view_store(const char *path, const char *name, const struct settings *settings,
		     const char *filter, bool *ret_replaced, struct cgw_diag *diag)
{
	struct config before, config = {0};
	bool replaced;
	int r = check_name(name, diag);

	if (r < 0)
		return r;
	if (!config_can_hold("filter", filter))
		return cgw_diag_set(
			diag, -EINVAL,
			"cannot save the view: the configuration cannot hold its filter");
	r = load(path, &before, diag);
	replaced = r == 0 && has_view(&before, name);
	config_done(&before);
	if (r == 0)
		r = add_parts(&config,
			      FORMATTED(sizeof(SETTINGS_VIEW) + SAVED_VIEW_NAME_BYTES,
					SETTINGS_VIEW "%s", name),
			      settings, filter);
	if (r == 0)
		r = config_save(path, &config, diag);
	config_done(&config);
	if (r == 0)
		*ret_replaced = replaced;
	return r;
}

int saved_view_delete(const char *path, const char *name, struct cgw_diag *diag)
{
	struct config before, config = {0};
	int r = load(path, &before, diag);

	if (r == 0 && !has_view(&before, name))
		r = no_such_view(&before, name, diag);
	config_done(&before);
	if (r == 0)
		r = check_name(name, diag);
	if (r == 0)
		r = config_add(&config,
			       FORMATTED(sizeof(SETTINGS_VIEW) + SAVED_VIEW_NAME_BYTES,
					 SETTINGS_VIEW "%.40s", name),
			       NULL, NULL);
	if (r == 0)
		r = config_save(path, &config, diag);
	config_done(&config);
	return r;
}
