/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-confirm.c - the confirmation dialog, with a preview of what the action affects. */
#include <stdlib.h>
#include <string.h>

#include "tui/action/confirm.h"

struct confirm_line {
	enum role role;
	char *text;
};

struct confirm {
	const char *title;
	struct confirm_line *lines;
	size_t count;
	struct job *action;  /* run by Enter */
	struct job *preview; /* collects what it would affect; NULL once posted */
	void (*show)(struct confirm *confirm, struct job *job);
	const void *owner; /* state of the view that gets the finished action */
	bool previewing, refused;
};

struct confirm *confirm_new(const char *title, struct job *action)
{
	struct confirm *confirm = calloc(1, sizeof(*confirm));

	if (confirm == NULL) {
		action->free(action);
		return NULL;
	}
	confirm->title = title;
	confirm->action = action;
	return confirm;
}

void confirm_add(struct confirm *confirm, enum role role, const char *text)
{
	struct confirm_line *lines;

	if (confirm == NULL)
		return;
	lines = reallocarray(confirm->lines, confirm->count + 1, sizeof(*lines));
	if (lines == NULL)
		return;
	confirm->lines = lines;
	lines[confirm->count].role = role;
	lines[confirm->count].text = strdup(text);
	confirm->count += lines[confirm->count].text != NULL;
}

void confirm_preview(struct confirm *confirm, struct job *preview,
		     void (*show)(struct confirm *confirm, struct job *job))
{
	confirm->preview = preview;
	confirm->show = show;
}

void confirm_set_owner(struct confirm *confirm, const void *state)
{
	if (confirm != NULL)
		confirm->owner = state;
}

void confirm_refuse(struct confirm *confirm)
{
	confirm->refused = true;
}

static void confirm_free(void *opaque)
{
	struct confirm *confirm = opaque;

	for (size_t i = 0; i < confirm->count; i++)
		free(confirm->lines[i].text);
	free(confirm->lines);
	if (confirm->action != NULL)
		confirm->action->free(confirm->action);
	if (confirm->preview != NULL)
		confirm->preview->free(confirm->preview);
	free(confirm);
}

static unsigned confirm_contexts(const struct app *app, const void *state)
{
	return IN_DIALOGS;
}

static void confirm_draw(struct app *app, void *opaque, struct canvas *canvas,
			 const struct layout *layout)
{
	struct confirm *confirm = opaque;
	int columns = canvas->columns - 8 < 84 ? canvas->columns - 8 : 84, rows, row;
	struct rect area;

	rows = (int)confirm->count + 2 + confirm->previewing;
	/* Space for the continuation rows of wrapped lines. */
	for (size_t i = 0; i < confirm->count; i++)
		rows += columns > 4 ? canvas_width(confirm->lines[i].text) / (columns - 2) : 0;
	if (rows > canvas->rows - 3)
		rows = canvas->rows - 3;
	area = draw_window(canvas, rows, columns, confirm->title);
	row = area.row;
	for (size_t i = 0; i < confirm->count && row < area.row + area.rows - 1; i++) {
		struct rect rest = {row, area.column, area.row + area.rows - 1 - row, area.columns};

		row += draw_paragraph(canvas, rest, confirm->lines[i].role, confirm->lines[i].text);
	}
	if (confirm->previewing && row < area.row + area.rows - 1)
		canvas_text(canvas, row, area.column, area.columns, ROLE_DIM,
			    "checking what is affected…");
	if (area.rows < 1)
		return;
	canvas_text_cut(canvas, area.row + area.rows - 1, area.column, area.columns, ROLE_KEY,
			confirm->refused ? "Esc: close" : "Enter: apply   Esc: cancel");
}

static unsigned confirm_act(struct app *app, void *opaque, enum action action)
{
	struct confirm *confirm = opaque;
	struct job *job = confirm->action;
	const void *owner;

	if (action == ACTION_BACK)
		return app_close(app);
	if (action != ACTION_ACCEPT)
		return REACTION_NONE;
	if (confirm->refused)
		return REACTION_BEEP;
	confirm->action = NULL;
	owner = confirm->owner;
	return app_close(app) | app_post_job(app, owner, job);
}

static unsigned confirm_finish(struct app *app, void *opaque, struct job *job)
{
	struct confirm *confirm = opaque;

	confirm->previewing = false;
	confirm->show(confirm, job);
	return REACTION_DRAW;
}

static const struct view_kind view_confirm = {
	.name = "confirm",
	.contexts = confirm_contexts,
	.draw = confirm_draw,
	.act = confirm_act,
	.finish = confirm_finish,
	.done = confirm_free,
};

unsigned open_confirm(struct app *app, struct confirm *confirm)
{
	struct job *preview;
	unsigned reactions;

	if (confirm == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	if (app->view_count == VIEWS_MAX) {
		confirm_free(confirm);
		return REACTION_BEEP;
	}
	preview = confirm->preview;
	confirm->preview = NULL;
	confirm->previewing = preview != NULL;
	reactions = app_open(app, &view_confirm, confirm);
	return preview != NULL ? reactions | app_post_job(app, confirm, preview) : reactions;
}
