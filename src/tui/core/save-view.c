/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* save-view.c - writes what is on the screen to a file, as text, CSV or SVG. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "tui/core/app.h"
#include "tui/core/views.h"
#include "tui/list/list-keys.h"

/* Of a cell of the picture, in pixels. */
#define CELL_WIDTH  8.4
#define CELL_HEIGHT 18

static void print_xml(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

/* Cells of one row with the same colours. */
static void print_run(const struct canvas *canvas, const struct palette *palette, int row, int from,
		      int to, int plain, FILE *out)
{
	const struct canvas_cell *cell = canvas_at(canvas, row, from);
	struct palette_style style = palette->styles[cell->role][cell->ground];
	double x = from * CELL_WIDTH, width = (to - from) * CELL_WIDTH;

	if (style.background >= 0)
		fprintf(out,
			"<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#%06x\"/>\n",
			x, row * CELL_HEIGHT, width, CELL_HEIGHT, (unsigned)style.background);
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\" fill=\"#%06x\"%s>", x,
		row * CELL_HEIGHT + 14, width,
		(unsigned)(style.foreground >= 0 ? style.foreground : plain),
		style.flags & PALETTE_BOLD ? " font-weight=\"bold\"" : "");
	for (int i = from; i < to; i++)
		print_xml(canvas_at(canvas, row, i)->text, out);
	fputs("</text>\n", out);
}

static void save_svg(const struct canvas *canvas, enum term_theme theme, FILE *out)
{
	bool light = palette_resolve(theme) == THEME_LIGHT;
	int plain = light ? PALETTE_BLACK : PALETTE_WHITE;
	CLEANUP(cleanup_free) struct palette *palette = malloc(sizeof(*palette));

	if (palette == NULL)
		return;
	palette_load(palette, light ? THEME_LIGHT : THEME_DARK, 1 << 24);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" "
		"font-family=\"monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
		canvas->columns * CELL_WIDTH, canvas->rows * CELL_HEIGHT,
		(unsigned)(light ? PALETTE_WHITE : PALETTE_BLACK));
	for (int row = 0; row < canvas->rows; row++)
		for (int from = 0, to; from < canvas->columns; from = to) {
			const struct canvas_cell *first = canvas_at(canvas, row, from);

			for (to = from + 1; to < canvas->columns; to++) {
				const struct canvas_cell *cell = canvas_at(canvas, row, to);

				if (cell->role != first->role || cell->ground != first->ground)
					break;
			}
			print_run(canvas, palette, row, from, to, plain, out);
		}
	fputs("</svg>\n", out);
}

/* Text that looks like a formula gets an apostrophe, as in `cgward dump --csv`. */
static void print_csv(const char *text, bool is_number, FILE *out)
{
	fputs(!is_number && text[0] != '\0' && strchr("=+-@", text[0]) != NULL ? "\"'" : "\"", out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* The rows of the list with exact values; "" where there is none. Graphs are left out. */
static void save_csv(const struct app *app, FILE *out)
{
	struct placed placed;
	char text[1024];

	groups_place(app, groups_columns(app), &placed);
	print_csv("group", false, out);
	for (int i = 0; i < placed.count; i++) {
		const struct column *column = &app->settings.columns[placed.index[i]];

		if (column_is_drawing(column) || column_is_group(column))
			continue;
		cgw_field_key(column->field, text, sizeof(text));
		fputc(',', out);
		print_csv(text, false, out);
	}
	fputs("\r\n", out);
	for (uint32_t row = 0; row < app->list.row_count; row++) {
		uint32_t group = app->list.rows[row].group;

		if (group == CGW_NO_GROUP)
			continue;
		app_path(app, group, text, sizeof(text));
		print_csv(text, false, out);
		for (int i = 0; i < placed.count; i++) {
			const struct column *column = &app->settings.columns[placed.index[i]];
			bool is_text = column->field.shape == CGW_STRING;

			if (column_is_drawing(column) || column_is_group(column))
				continue;
			if (is_text)
				field_text(app->frame, column->field, group, text, sizeof(text));
			else
				cgw_format_value(cgw_frame_value(app->frame, column->field, group),
						 (enum cgw_unit)column->field.unit, CGW_STYLE_RAW,
						 text, sizeof(text));
			fputc(',', out);
			print_csv(text, !is_text, out);
		}
		fputs("\r\n", out);
	}
}

static int save_screen(struct app *app, bool as_svg, FILE *out)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct canvas *canvas;
	int r = canvas_new(app->rows, app->columns, true, &canvas);

	if (r < 0)
		return r;
	app_draw(app, canvas);
	if (as_svg)
		save_svg(canvas, (enum term_theme)app->settings.choices[CHOICE_THEME], out);
	else
		text = canvas_dump(canvas);
	if (text != NULL)
		fputs(text, out);
	canvas_free(canvas);
	return as_svg || text != NULL ? 0 : -ENOMEM;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	return length > end && strcmp(name + length - end, suffix) == 0;
}

/* Never replaces a file. */
static int save(struct app *app, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), r = 0;
	FILE *out;

	if (fd < 0)
		return -errno;
	out = fdopen(fd, "w");
	if (out == NULL) {
		r = -errno;
		close(fd);
		return r;
	}
	if (has_suffix(name, ".csv"))
		save_csv(app, out);
	else
		r = save_screen(app, has_suffix(name, ".svg"), out);
	if (ferror(out))
		r = -EIO;
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	return r;
}

static bool save_accept(struct app *app, const char *name, unsigned *ret_reactions)
{
	bool in_list = app->views[app->view_count - 1].kind == &view_groups;
	int r;

	*ret_reactions = REACTION_DRAW;
	if (name[0] == '\0')
		return true;
	if (has_suffix(name, ".csv") && !in_list) {
		*ret_reactions =
			REACTION_BEEP |
			app_show_message(app, ROLE_WARM, "only the list can be saved as CSV");
		return false;
	}
	r = save(app, name);
	if (r < 0) {
		*ret_reactions = REACTION_BEEP |
				 app_show_message(app, ROLE_BAD, "cannot save: %s", strerror(-r));
		return false;
	}
	*ret_reactions = app_show_message(app, ROLE_GOOD, "saved %s", ESCAPED(256, name));
	return true;
}

unsigned open_save_view(struct app *app)
{
	static const struct prompt prompt = {.title = "Save to (txt, csv, svg)",
					     .accept = save_accept};

	return open_prompt(app, &prompt, "");
}
