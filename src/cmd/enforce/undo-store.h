/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * undo-store.h - undo records on disk, which survive a crash of the daemon.
 *
 * A record is written before the kernel's file, and removed after the old value is restored. Each
 * line is appended by one write(); a torn line belongs to a change that was not made. Groups are
 * identified by the inode of their directory in the hierarchy that was written, so that a new group
 * of the same name is not touched; settings of systemd units by the path, because a unit keeps them
 * when it is restarted with another group. Records are found through a hash table.
 */
#pragma once

#include "cmd/enforce/undo-line.h"

struct undo_store;
/*
 * Locks the directory and reads the records of an earlier run. Writes nothing, so that they can be
 * restored even if the directory is read-only or full. -EBUSY: another process has the lock.
 */
int undo_store_open(const char *directory, const struct cgw_layout *layout,
		    struct undo_store **ret_store, struct cgw_diag *diag);
/* Rewrites the file with the current records; no record can be added before. */
int undo_store_begin(struct undo_store *store, struct cgw_diag *diag);
struct undo_store *undo_store_free(struct undo_store *store);
const char *undo_store_directory(const struct undo_store *store);

size_t undo_store_count(const struct undo_store *store);
/* The pointer is valid until the next change of the store. */
const struct undo_record *undo_store_at(const struct undo_store *store, size_t i);
/* Number of records that cannot be restored now, such as those of unmounted hierarchies. */
size_t undo_store_unknown(const struct undo_store *store);
/* The record of the same value, or NULL; valid until the next change of the store. */
const struct undo_record *undo_store_find(const struct undo_store *store,
					  const struct undo_record *key);
/*
 * Copies the record. If there is one of the same value, it keeps its first `old`, and `kept` unless
 * the new one has another.
 */
int undo_store_put(struct undo_store *store, const struct undo_record *record);
int undo_store_remove(struct undo_store *store, const struct undo_record *key);
/* Moves the last record to index `i`. */
int undo_store_remove_at(struct undo_store *store, size_t i);

/* Copies a record and its strings into one block, to be freed; NULL without memory. */
struct undo_record *undo_record_copy(const struct undo_record *record);
