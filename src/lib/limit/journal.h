/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h - write-ahead journal of changes.
 *
 * An append-only file with one JSON object per line: an intent ("set", "freeze", ...) with a new
 * number, and later the outcome with the same number. A crash between the two leaves an intent
 * without outcome, which undo treats as done.
 */
#ifndef CGWARD_LIB_LIMIT_JOURNAL_H
#define CGWARD_LIB_LIMIT_JOURNAL_H

#include <cgward/limit.h>

struct journal;

/* `directory` NULL: /run/cgward, or $XDG_RUNTIME_DIR/cgward for users; created if missing. */
int journal_open(const char *directory, struct journal **ret_journal, struct cgw_diag *diag);
/* The path of that directory. */
int journal_directory(const char *directory, char *buffer, size_t size);
struct journal *journal_close(struct journal *journal);

/* Assigns the next number to `change` and appends its intent. */
int journal_intend(struct journal *journal, const struct cgw_change *change, uint64_t *ret_id);
/*
 * Appends the outcome and the value that the kernel kept. `group_id`: of the group that the change
 * created, or 0.
 */
int journal_settle(struct journal *journal, uint64_t id, enum cgw_outcome outcome,
		   const char *new_value, uint64_t group_id);

/* All changes with their outcomes, oldest first, without failed and rolled-back ones. */
int journal_load(const char *directory, struct cgw_change **ret_changes, size_t *ret_count,
		 struct cgw_diag *diag);
void journal_free_changes(struct cgw_change *changes, size_t count);

#endif
