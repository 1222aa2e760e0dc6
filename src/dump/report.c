/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.c - cells of a report, as all formats take them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dump/report.h"

struct report_key report_key(struct cgw_field field)
{
	struct report_key key;

	(void)cgw_field_key(field, key.text, sizeof(key.text));
	return key;
}

int report_bytes(const struct report *report, struct cgw_field field, uint32_t group,
		 char **ret_text, size_t *ret_length, enum cgw_state *ret_state)
{
	size_t size = 256;
	char *text = malloc(size);

	while (text != NULL) {
		size_t length = cgw_frame_text(report->frame, field, group, text, size, ret_state);
		char *larger;

		if (length < size) {
			*ret_text = text;
			*ret_length = length;
			return 0;
		}
		size = length + 1;
		larger = realloc(text, size);
		if (larger == NULL)
			free(text);
		text = larger;
	}
	return -ENOMEM;
}

static int text_cell(const struct report *report, struct cgw_field field, uint32_t group,
		     enum cgw_style style, char **ret_text)
{
	CLEANUP(cleanup_free) char *bytes = NULL;
	enum cgw_state state;
	size_t length;
	char *text;
	int r = report_bytes(report, field, group, &bytes, &length, &state);

	if (r < 0)
		return r;
	if (state != CGW_OK) {
		text = strdup(style == CGW_STYLE_RAW ? "" : cgw_state_sign(state));
		if (text == NULL)
			return -ENOMEM;
		*ret_text = text;
		return 0;
	}
	text = malloc(4 * length + 1);
	if (text == NULL)
		return -ENOMEM;
	(void)cgw_escape(text, 4 * length + 1, bytes, length);
	*ret_text = text;
	return 0;
}

int report_cell(const struct report *report, struct cgw_field field, uint32_t group,
		enum cgw_style style, char **ret_text)
{
	char buffer[64];
	char *text;

	if (field.shape == CGW_STRING)
		return text_cell(report, field, group, style, ret_text);
	(void)cgw_format_value(cgw_frame_value(report->frame, field, group),
			       (enum cgw_unit)field.unit, style, buffer, sizeof(buffer));
	text = strdup(buffer);
	if (text == NULL)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}
