/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bases.h - what "50%" is a half of: the machine, or the tightest limit above. */
#ifndef CGWARD_LIMIT_BASES_H
#define CGWARD_LIMIT_BASES_H

#include "limit/target.h"

/*
 * Fills host and parent for a control of the group at `path`; what cannot be known stays 0. CPU is in
 * nanoseconds a second.
 */
void bases_find(const struct cgw_layout *layout, const struct control_row *row,
		const struct cgw_source *source, const struct target *target,
		struct wish_bases *bases);

/* The tightest ancestor's setting of a control and its path; false: no ancestor limits it. */
bool bases_parent_limit(const struct control_row *row, const struct cgw_source *source,
			const struct target *target, struct setting *ret_setting, char *path,
			size_t size);

#endif
