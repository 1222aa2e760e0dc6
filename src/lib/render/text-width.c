/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-width.c - width and truncation of texts in terminal cells; widths of columns. */
#include <string.h>
#include <wchar.h>

#include <cgward/render.h>

/* The bytes and cells of the next character. Escaped text is valid UTF-8; bytes that the locale
 * cannot decode count as one cell each. */
static size_t next_character(const char *text, size_t *ret_cells)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t length = mbrtowc(&wide, text, strlen(text), &state);
	int cells;

	if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
		*ret_cells = 1;
		return 1;
	}
	cells = wcwidth(wide);
	*ret_cells = cells < 0 ? 1 : (size_t)cells;
	return length;
}

size_t cgw_text_width(const char *text)
{
	size_t width = 0;

	while (*text != '\0') {
		size_t cells;

		text += next_character(text, &cells);
		width += cells;
	}
	return width;
}

size_t cgw_text_truncate(const char *text, size_t cells, bool utf8, char *buffer, size_t size)
{
	const char *mark = utf8 ? "…" : "~";
	size_t used = 0, used_cells = 0, length = strlen(text);

	if (cgw_text_width(text) <= cells && length < size) {
		memcpy(buffer, text, length + 1);
		return length;
	}
	while (*text != '\0') {
		size_t width, bytes = next_character(text, &width);

		if (used_cells + width + 1 > cells || used + bytes + strlen(mark) + 1 > size)
			break;
		memcpy(buffer + used, text, bytes);
		used += bytes;
		used_cells += width;
		text += bytes;
	}
	if (cells > 0 && used + strlen(mark) + 1 <= size) {
		memcpy(buffer + used, mark, strlen(mark));
		used += strlen(mark);
	}
	buffer[used] = '\0';
	return used;
}

struct cgw_column cgw_column_for(struct cgw_field field)
{
	/* The usual width of values of each unit, so that the widths of columns rarely change. */
	static const uint8_t widths[CGW_UNIT_COUNT_OF_UNITS] = {
		[CGW_UNIT_COUNT] = 4,       [CGW_UNIT_NS] = 6,   [CGW_UNIT_BYTES] = 5,
		[CGW_UNIT_PERCENT_E2] = 6,  [CGW_UNIT_CPU] = 6,  [CGW_UNIT_WEIGHT] = 5,
		[CGW_UNIT_FLAG] = 3,        [CGW_UNIT_HEX] = 8,  [CGW_UNIT_BYTES_PER_S] = 5,
		[CGW_UNIT_COUNT_PER_S] = 5, [CGW_UNIT_TEXT] = 4, [CGW_UNIT_PERCENT] = 6,
	};
	struct cgw_column column = {.field = field, .align_right = field.shape != CGW_STRING};
	size_t width = cgw_field_title(field, column.title, sizeof(column.title));

	column.width_min = width < widths[field.unit] ? widths[field.unit] : (uint8_t)width;
	return column;
}
