/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* targets.h - the groups that an action is about: the marked ones, else the one at hand. */
#ifndef CGWARD_TUI_ACTION_TARGETS_H
#define CGWARD_TUI_ACTION_TARGETS_H

#include "tui/core/app.h"

struct target {
	char *path; /* raw */
	uint64_t
		id; /* of its directory in `hierarchy`: another group under that path is not meant */
	size_t hierarchy;
	uint32_t below; /* groups beneath */
};

struct targets {
	struct target *items;
	size_t count;
};

/* -ENOENT where there is none. */
int targets_collect(const struct app *app, struct targets *ret_targets);
int targets_copy(const struct targets *targets, struct targets *ret_copy);
void targets_done(struct targets *targets);
/* "/a/b", or "3 groups"; escaped. */
void targets_format(const struct targets *targets, char *buffer, size_t size);

#endif
