/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * journal-tail.h - who changed a limit lately, by the journal of changes: for those who see only that it changed.
 *
 * The journal is followed: of what was read before nothing is read again. One thread at a time.
 */
#ifndef CGWARD_LIB_LIMIT_JOURNAL_TAIL_H
#define CGWARD_LIB_LIMIT_JOURNAL_TAIL_H

#include <cgward/limit.h>

struct who;

/* `directory` NULL: as in journal_open(). It need not be there yet. */
int who_new(const char *directory, struct who **ret_who);
/* Accepts NULL, returns NULL. */
struct who *who_free(struct who *who);
/*
 * Who changed last, between two times of the wall clock, what the metric of that key reads of the group:
 * "cgward set", "rule hog (uid 1000)"; "" where nobody is known. As struct cgw_recorder_options wants it.
 */
void who_changed(void *who, const char *path, const char *key, uint64_t since_ns, uint64_t until_ns,
		 char *buffer, size_t size);

#endif
