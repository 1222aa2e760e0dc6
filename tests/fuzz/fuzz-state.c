/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-state.c - a damaged state file of the daemon: what can be read survives a rewrite. */
#include "cmd/enforce/undo-store.h"
#include "fuzz.h"

static char first[] = "cpu", second[] = "v2";
static const struct cgw_layout layout = {.hierarchy_count = 2,
					 .hierarchies = {{.label = first}, {.label = second}}};

static struct undo_store *open_store(void)
{
	struct undo_store *store = NULL;
	struct cgw_diag diag = {0};

	FUZZ_CHECK(undo_store_open(fuzz_directory(), &layout, &store, &diag) == 0);
	return store;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_record(struct undo_store *store, struct undo_record *record)
{
	const struct undo_record *kept = undo_store_find(store, record);

	FUZZ_CHECK(record->path[0] == '/' && record->hierarchy < layout.hierarchy_count);
	FUZZ_CHECK(kept != NULL && is_same_text(kept->path, record->path));
	FUZZ_CHECK(is_same_text(kept->old, record->old) && is_same_text(kept->kept, record->kept) &&
		   is_same_text(kept->asked, record->asked) && kept->left == record->left);
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct undo_record **records;
	struct undo_store *store;
	struct cgw_diag diag = {0};
	size_t count, unknown;

	fuzz_file("enforce.state", data, size);
	store = open_store();
	count = undo_store_count(store);
	unknown = undo_store_unknown(store);
	records = calloc(count + 1, sizeof(*records));
	FUZZ_CHECK(records != NULL);
	for (size_t i = 0; i < count; i++) {
		records[i] = undo_record_copy(undo_store_at(store, i));
		FUZZ_CHECK(records[i] != NULL);
	}
	FUZZ_CHECK(undo_store_begin(store, &diag) == 0);
	undo_store_free(store);
	store = open_store();
	FUZZ_CHECK(undo_store_count(store) == count && undo_store_unknown(store) == unknown);
	for (size_t i = 0; i < count; i++)
		check_record(store, records[i]);
	free(records);
	FUZZ_CHECK(undo_store_begin(store, &diag) == 0);
	while (undo_store_count(store) > 0)
		FUZZ_CHECK(undo_store_remove_at(store, 0) == 0);
	undo_store_free(store);
	return 0;
}
