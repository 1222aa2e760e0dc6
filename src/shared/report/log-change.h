/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* log-change.h - entries of the systemd journal about changes made by users. */
#pragma once

#include <cgward/limit.h>

#include "lib/base/string-builder.h"

/* Appends " max -> 2G (WHY): FAILED: FAILURE", without what is NULL or empty. */
void append_change(struct string_builder *text, const char *old_value, const char *new_value,
		   const char *why, const char *failure);
/* Logs a step that was completed or that failed; without systemd it does nothing. */
void log_change(const struct cgw_step *step, const struct cgw_result *result,
		const struct cgw_limit_options *options);
