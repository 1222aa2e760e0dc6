/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-journal.c - a damaged journal of changes: it can be read, and new changes are added. */
#include "fuzz.h"
#include "lib/limit/journal-tail.h"
#include "lib/limit/journal.h"

static char path[] = "/fuzz", value[] = "7";

static uint64_t add_change(void)
{
	struct cgw_change change = {.path = path, .kind = CGW_STEP_SET};
	struct journal *journal;
	struct cgw_diag diag = {0};

	snprintf(change.new_value, sizeof(change.new_value), "%s", value);
	FUZZ_CHECK(journal_open(fuzz_directory(), &journal, &diag) == 0);
	FUZZ_CHECK(journal_intend(journal, &change) == 0);
	FUZZ_CHECK(change.id != 0 && change.transaction == change.id);
	FUZZ_CHECK(journal_settle(journal, &change, CGW_OUTCOME_DONE) == 0);
	journal_close(journal);
	return change.id;
}

static bool is_added(const struct cgw_change *change, uint64_t id)
{
	return change->id == id && strcmp(change->path, path) == 0 &&
	       strcmp(change->new_value, value) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgw_change *changes = NULL, *after = NULL;
	struct journal_tail *tail;
	size_t count = 0, after_count = 0, at = 0;
	struct cgw_diag diag = {0};
	char author[128];
	uint64_t id;

	fuzz_file("journal", data, size);
	fuzz_file("journal.old", NULL, 0);
	FUZZ_CHECK(journal_load(fuzz_directory(), &changes, &count, &diag) == 0);
	id = add_change();
	FUZZ_CHECK(journal_load(fuzz_directory(), &after, &after_count, &diag) == 0);
	/* A damaged line swallows no line that is written after it. */
	FUZZ_CHECK(after_count == count + 1);
	/* Changes are sorted by number, and damaged lines may have larger ones. */
	while (at < after_count && !is_added(&after[at], id))
		at++;
	FUZZ_CHECK(at < after_count);
	FUZZ_CHECK(journal_tail_new(fuzz_directory(), &tail) == 0);
	journal_tail_find_author(tail, path, "pids.max", 0, UINT64_MAX, author, sizeof(author));
	journal_tail_free(tail);
	journal_free_changes(changes, count);
	journal_free_changes(after, after_count);
	return 0;
}
