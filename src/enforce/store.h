/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h - what must be given back, kept where a crash does not reach it.
 *
 * A record is on disk before the kernel's file is written, and goes when the old value is back. Lines
 * are appended, each by one write(); a torn last one is of something that was not done yet. Groups are
 * known by hierarchy and inode: what stands under the name later is not touched.
 */
#ifndef CGWARD_ENFORCE_STORE_H
#define CGWARD_ENFORCE_STORE_H

#include <cgward/limit.h>

/* Who wants the value: a rule's goes after a crash, a standing limit stays where the policy says so. */
enum store_level { STORE_STANDING, STORE_RULE, STORE_LEVEL_COUNT };

struct store_record {
	enum store_level level;
	enum cgw_control control; /* CGW_CONTROL_COUNT: it was frozen */
	uint64_t group_id;
	size_t hierarchy;
	bool stays;                         /* not given back after a crash */
	char *path, *instance, *old, *kept; /* `kept` NULL: written, or not, when we were killed */
};

struct store;
/* -EBUSY: another one holds the directory. Reads what a dead one left. */
int store_open(const char *directory, const struct cgw_layout *layout, struct store **ret_store,
	       struct cgw_diag *diag);
struct store *store_free(struct store *store);
const char *store_directory(const struct store *store);

size_t store_count(const struct store *store);
const struct store_record *store_at(const struct store *store, size_t i);
/* The record of that value, or NULL. */
const struct store_record *store_find(const struct store *store, const struct store_record *like);
/* Copies what it is given. Does nothing where the record is there already: the first value counts. */
int store_add(struct store *store, const struct store_record *record);
int store_keep(struct store *store, const struct store_record *like, const char *kept);
int store_end(struct store *store, const struct store_record *like);
/* The last one takes its place. */
int store_end_at(struct store *store, size_t i);

#endif
