/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* draw-dashboard.c - draws the header, the open views, the status line and the bar of keys. */
#include "tui/core/dashboard.h"
#include "tui/replay/replay-keys.h"

static void draw_status(struct app *app, struct canvas *canvas, struct rect area)
{
	struct open_view *view = app_top_view(app);

	if (area.rows < 1)
		return;
	if (app->message_until_ns > app->now_ns)
		canvas_text_cut(canvas, area.row, area.column, area.columns, app->message_role,
				app->message);
	else if (view->kind->status != NULL)
		view->kind->status(app, view->state, canvas, area);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	size_t bottom = app->view_count - 1;
	struct layout_request request = {.rows = canvas->rows, .columns = canvas->columns};

	while (bottom > 0 && !app->views[bottom].kind->fullscreen)
		bottom--;
	request.header_rows = header_rows(app, canvas->rows);
	request.timeline = app->source_flags & SOURCE_CAN_SEEK;
	request.keys = app->settings.choices[CHOICE_KEYS];
	request.head = app->views[bottom].kind->head;
	app->rows = canvas->rows;
	app->columns = canvas->columns;
	app->drawn = layout_compute(&request);
	canvas_clear(canvas);
	header_draw(app, canvas, app->drawn.header);
	key_bar_draw(app, canvas, app->drawn.keys);
	timeline_draw(app, canvas, app->drawn.timeline);
	draw_status(app, canvas, app->drawn.status);
	for (size_t i = bottom; i < app->view_count; i++)
		app->views[i].kind->draw(app, app->views[i].state, canvas, &app->drawn);
}
