/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-column.c - the limit that the samples so far suggest for a group, in one cell. */
#include <stdio.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "tui/list/advice-column.h"

bool advice_column_supports(struct cgw_field field)
{
	static const enum cgw_control controls[] = {CGW_C_CPU_MAX, CGW_C_CPU_WEIGHT,
						    CGW_C_MEMORY_HIGH, CGW_C_MEMORY_MAX,
						    CGW_C_PIDS_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		if (field.view == CGW_VIEW_VALUE && field.shape == CGW_SCALAR &&
		    cgw_control_info(controls[i])->metric == (int)field.index)
			return true;
	return false;
}

/* "1.2G"; "leak", "no limit" (that of an ancestor is lower), or a sign if nothing is known yet. */
static enum role format(const struct cgw_advice *advice, char *text, size_t size)
{
	switch (advice != NULL ? advice->kind : CGW_ADVICE_UNPROVEN) {
	case CGW_ADVICE_SET:
		(void)cgw_advice_format(advice, text, size);
		return ROLE_LIMIT;
	case CGW_ADVICE_LIMITED: /* at least */
		text[0] = '>';
		(void)cgw_advice_format(advice, text + 1, size - 1);
		return ROLE_WARM;
	case CGW_ADVICE_LEAK:
		snprintf(text, size, "leak");
		return ROLE_HOT;
	case CGW_ADVICE_WHOLE:
		snprintf(text, size, "no limit");
		return ROLE_DIM;
	default:
		snprintf(text, size, "-");
		return ROLE_DIM;
	}
}

void advice_column_draw(const struct advice *advice, struct cgw_field field,
			const struct cgw_frame *frame, uint32_t group, struct canvas *canvas,
			struct rect area)
{
	CLEANUP(cleanup_free)
	char *path = cgw_topology_path_copy(cgw_snapshot_topology(cgw_frame_now(frame)), group);
	const struct cgw_advice *items = NULL, *found = NULL;
	char text[CGW_ADVICE_TEXT_SIZE + 1];
	size_t count = 0;
	enum role role;

	if (advice != NULL && path != NULL)
		items = advice_find(advice, path, &count);
	for (size_t i = 0; i < count && found == NULL; i++)
		if (cgw_control_info(items[i].control)->metric == (int)field.index &&
		    items[i].device == NULL)
			found = &items[i];
	role = format(found, text, sizeof(text));
	canvas_text_right(canvas, area.row, area.column, area.columns, role, text);
}
