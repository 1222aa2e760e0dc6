/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-journal-tail.c - unit tests of author lookup in a journal that grows and is rotated. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/limit/journal-tail.h"
#include "lib/limit/journal.h"
#include "test.h"
#include "tree.h"

#define SECOND UINT64_C(1000000000)
#define EPOCH  (UINT64_C(1700000000) * SECOND)

static void change(const char *directory, uint64_t at, const char *key, const char *tail, uid_t uid,
		   enum cgw_outcome outcome)
{
	struct cgw_change change = {
		.realtime_ns = EPOCH + at * SECOND,
		.kind = strcmp(key, "") == 0 ? CGW_STEP_FREEZE : CGW_STEP_SET,
		.path = "/a\nb",
		.uid = uid,
	};
	struct journal *journal;

	snprintf(change.key, sizeof(change.key), "%s", key);
	snprintf(change.who, sizeof(change.who), "%s", tail);
	assert_int_equal(journal_open(directory, &journal, NULL), 0);
	assert_int_equal(journal_intend(journal, &change), 0);
	snprintf(change.new_value, sizeof(change.new_value), "5");
	assert_int_equal(journal_settle(journal, &change, outcome), 0);
	journal_close(journal);
}

static const char *author(struct journal_tail *tail, const char *key, uint64_t since,
			  uint64_t until)
{
	static char buffer[128];

	journal_tail_find_author(tail, "/a\nb", key, EPOCH + since * SECOND, EPOCH + until * SECOND,
				 buffer, sizeof(buffer));
	return buffer;
}

static void test_journal_names_author_of_change(void **state)
{
	struct tree_dir *dir = tree_new();
	char directory[300], file[320];
	struct journal_tail *tail;

	(void)tree_at(dir, "state", directory, sizeof(directory));
	assert_int_equal(journal_tail_new(directory, &tail), 0);
	assert_string_equal(author(tail, "memory.max", 0, 5), ""); /* no journal yet */
	change(directory, 10, "memory.max", "cgward set", 0, CGW_OUTCOME_DONE);
	change(directory, 20, "pids.max", "rule r", 1000, CGW_OUTCOME_DONE);
	change(directory, 20, "cpu.weight", "cgward top", 0, CGW_OUTCOME_DONE);
	assert_string_equal(author(tail, "memory.max", 8, 12), "cgward set");
	assert_string_equal(author(tail, "pids.max", 18, 22), "rule r (uid 1000)");
	/* Two metrics of one file. */
	assert_string_equal(author(tail, "cpu.shares", 18, 22), "cgward top");
	assert_string_equal(author(tail, "memory.high", 8, 12), "");
	assert_string_equal(author(tail, "memory.max", 12, 18), "");
	assert_string_equal(author(tail, "memory.max", 2, 8), "");
	assert_string_equal(author(tail, "no.such.key", 8, 12), "");
	/* The last change counts, unless it failed. */
	change(directory, 30, "memory.max", "cgward undo", 0, CGW_OUTCOME_DONE);
	change(directory, 31, "memory.max", "cgward top", 0, CGW_OUTCOME_FAILED);
	assert_string_equal(author(tail, "memory.max", 28, 32), "cgward undo");
	change(directory, 40, "", "rule f", 0, CGW_OUTCOME_DONE);
	assert_string_equal(author(tail, "cgroup.freeze", 38, 42), "rule f");
	/* A new journal replaces the file. */
	snprintf(file, sizeof(file), "%s/journal", directory);
	assert_int_equal(unlink(file), 0);
	change(directory, 50, "memory.max", "cgward run", 0, CGW_OUTCOME_DONE);
	assert_string_equal(author(tail, "memory.max", 48, 52), "cgward run");
	assert_string_equal(author(tail, "memory.max", 28, 32), "cgward undo"); /* still known */
	journal_tail_free(tail);
	/* A new reader reads the end of the journal. */
	assert_int_equal(journal_tail_new(directory, &tail), 0);
	assert_string_equal(author(tail, "memory.max", 48, 52), "cgward run");
	journal_tail_free(tail);
	tree_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal_names_author_of_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
