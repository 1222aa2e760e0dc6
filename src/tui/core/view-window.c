/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-window.c - windows of text: to read, or to confirm an action. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/scroll.h"
#include "tui/core/search.h"
#include "tui/core/window.h"
#include "tui/list/group-list.h"

struct window_line {
	enum role role;
	char *left, *text;
};

struct window {
	char title[200];
	struct window_line *lines;
	size_t count, capacity;
	int left_width;
	struct scroll scroll;
	uint32_t rows;  /* after wrapping */
	uint32_t found; /* line of the last match of a search */

	bool is_question;
	struct job *action;  /* run by Enter */
	struct job *preview; /* collects what it would affect; NULL once posted */
	void (*show)(struct window *window, struct job *job);
	const void *owner; /* state of the view that gets the finished action */
	bool previewing, refused;
};

struct window *window_new(const char *title)
{
	struct window *window = calloc(1, sizeof(*window));

	if (window != NULL)
		snprintf(window->title, sizeof(window->title), "%s", title);
	return window;
}

struct window *window_ask(const char *title, struct job *action)
{
	struct window *window = window_new(title);

	if (window == NULL) {
		job_free(action);
		return NULL;
	}
	window->is_question = true;
	window->action = action;
	return window;
}

void window_free(struct window *window)
{
	if (window == NULL)
		return;
	for (size_t i = 0; i < window->count; i++) {
		free(window->lines[i].left);
		free(window->lines[i].text);
	}
	free(window->lines);
	job_free(window->action);
	job_free(window->preview);
	free(window);
}

static void window_done(void *opaque)
{
	window_free(opaque);
}

void window_add_pair(struct window *window, enum role role, const char *left, const char *text)
{
	struct window_line line;
	int width = canvas_width(left);

	if (window == NULL || ARRAY_RESERVE(window->lines, window->capacity, window->count + 1) < 0)
		return;
	line = (struct window_line){role, strdup(left), strdup(text)};
	if (line.left == NULL || line.text == NULL) {
		free(line.left);
		free(line.text);
		return;
	}
	window->lines[window->count++] = line;
	/* Ignore very long left parts, which would leave no space for the text. */
	if (width > window->left_width && width <= 24)
		window->left_width = width;
}

void window_add(struct window *window, enum role role, const char *text)
{
	window_add_pair(window, role, "", text);
}

void window_set_preview(struct window *window, struct job *preview,
			void (*show)(struct window *window, struct job *job))
{
	if (window == NULL) {
		job_free(preview);
		return;
	}
	window->preview = preview;
	window->show = show;
}

void window_set_owner(struct window *window, const void *state)
{
	if (window != NULL)
		window->owner = state;
}

void window_refuse(struct window *window)
{
	if (window != NULL)
		window->refused = true;
}

size_t wrapped_length(const char *text, int width)
{
	size_t length = 0, blank = 0, bytes;
	uint32_t character;
	int used = 0, cells;

	while ((bytes = canvas_next(text + length, &character, &cells)) > 0) {
		if (used + cells > width)
			return blank > 0 ? blank : length > 0 ? length : bytes;
		length += bytes;
		used += cells;
		if (character == ' ')
			blank = length;
	}
	return length;
}

/* Draws from row `row` of the area on, clipped to it; returns the number of rows. */
static int draw_wrapped(struct canvas *canvas, struct rect area, int row, enum role role,
			const char *text)
{
	char line[1024];
	int rows = 0;

	do {
		size_t length = wrapped_length(text, area.columns > 1 ? area.columns : 1);

		if (length >= sizeof(line))
			length = sizeof(line) - 1;
		memcpy(line, text, length);
		line[length] = '\0';
		if (row + rows >= 0 && row + rows < area.rows)
			canvas_text(canvas, area.row + row + rows, area.column, area.columns, role,
				    line);
		text += length;
		rows++;
	} while (*text != '\0');
	return rows;
}

int draw_paragraph(struct canvas *canvas, struct rect area, enum role role, const char *text)
{
	return draw_wrapped(canvas, area, 0, role, text);
}

static bool contains(const struct window_line *line, const char *text)
{
	return find_part(line->left, text) != NULL || find_part(line->text, text) != NULL;
}

/*
 * Draws the first `count` lines, of which `first` rows are above the area, and highlights those
 * that contain the text. Returns the number of rows.
 */
static int draw_lines(const struct window *window, size_t count, const char *search,
		      struct canvas *canvas, struct rect area, int first)
{
	int left = window->left_width > 0 ? window->left_width + 2 : 0, row = 0;

	for (size_t i = 0; i < count; i++) {
		const struct window_line *line = &window->lines[i];
		bool heading = line->left[0] == '\0' && line->role == ROLE_TITLE;
		struct rect rest = area;

		if (!heading) {
			rest.column += left;
			rest.columns -= left;
			if (row >= first && row - first < area.rows)
				canvas_text_cut(canvas, area.row + row - first, area.column,
						left - 1, ROLE_KEY, line->left);
		}
		row += draw_wrapped(canvas, rest, row - first,
				    search[0] != '\0' && contains(line, search) ? ROLE_KEY
										: line->role,
				    line->text);
	}
	return row;
}

/* A question is as high as its text, with a row for the keys. */
static struct rect draw_question(const struct window *window, struct canvas *canvas)
{
	int columns = canvas->columns - 8 < 84 ? canvas->columns - 8 : 84;
	int rows = (int)window->count + 2 + window->previewing;
	struct rect area;

	/* Space for the continuation rows of wrapped lines. */
	for (size_t i = 0; i < window->count && columns > 4; i++)
		rows += canvas_width(window->lines[i].text) / (columns - 2);
	area = draw_window(canvas, rows < canvas->rows - 3 ? rows : canvas->rows - 3, columns,
			   window->title);
	if (area.rows < 1)
		return area;
	area.rows--;
	canvas_text_cut(canvas, area.row + area.rows, area.column, area.columns, ROLE_KEY,
			window->refused ? "Esc: close" : "Enter: apply   Esc: cancel");
	return area;
}

static void window_draw(struct app *app, void *opaque, struct canvas *canvas,
			const struct layout *layout)
{
	struct window *window = opaque;
	int columns = canvas->columns - 6 < 100 ? canvas->columns - 6 : 100;
	struct rect area = window->is_question
				   ? draw_question(window, canvas)
				   : draw_window(canvas, canvas->rows - 3, columns, window->title);

	/* Count the rows at this width first. */
	window->rows = (uint32_t)draw_lines(window, window->count, "", canvas,
					    (struct rect){.columns = area.columns}, 0);
	scroll_place_text(&window->scroll, area, window->rows);
	draw_lines(window, window->count, app_search(app, window), canvas, area,
		   (int)window->scroll.first);
	if (window->previewing && (int)window->rows < area.rows)
		canvas_text(canvas, area.row + (int)window->rows, area.column, area.columns,
			    ROLE_DIM, "checking what is affected…");
	if (window->rows <= window->scroll.page || window->is_question)
		return;
	canvas_text_right(canvas, area.row + area.rows, area.column, area.columns, ROLE_DIM,
			  FORMATTED(32, " %u-%u of %u ", window->scroll.first + 1,
				    window->scroll.first + window->scroll.page, window->rows));
}

struct line_search {
	const struct window *window;
	const char *text;
};

static bool line_matches(const void *context, uint32_t i)
{
	const struct line_search *search = context;

	return contains(&search->window->lines[i], search->text);
}

static bool window_search(struct app *app, void *opaque, const char *text, bool backward, bool here)
{
	struct window *window = opaque;
	const struct line_search search = {window, text};
	const struct rect nowhere = {.columns = window->scroll.area.columns};

	if (!search_rows((uint32_t)window->count, &window->found, backward, here, line_matches,
			 &search))
		return false;
	window->scroll.first = (uint32_t)draw_lines(window, window->found, "", NULL, nowhere, 0);
	return true;
}

static unsigned window_act(struct app *app, void *opaque, enum action action)
{
	struct window *window = opaque;
	struct job *job = window->action;
	const void *owner = window->owner;

	if (action == ACTION_BACK || action == ACTION_BACK_LETTER)
		return app_close(app);
	if (action != ACTION_ACCEPT || !window->is_question) {
		scroll_act_text(&window->scroll, action, window->rows);
		return REACTION_DRAW;
	}
	if (window->refused)
		return REACTION_BEEP;
	window->action = NULL;
	return app_close(app) | app_post_job(app, owner, job);
}

static unsigned window_click(struct app *app, void *opaque, const struct event *event)
{
	struct window *window = opaque;

	scroll_click_text(&window->scroll, event, window->rows);
	return REACTION_DRAW;
}

static unsigned window_finish(struct app *app, void *opaque, struct job *job)
{
	struct window *window = opaque;

	window->previewing = false;
	window->show(window, job);
	return REACTION_DRAW;
}

static const struct view_kind view_text = {
	.name = "text",
	.contexts = IN_READING,
	.draw = window_draw,
	.act = window_act,
	.click = window_click,
	.search = window_search,
	.done = window_done,
};

static const struct view_kind view_question = {
	.name = "question",
	.contexts = IN_DIALOGS,
	.draw = window_draw,
	.act = window_act,
	.click = window_click,
	.finish = window_finish,
	.done = window_done,
};

unsigned window_open(struct app *app, struct window *window)
{
	struct job *preview;
	unsigned reactions;

	if (window == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	if (app_is_full(app)) {
		window_free(window);
		return REACTION_BEEP;
	}
	preview = steal_pointer(&window->preview);
	window->previewing = preview != NULL;
	reactions = app_open(app, window->is_question ? &view_question : &view_text, window);
	return preview != NULL ? reactions | app_post_job(app, window, preview) : reactions;
}
