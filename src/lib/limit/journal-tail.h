/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal-tail.h - lookup of the author of a recent change in the change journal.
 *
 * The journal is read incrementally. Not thread-safe.
 */
#pragma once

#include <cgward/limit.h>

struct journal_tail;

/* `directory` NULL: as in journal_open(). It need not exist yet. */
int journal_tail_new(const char *directory, struct journal_tail **ret_tail);
/* Accepts NULL, returns NULL. */
struct journal_tail *journal_tail_free(struct journal_tail *tail);
/*
 * The author of the last change, between two wall-clock times, to the value that metric `key`
 * reads of the group: "cgward set", "rule hog (uid 1000)"; "" if unknown. A callback of struct
 * cgw_recorder_options.
 */
void journal_tail_find_author(void *tail, const char *path, const char *key, uint64_t since_ns,
			      uint64_t until_ns, char *buffer, size_t size);
