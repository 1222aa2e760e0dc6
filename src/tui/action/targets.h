/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* targets.h - the groups that an action applies to: the marked ones, else the selected one. */
#pragma once

#include "tui/core/view.h"

struct target {
	char *path; /* raw; on a remote host its path there */
	/* Inodes by hierarchy, 0: not there. Detect another group under the same path. */
	uint64_t ids[CGW_HIERARCHY_MAX];
	char *id_list;  /* the same for --if-id: "memory:42,pids:17", or "" */
	uint32_t below; /* number of descendants */
};

/* Groups of one machine. */
struct targets {
	const char *host; /* as given by the user; NULL: this machine */
	const char *ssh;  /* the command to reach it; NULL: the default one */
	struct target *items;
	size_t count, capacity;
};

/*
 * `one`: the selected group even if others are marked. -ENOENT: no group is selected. Shows the
 * reason if remote groups are unsuitable.
 */
int targets_collect(struct app *app, bool one, struct targets *ret_targets);
/* The group only, whatever is selected or marked. -ENOMEM. */
int targets_of_group(struct app *app, uint32_t group, struct targets *ret_targets);
int targets_copy(const struct targets *targets, struct targets *ret_copy);
void targets_done(struct targets *targets);
/* "/a/b", or "3 groups"; escaped. */
void targets_format(const struct targets *targets, char *buffer, size_t size);
bool targets_have_children(const struct targets *targets);

/*
 * Remembers the groups for which a prompt or menu is opened. When it is accepted,
 * targets_have_changed() shows a message and returns true if the action would apply to other
 * groups, because one of them was removed or replaced meanwhile.
 */
void targets_remember(struct app *app, bool one);
bool targets_have_changed(struct app *app, bool one);
