/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * undo-store.h - undo records on disk, which survive a crash of the daemon.
 *
 * A record is written before the kernel's file, and removed after the old value is restored. Each
 * line is appended by one write(); a torn last line belongs to a change that was not made yet.
 * Groups are identified by hierarchy and inode, so that a new group of the same name is not
 * touched.
 */
#ifndef CGWARD_CMD_ENFORCE_UNDO_STORE_H
#define CGWARD_CMD_ENFORCE_UNDO_STORE_H

#include <cgward/limit.h>

/* Who set the value: a rule's value is restored after a crash, a standing limit may be kept. */
enum undo_store_level { STORE_STANDING, STORE_RULE, STORE_LEVEL_COUNT };

struct undo_record {
	enum undo_store_level level;
	enum cgw_control control; /* CGW_CONTROL_COUNT: the group was frozen */
	uint64_t group_id;
	size_t hierarchy;
	bool persistent;                    /* not restored after a crash */
	char *path, *instance, *old, *kept; /* `kept` NULL: unknown whether written */
};

struct undo_store;
/* Reads the records of an earlier run. -EBUSY: another process has locked the directory. */
int undo_store_open(const char *directory, const struct cgw_layout *layout,
		    struct undo_store **ret_store, struct cgw_diag *diag);
struct undo_store *undo_store_free(struct undo_store *store);
const char *undo_store_directory(const struct undo_store *store);

size_t undo_store_count(const struct undo_store *store);
const struct undo_record *undo_store_at(const struct undo_store *store, size_t i);
/* The record of the same value, or NULL. */
const struct undo_record *undo_store_find(const struct undo_store *store,
					  const struct undo_record *key);
/* Copies the record. Does nothing if there is one already: the first old value counts. */
int undo_store_add(struct undo_store *store, const struct undo_record *record);
/* Remembers the value that the kernel reports after the write. */
int undo_store_set_kept(struct undo_store *store, const struct undo_record *key, const char *kept);
int undo_store_remove(struct undo_store *store, const struct undo_record *key);
/* Moves the last record to index `i`. */
int undo_store_remove_at(struct undo_store *store, size_t i);

#endif
