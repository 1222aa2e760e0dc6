/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* edit-step.h - the next round value up or down. Pure. */
#pragma once

#include <cgward/limit.h>

/*
 * Steps a control's value as the arrow keys do: 1G to 1.5G to 2G, 50% to 60%, 100 to 200, 0 to 1,
 * one word to the next, "max" above the last. A device in front of the value is preserved. False
 * if the value cannot be stepped; `buffer` is then unchanged.
 */
bool value_step(const struct cgw_control_info *info, const char *from, int by, char *buffer,
		size_t size);
/* Writes a value as people read it: 256M for 268435456. Other texts are copied. */
void value_human(const struct cgw_control_info *info, const char *text, char *buffer, size_t size);
