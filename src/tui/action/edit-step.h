/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit-step.h - the next value up or down, as an operator would pick it. Pure. */
#ifndef CGWARD_TUI_ACTION_EDIT_STEP_H
#define CGWARD_TUI_ACTION_EDIT_STEP_H

#include <cgward/limit.h>

/*
 * What an arrow makes of a control's value: 1G to 1.5G to 2G, 50% to 60%, 100 to 110, no to yes, one
 * word to the next; "max" above the last. A device in front stays. False where nothing can be
 * stepped, and then `buffer` is left alone.
 */
bool value_step(const struct cgw_control_info *info, const char *from, int by, char *buffer,
		size_t size);

#endif
