/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* targets.h - the groups that an action applies to: the marked ones, else the selected one. */
#ifndef CGWARD_TUI_ACTION_TARGETS_H
#define CGWARD_TUI_ACTION_TARGETS_H

#include "tui/core/app.h"

struct target {
	char *path;  /* raw */
	uint64_t id; /* inode in `hierarchy`: detects another group under the same path */
	size_t hierarchy;
	uint32_t below; /* number of descendants */
};

struct targets {
	struct target *items;
	size_t count;
};

/* -ENOENT: no group is selected. */
int targets_collect(const struct app *app, struct targets *ret_targets);
int targets_copy(const struct targets *targets, struct targets *ret_copy);
void targets_done(struct targets *targets);
/* "/a/b", or "3 groups"; escaped. */
void targets_format(const struct targets *targets, char *buffer, size_t size);

/*
 * Remembers the groups for which a prompt or menu is opened. When it is accepted,
 * targets_have_changed() shows a message and returns true if the action would apply to other
 * groups, because one of them was removed or replaced meanwhile.
 */
void targets_remember(struct app *app);
bool targets_have_changed(struct app *app);

#endif
