/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* view-prompt.c - an input line in place of the status line. */
#include <stdlib.h>

#include "tui/core/views.h"

static void prompt_draw(struct app *app, void *state, struct canvas *canvas,
			const struct layout *layout)
{
	const struct prompt *prompt = state;
	struct rect area = layout->status;
	enum role role;
	const char *text = app_message(app, &role);
	int label, message = text != NULL ? canvas_width(text) + 2 : 0, width;

	if (area.rows < 1)
		area = (struct rect){0, 0, 1, canvas->columns};
	canvas_fill(canvas, area, ROLE_TEXT, GROUND_FIELD);
	label = canvas_text(canvas, area.row, area.column, area.columns, ROLE_KEY, prompt->title);
	label += canvas_text(canvas, area.row, area.column + label, 2, ROLE_KEY, ": ");
	width = area.columns - label;
	/* Show errors next to the text. */
	if (message > width / 2)
		message = width / 2;
	line_draw(&prompt->line, canvas, area.row, area.column + label, width - message, true);
	if (message > 0)
		canvas_text_cut(canvas, area.row, area.column + area.columns - message + 1,
				message - 1, role, text);
}

static unsigned prompt_type(struct app *app, void *state, uint32_t key, bool *ret_used)
{
	struct prompt *prompt = state;

	*ret_used = line_key(&prompt->line, key);
	if (!*ret_used || prompt->changed == NULL)
		return REACTION_DRAW;
	return prompt->changed(app, prompt->line.text);
}

static unsigned recall(struct app *app, struct prompt *prompt, bool older)
{
	size_t count;

	if (prompt->earlier == NULL)
		return REACTION_NONE;
	count = prompt->earlier->count;
	if (older ? prompt->recalled == count : prompt->recalled == 0)
		return REACTION_BEEP;
	if (older)
		prompt->recalled++;
	else
		prompt->recalled--;
	line_set(&prompt->line,
		 prompt->recalled > 0 ? prompt->earlier->items[count - prompt->recalled] : "");
	return REACTION_DRAW |
	       (prompt->changed != NULL ? prompt->changed(app, prompt->line.text) : REACTION_NONE);
}

static unsigned prompt_act(struct app *app, void *state, enum action action)
{
	struct prompt *prompt = state;
	unsigned reactions = REACTION_NONE;

	if (action == ACTION_UP || action == ACTION_DOWN)
		return recall(app, prompt, action == ACTION_UP);
	if (action == ACTION_BACK) {
		struct prompt copy = *prompt;

		reactions = app_close(app);
		return copy.cancel != NULL ? reactions | copy.cancel(app) : reactions;
	}
	if (action == ACTION_ACCEPT) {
		/* Close first, because accept() may open another window. */
		struct prompt *copy = malloc(sizeof(*copy));

		if (copy == NULL)
			return app_show_message(app, ROLE_BAD, "out of memory");
		*copy = *prompt;
		app_close(app);
		if (!copy->accept(app, copy->line.text, &reactions))
			reactions |= open_prompt(app, copy, copy->line.text);
		free(copy);
		return reactions | REACTION_DRAW | REACTION_METRICS;
	}
	return REACTION_NONE;
}

static const struct view_kind view_prompt = {
	.name = "prompt",
	.contexts = IN_DIALOGS,
	.draw = prompt_draw,
	.act = prompt_act,
	.type = prompt_type,
	.done = free,
};

unsigned open_prompt(struct app *app, const struct prompt *prompt, const char *text)
{
	struct prompt *state = malloc(sizeof(*state));

	if (state == NULL)
		return app_show_message(app, ROLE_BAD, "out of memory");
	*state = *prompt;
	if (text != state->line.text)
		line_set(&state->line, text);
	return app_open(app, &view_prompt, state);
}
