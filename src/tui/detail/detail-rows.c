/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* detail-rows.c - the rows of a page, and the group that is opened. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/base/array.h"
#include "tui/detail/detail.h"

struct detail_row *detail_add(struct detail *detail, enum role role, const char *left)
{
	struct detail_row *row = &detail->lost_row;

	if (ARRAY_RESERVE(detail->rows, detail->row_capacity, detail->row_count + 1) == 0)
		row = &detail->rows[detail->row_count++];
	*row = (struct detail_row){.role = role};
	snprintf(row->left, sizeof(row->left), "%s", left);
	return row;
}

void detail_add_value(struct detail *detail, enum role role, const char *left, const char *format,
		      ...)
{
	struct detail_row *row = detail_add(detail, role, left);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(row->value, sizeof(row->value), format, arguments);
	va_end(arguments);
}

void detail_add_heading(struct detail *detail, const char *text)
{
	detail_add(detail, ROLE_TITLE, text)->heading = true;
}

uint32_t detail_find_group(const struct detail *detail)
{
	const struct cgw_snapshot *now = cgw_frame_now(detail->frame);

	return now == NULL ? CGW_NO_GROUP
			   : cgw_topology_find(cgw_snapshot_topology(now), detail->path);
}
