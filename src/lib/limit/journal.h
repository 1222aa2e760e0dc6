/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal.h - what was changed, written down before it is done.
 *
 * A file of one JSON object a line, only ever appended to: an intent ("set", "freeze", ...) with a new
 * number, later a line with that number and what came of it. So a crash between the two leaves an intent
 * whose outcome is open, which undo treats as done.
 */
#ifndef CGWARD_LIB_LIMIT_JOURNAL_H
#define CGWARD_LIB_LIMIT_JOURNAL_H

#include <cgward/limit.h>

struct journal;

/* `directory` NULL: /run/cgward, or $XDG_RUNTIME_DIR/cgward for users; made when it is not there. */
int journal_open(const char *directory, struct journal **ret_journal, struct cgw_diag *diag);
/* Where that is. */
int journal_directory(const char *directory, char *buffer, size_t size);
struct journal *journal_close(struct journal *journal);

/* Numbers `change` and appends its intent. */
int journal_intend(struct journal *journal, const struct cgw_change *change, uint64_t *ret_id);
/* What came of it, and the value that the kernel kept. */
int journal_settle(struct journal *journal, uint64_t id, enum cgw_outcome outcome,
		   const char *new_value);

/* All changes, oldest first, outcomes folded in; failed ones and those taken back are left out. */
int journal_load(const char *directory, struct cgw_change **ret_changes, size_t *ret_count,
		 struct cgw_diag *diag);
void journal_free_changes(struct cgw_change *changes, size_t count);

#endif
