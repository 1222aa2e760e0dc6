/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * undo-store.h - what must be given back, kept where a crash does not reach it.
 *
 * A record is on disk before the kernel's file is written, and goes when the old value is back. Lines
 * are appended, each by one write(); a torn last one is of something that was not done yet. Groups are
 * known by hierarchy and inode: what stands under the name later is not touched.
 */
#ifndef CGWARD_CMD_ENFORCE_UNDO_STORE_H
#define CGWARD_CMD_ENFORCE_UNDO_STORE_H

#include <cgward/limit.h>

/* Who wants the value: a rule's goes after a crash, a standing limit stays where the policy says so. */
enum undo_store_level { STORE_STANDING, STORE_RULE, STORE_LEVEL_COUNT };

struct undo_record {
	enum undo_store_level level;
	enum cgw_control control; /* CGW_CONTROL_COUNT: it was frozen */
	uint64_t group_id;
	size_t hierarchy;
	bool stays;                         /* not given back after a crash */
	char *path, *instance, *old, *kept; /* `kept` NULL: written, or not, when we were killed */
};

struct undo_store;
/* -EBUSY: another one holds the directory. Reads what a dead one left. */
int undo_store_open(const char *directory, const struct cgw_layout *layout,
		    struct undo_store **ret_store, struct cgw_diag *diag);
struct undo_store *undo_store_free(struct undo_store *store);
const char *undo_store_directory(const struct undo_store *store);

size_t undo_store_count(const struct undo_store *store);
const struct undo_record *undo_store_at(const struct undo_store *store, size_t i);
/* The record of that value, or NULL. */
const struct undo_record *undo_store_find(const struct undo_store *store,
					  const struct undo_record *like);
/* Copies what it is given. Does nothing where the record is there already: the first value counts. */
int undo_store_add(struct undo_store *store, const struct undo_record *record);
int undo_store_compact(struct undo_store *store, const struct undo_record *like, const char *kept);
int undo_store_end(struct undo_store *store, const struct undo_record *like);
/* The last one takes its place. */
int undo_store_end_at(struct undo_store *store, size_t i);

#endif
