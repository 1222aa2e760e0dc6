/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-directory.c - the directory of a group in one hierarchy and that of its parent. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/kernel/kernel-ops.h"
#include "lib/limit/group-directory.h"

/* rmdir() fails with EBUSY for a short time after the last process exited. */
#define REMOVE_TRIES 50

const char *group_last_component(const char *path)
{
	return strrchr(path, '/') + 1;
}

int group_open_parent(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		      struct target *ret_target)
{
	CLEANUP(cleanup_free) char *parent = strdup(path);
	char *slash;
	int r;

	if (parent == NULL)
		return -ENOMEM;
	slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	r = target_open(layout, hierarchy, parent, ret_target);
	if (r == 0)
		ret_target->path = NULL; /* freed on return; callers use the descriptor only */
	return r;
}

int group_exists(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	CLEANUP(target_close) struct target target = TARGET_NONE;
	int r = target_open(layout, hierarchy, path, &target);

	return r == 0 ? 1 : cgw_error_is_gone(r) ? 0 : r;
}

int advise_owner(struct step *step, const struct target *target, const char *which)
{
	struct stat status;

	if (target->layout->ops->stat_at(target->directory, ".", &status) < 0 ||
	    status.st_uid == geteuid())
		return advise_group(step, -EACCES);
	return cgw_diag_set(&step->result.diag, -EACCES, "permission denied: %s belongs to user %u",
			    which, (unsigned)status.st_uid);
}

int advise_parent(struct cgw_plan *plan, struct step *step, size_t hierarchy, const char *path)
{
	CLEANUP(target_close) struct target parent = TARGET_NONE;

	if (group_open_parent(plan->layout, hierarchy, path, &parent) < 0)
		return advise_group(step, -EACCES);
	return advise_owner(step, &parent, "the parent group");
}

int group_remove_child(const struct target *parent, const char *name)
{
	const struct timespec wait = {0, 10000000};
	int r = 0;

	for (int i = 0; r == 0 && i < REMOVE_TRIES; i++) {
		r = parent->layout->ops->remove_directory(parent->directory, name);
		if (r != -EBUSY)
			break;
		r = i + 1 < REMOVE_TRIES ? 0 : -EBUSY;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
	}
	return cgw_error_is_gone(r) ? 0 : r;
}

int group_remove(const struct cgw_layout *layout, size_t hierarchy, const char *path)
{
	CLEANUP(target_close) struct target parent = TARGET_NONE;
	int r = group_open_parent(layout, hierarchy, path, &parent);

	if (r < 0)
		return cgw_error_is_gone(r) ? 0 : r;
	return group_remove_child(&parent, group_last_component(path));
}
