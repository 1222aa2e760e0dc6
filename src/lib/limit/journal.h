/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h - write-ahead journal of changes.
 *
 * An append-only file with one JSON object per line: an intent ("set", "freeze", ...) with a new
 * number, and later the outcome with the same number. A crash between the two leaves an intent
 * without outcome, which undo treats as done. A line that a crash or a full disk has truncated is
 * cut off or ended before the next one is appended, and its number is not used again.
 *
 * The journal of the default directory does not survive a reboot; a change that does is copied
 * into a second one.
 */
#pragma once

#include <cgward/limit.h>

struct journal;

/* `directory` NULL: /run/cgward, or $XDG_RUNTIME_DIR/cgward for users; created if missing. */
int journal_open(const char *directory, struct journal **ret_journal, struct cgw_diag *diag);
/* The path of that directory. */
int journal_directory(const char *directory, char *buffer, size_t size);
/* That of the copy of persistent changes. -ENOENT: with `directory` there is only one journal. */
int journal_lasting_directory(const char *directory, char *buffer, size_t size);
struct journal *journal_close(struct journal *journal);

/*
 * Assigns the next number to `change`, and to its transaction unless it has one, and appends the
 * intent.
 */
int journal_intend(struct journal *journal, struct cgw_change *change);
/* Appends the outcome of a change, with the value that the kernel kept, and what was created. */
int journal_settle(struct journal *journal, const struct cgw_change *change,
		   enum cgw_outcome outcome);

/* All changes with their outcomes, oldest first, without failed and rolled-back ones. */
int journal_load(const char *directory, struct cgw_change **ret_changes, size_t *ret_count,
		 struct cgw_diag *diag);
void journal_free_changes(struct cgw_change *changes, size_t count);
/* Fails unless only this user can write the directory; it may be missing. For undo. */
int journal_check_directory(const char *directory, struct cgw_diag *diag);
