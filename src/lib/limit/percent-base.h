/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* percent-base.h - what "50%" is a half of: the machine, or the tightest limit above. */
#ifndef CGWARD_LIB_LIMIT_PERCENT_BASE_H
#define CGWARD_LIB_LIMIT_PERCENT_BASE_H

#include "lib/limit/target.h"

/*
 * Fills host and parent for a control of the group at `path`; what cannot be known stays 0. CPU is in
 * nanoseconds a second.
 */
void bases_find(const struct cgw_layout *layout, const struct control_row *row,
		const struct cgw_source *source, const struct target *target,
		struct percent_bases *bases);

/* The tightest ancestor's setting of a control and its path; false: no ancestor limits it. */
bool bases_parent_limit(const struct control_row *row, const struct cgw_source *source,
			const struct target *target, struct setting *ret_setting, char *path,
			size_t size);

#endif
