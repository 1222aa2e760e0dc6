/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * saved-views.h - named views of the list in the user's configuration: filter, sort order,
 * columns, tree or flat, theme.
 *
 *   [view NAME]  filter, sort, order, tree, theme; column = KEY[:bar|:graph|:limit], one per line
 *
 * They are read when they are needed, so that an edited file applies at once.
 */
#pragma once

#include "lib/base/string-list.h"
#include "tui/core/settings.h"

#define SAVED_VIEW_NAME_BYTES   41
#define SAVED_VIEW_FILTER_BYTES 512

struct saved_view {
	struct settings settings;
	char filter[SAVED_VIEW_FILTER_BYTES]; /* "": none */
};

/* Whether a setting is part of views. */
bool saved_view_has(const char *section, const char *name) CGW_PURE;

/* Reports each invalid line of views, as settings_read() does for the others. */
void saved_views_check(const struct config *config,
		       void (*report)(void *context, const struct cgw_diag *diag), void *context);

/* Adds the names in byte order. A missing file has none. -EBADMSG, -ENOMEM. */
int saved_views_list(const char *path, struct string_list *names, struct cgw_diag *diag);
/*
 * Replaces in `view` what the named view has. -ENOENT: there is no such view; -EINVAL: one of its
 * lines is invalid. `view` is then unchanged.
 */
int saved_view_load(const char *path, const char *name, struct saved_view *view,
		    struct cgw_diag *diag);
/* Replaces in `settings` what is part of views by that of `before`. */
int saved_view_leave(struct settings *settings, const struct settings *before);
/* Replaces a view of that name. -EINVAL: invalid name, or the file cannot hold the filter. */
int saved_view_store(const char *path, const char *name, const struct settings *settings,
		     const char *filter, bool *ret_replaced, struct cgw_diag *diag);
/* -ENOENT: there is no such view. */
int saved_view_delete(const char *path, const char *name, struct cgw_diag *diag);
