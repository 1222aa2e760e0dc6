/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target.h - an open group in one hierarchy. */
#pragma once

#include "lib/limit/control-value.h"

struct target {
	const struct cgw_layout *layout;
	const char *path; /* the caller's */
	size_t hierarchy;
	int directory; /* O_PATH; refers to this group even if it is renamed or replaced */
	uint64_t id;   /* its inode */
};

#define TARGET_NONE             \
	{                       \
		.directory = -1 \
	}

/* Resolves the path below the hierarchy's mount point, without symbolic links. */
int target_open(const struct cgw_layout *layout, size_t hierarchy, const char *path,
		struct target *ret_target);
void target_close(struct target *target);

/* Writes the text to an existing file with one write(2); -EIO: short write. */
int target_write(const struct target *target, const char *file, const char *text);
/* The same with O_NONBLOCK: the kernel does not reclaim memory in the write. */
int target_write_nonblock(const struct target *target, const char *file, const char *text);

/*
 * May this process write the file, or with "." create and remove children? 0 also if there is no
 * such file. A plan asks before it changes anything, so that no change is half done and a dry run
 * promises none that the kernel refuses.
 */
int target_may_write(const struct target *target, const char *file);

/* Reads a file and removes trailing whitespace; for states and flags. */
int target_read_word(const struct target *target, const char *file, char *buffer, size_t size);

bool target_has(const struct target *target, const char *file);

/*
 * Reads a control for the instance in `setting`, or the first one. -ENOENT: the file has no such
 * value; -EOPNOTSUPP: an action, which has no value.
 */
int target_get(const struct target *target, const struct control_row *row,
	       const struct cgw_source *source, struct setting *setting);

/* Reads a metric as a number from its first source of the hierarchy's version. */
int target_number(const struct target *target, enum cgw_metric metric, uint64_t *ret_number);

/* The value as it is written, with the name of its device: "nvme0n1 10485760". */
void control_format(const struct cgw_layout *layout, const struct control_row *row,
		    const struct setting *setting, char *buffer, size_t size);
/*
 * cgw_control_read() with the layout of `target`, which also opens `target` as the group in the
 * control's hierarchy, if the group has the control's file: -ENOENT with an open target means that
 * the instance has no value.
 */
int control_read(const char *path, enum cgw_control control, const char *instance,
		 struct target *target, char *buffer, size_t size, struct cgw_diag *diag);
