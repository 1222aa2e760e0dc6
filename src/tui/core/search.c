/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* search.c - search as you type in what the top view shows, then the next and previous match. */
#include <string.h>

#include "tui/core/app.h"
#include "tui/core/search.h"
#include "tui/core/views.h"

bool search_rows(uint32_t count, uint32_t *row, bool backward, bool here,
		 bool (*matches)(const void *context, uint32_t row), const void *context)
{
	uint32_t at = *row < count ? *row : 0;

	for (uint32_t i = here ? 0 : 1; i < count + !here; i++) {
		uint32_t next = (at + (backward ? count - i % count : i)) % count;

		if (!matches(context, next))
			continue;
		*row = next;
		return true;
	}
	return false;
}

/* The topmost view that can be searched: the prompt is above it. */
static struct open_view *searched_view(struct app *app)
{
	for (size_t i = app->view_count; i-- > 0;)
		if (app->views[i].kind->search != NULL)
			return &app->views[i];
	return NULL;
}

static unsigned find(struct app *app, bool backward, bool here)
{
	struct open_view *view = searched_view(app);

	if (view == NULL || view->search[0] == '\0')
		return REACTION_DRAW;
	if (!view->kind->search(app, view->state, view->search, backward, here))
		return app_show_message(app, ROLE_WARM, "no match") |
		       (here ? REACTION_NONE : REACTION_BEEP);
	return REACTION_ARRANGE;
}

static unsigned search_changed(struct app *app, const char *text)
{
	struct open_view *view = searched_view(app);

	/* Views show escaped text. */
	if (view != NULL)
		cgw_escape(view->search, sizeof(view->search), text, strlen(text));
	return find(app, false, true);
}

/* Enter alone repeats the last search, as in less. */
static bool search_accept(struct app *app, const char *text, unsigned *ret_reactions)
{
	const struct string_list *texts = &app->searches;
	struct open_view *view = searched_view(app);

	*ret_reactions = REACTION_DRAW;
	if (text[0] != '\0') {
		if (texts->count == 0 || strcmp(texts->items[texts->count - 1], text) != 0)
			(void)string_list_add(&app->searches, text);
		return true;
	}
	if (view == NULL || texts->count == 0)
		return true;
	text = texts->items[texts->count - 1];
	cgw_escape(view->search, sizeof(view->search), text, strlen(text));
	*ret_reactions = find(app, false, false);
	return true;
}

static unsigned stop_search(struct app *app)
{
	struct open_view *view = searched_view(app);

	if (view != NULL)
		view->search[0] = '\0';
	return REACTION_DRAW;
}

bool search_act(struct app *app, const struct open_view *view, enum action action,
		unsigned *ret_reactions)
{
	const struct prompt prompt = {.title = "Search",
				      .changed = search_changed,
				      .accept = search_accept,
				      .cancel = stop_search,
				      .earlier = &app->searches};

	if (view->kind->search == NULL)
		return false;
	switch (action) {
	case ACTION_SEARCH:
		*ret_reactions = open_prompt(app, &prompt, "");
		return true;
	case ACTION_NEXT:
	case ACTION_PREVIOUS:
		*ret_reactions = find(app, action == ACTION_PREVIOUS, false);
		return true;
	case ACTION_STOP_SEARCH:
		*ret_reactions = stop_search(app);
		return true;
	default:
		return false;
	}
}
