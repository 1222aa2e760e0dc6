/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target.h - one group in one hierarchy, held while it is changed. */
#ifndef CGWARD_LIB_LIMIT_TARGET_H
#define CGWARD_LIB_LIMIT_TARGET_H

#include "lib/limit/control-value.h"

struct target {
	const struct cgw_layout *layout;
	const char *path; /* the caller's */
	size_t hierarchy;
	int directory; /* O_PATH; keeps naming this group, whatever its name becomes */
	uint64_t id;   /* its inode */
};

#define TARGET_NONE             \
	{                       \
		.directory = -1 \
	}

/* Beneath the hierarchy's top, no symbolic links. */
int target_open(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		struct target *ret_target);
void target_close(struct target *target);

/* One write(2) of the whole text, into a file that must be there; a short write is -EIO. */
int target_write(const struct target *target, const char *file, const char *text);

/* A file as one word, blanks at its end cut; for states and flags. */
int target_read_word(const struct target *target, const char *file, char *buffer, size_t size);

bool target_has(const struct target *target, const char *file);

/*
 * What a control is set to, for the instance in `setting` or the first one. -ENOENT: the file says
 * nothing of it; -EOPNOTSUPP: an action, which has no value.
 */
int target_get(const struct target *target, const struct control_row *row,
	       const struct cgw_source *source, struct setting *setting);

/* A number of a metric in this hierarchy, by its first source of that version. */
int target_number(const struct target *target, enum cgw_metric metric, uint64_t *ret_number);

#endif
