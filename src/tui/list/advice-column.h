/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-column.h - the limit that the samples so far suggest for a group, in one cell. */
#pragma once

#include <cgward/model.h>

#include "tui/core/canvas.h"
#include "tui/detail/advice-list.h"

/* Whether limits of this field are computed. */
bool advice_column_supports(struct cgw_field field);
/* `advice` NULL: none. */
void advice_column_draw(const struct advice *advice, struct cgw_field field,
			const struct cgw_frame *frame, uint32_t group, struct canvas *canvas,
			struct rect area);
