/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* percent-base.h - bases of percentages: the host's capacity or the tightest ancestor limit. */
#pragma once

#include "lib/limit/target.h"

/*
 * Fills host and parent for a control of the target's group; unknown values are 0. CPU time is in
 * nanoseconds per second.
 */
void percent_bases_find(const struct cgw_layout *layout, const struct control_row *row,
			const struct cgw_source *source, const struct target *target,
			struct percent_bases *bases);

/* The tightest setting of a control among the ancestors, and its path; false: there is no limit. */
bool percent_bases_parent_limit(const struct control_row *row, const struct cgw_source *source,
				const struct target *target, struct setting *ret_setting,
				char *path, size_t size);
