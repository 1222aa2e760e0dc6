/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* undo-store.c - append-only file of undo records, compacted now and then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/enforce/undo-line.h"
#include "cmd/enforce/undo-store.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/file-replacement.h"
#include "lib/base/regular-file.h"
#include "lib/base/string-list.h"

#define FILE_NAME       "enforce.state"
#define LOCK_NAME       "enforce.lock"
#define FILE_BYTES_MAX  (UINT64_C(256) << 20) /* a larger one was not written by this program */
#define STALE_LINES_MAX 4096                  /* rewrite the file beyond this and its records */
#define NO_ENTRY        UINT32_MAX

struct entry {
	struct undo_record *record; /* one block of memory */
	uint32_t next;              /* in the chain of its bucket */
};

struct undo_store {
	const struct cgw_layout *layout;
	char *directory;
	int directory_fd, lock_fd, fd; /* fd: -1 before undo_store_begin() */
	struct entry *entries;
	uint32_t *buckets; /* chains of entries; their number is a power of two */
	size_t count, capacity, bucket_count;
	struct string_list unknown; /* lines that are kept as they are */
	size_t lines;               /* in the file */
	off_t bytes;                /* its size; only this program appends to it */
};

struct undo_store *undo_store_free(struct undo_store *store)
{
	if (store == NULL)
		return NULL;
	for (size_t i = 0; i < store->count; i++)
		free(store->entries[i].record);
	string_list_free(&store->unknown);
	free(store->entries);
	free(store->buckets);
	cleanup_close(&store->fd);
	cleanup_close(&store->lock_fd);
	cleanup_close(&store->directory_fd);
	free(store->directory);
	free(store);
	return NULL;
}

const char *undo_store_directory(const struct undo_store *store)
{
	return store->directory;
}

size_t undo_store_count(const struct undo_store *store)
{
	return store->count;
}

const struct undo_record *undo_store_at(const struct undo_store *store, size_t i)
{
	return store->entries[i].record;
}

size_t undo_store_unknown(const struct undo_store *store)
{
	return store->unknown.count;
}

static size_t size_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static const char *append_text(char **at, const char *text)
{
	char *copy = *at;

	if (text == NULL)
		return NULL;
	memcpy(copy, text, size_of(text));
	*at += size_of(text);
	return copy;
}

struct undo_record *undo_record_copy(const struct undo_record *record)
{
	struct undo_record *copy =
		malloc(sizeof(*copy) + size_of(record->path) + size_of(record->instance) +
		       size_of(record->old) + size_of(record->kept) + size_of(record->asked) +
		       size_of(record->drop_ins));
	char *at = (char *)(copy + 1);

	if (copy == NULL)
		return NULL;
	*copy = *record;
	copy->path = append_text(&at, record->path);
	copy->instance = append_text(&at, record->instance);
	copy->old = append_text(&at, record->old);
	copy->kept = append_text(&at, record->kept);
	copy->asked = append_text(&at, record->asked);
	copy->drop_ins = append_text(&at, record->drop_ins);
	return copy;
}

static bool is_same(const struct undo_record *a, const struct undo_record *b)
{
	return a->level == b->level && a->control == b->control && a->group_id == b->group_id &&
	       strcmp(a->instance, b->instance) == 0 &&
	       (a->group_id != 0 ? a->hierarchy == b->hierarchy : strcmp(a->path, b->path) == 0);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
	return hash;
}

static uint32_t *bucket_of(const struct undo_store *store, const struct undo_record *key)
{
	uint64_t hash = key->group_id * UINT64_C(0x9e3779b97f4a7c15);

	hash ^= (uint64_t)key->control << 8 | (uint64_t)key->level;
	hash = hash_text(hash, key->instance);
	hash = key->group_id == 0 ? hash_text(hash, key->path)
				  : hash ^ (uint64_t)key->hierarchy << 2;
	hash ^= hash >> 32;
	return &store->buckets[hash & (store->bucket_count - 1)];
}

/* Index of the record of the same value, or NO_ENTRY. */
static uint32_t find(const struct undo_store *store, const struct undo_record *key)
{
	uint32_t i = store->bucket_count > 0 ? *bucket_of(store, key) : NO_ENTRY;

	while (i != NO_ENTRY && !is_same(store->entries[i].record, key))
		i = store->entries[i].next;
	return i;
}

const struct undo_record *undo_store_find(const struct undo_store *store,
					  const struct undo_record *key)
{
	uint32_t i = find(store, key);

	return i != NO_ENTRY ? store->entries[i].record : NULL;
}

static void link_entry(struct undo_store *store, uint32_t i)
{
	uint32_t *bucket = bucket_of(store, store->entries[i].record);

	store->entries[i].next = *bucket;
	*bucket = i;
}

static void unlink_entry(struct undo_store *store, uint32_t i)
{
	uint32_t *link = bucket_of(store, store->entries[i].record);

	while (*link != i)
		link = &store->entries[*link].next;
	*link = store->entries[i].next;
}

/* Makes room for one more entry. */
static int grow(struct undo_store *store)
{
	size_t bucket_count = 64;
	uint32_t *buckets;

	if (ARRAY_RESERVE(store->entries, store->capacity, store->count + 1) < 0)
		return -ENOMEM;
	if (store->bucket_count >= store->capacity)
		return 0;
	while (bucket_count < store->capacity)
		bucket_count *= 2;
	buckets = malloc(bucket_count * sizeof(*buckets));
	if (buckets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < bucket_count; i++)
		buckets[i] = NO_ENTRY;
	free(store->buckets);
	store->buckets = buckets;
	store->bucket_count = bucket_count;
	for (uint32_t i = 0; i < store->count; i++)
		link_entry(store, i);
	return 0;
}

/* Takes ownership of the record. */
static int insert(struct undo_store *store, struct undo_record *record)
{
	int r = record != NULL ? grow(store) : -ENOMEM;

	if (r < 0) {
		free(record);
		return r;
	}
	store->entries[store->count].record = record;
	link_entry(store, (uint32_t)store->count);
	store->count++;
	return 0;
}

static void erase(struct undo_store *store, uint32_t i)
{
	uint32_t last = (uint32_t)store->count - 1;

	unlink_entry(store, i);
	free(store->entries[i].record);
	if (i != last) {
		unlink_entry(store, last);
		store->entries[i].record = store->entries[last].record;
		link_entry(store, i);
	}
	store->count--;
}

/* Atomically replaces the file by one with only the current records. */
static int rewrite(struct undo_store *store)
{
	CLEANUP(cleanup_replacement) struct file_replacement file = FILE_REPLACEMENT_NONE;
	CLEANUP(cleanup_close) int fd = -1;
	off_t bytes;
	int r = replacement_begin_stream(&file, store->directory_fd, FILE_NAME, 0600, false);

	if (r < 0)
		return r;
	for (size_t i = 0; i < store->unknown.count; i++)
		fprintf(file.stream, "%s\n", store->unknown.items[i]);
	for (size_t i = 0; r == 0 && i < store->count; i++) {
		CLEANUP(cleanup_free) char *line = NULL;

		r = undo_line_format(store->layout, store->entries[i].record, false, &line);
		if (r == 0)
			fputs(line, file.stream);
	}
	/* Records are appended to the new file, which is complete before it has its name. */
	fd = fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
	if (r == 0 && fd < 0)
		r = -errno;
	if (r == 0)
		r = replacement_commit(&file, false);
	if (r < 0)
		return r;
	bytes = lseek(fd, 0, SEEK_END);
	cleanup_close(&store->fd);
	store->fd = steal_fd(&fd);
	store->lines = store->count + store->unknown.count;
	store->bytes = bytes;
	return 0;
}

int undo_store_begin(struct undo_store *store, struct cgw_diag *diag)
{
	int r = rewrite(store);

	if (r == 0)
		return 0;
	/* On a full disk a file can still be removed: nothing is left to be restored twice. */
	if (store->count == 0 && store->unknown.count == 0)
		(void)unlinkat(store->directory_fd, FILE_NAME, 0);
	return cgw_diag_set(diag, r, "cannot write %s/" FILE_NAME ": %s", store->directory,
			    strerror(-r));
}

static int write_line(struct undo_store *store, const char *line)
{
	size_t length = strlen(line);
	ssize_t n;

	do
		n = write(store->fd, line, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* A torn line would swallow the next one. */
	if ((size_t)n != length)
		return ftruncate(store->fd, store->bytes) < 0 ? -errno : -ENOSPC;
	store->bytes += n;
	store->lines++;
	return 0;
}

static int append(struct undo_store *store, const struct undo_record *record, bool removed)
{
	CLEANUP(cleanup_free) char *line = NULL;
	int r = store->fd >= 0 ? undo_line_format(store->layout, record, removed, &line) : -EROFS;

	return r < 0 ? r : write_line(store, line);
}

static bool is_equal_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int undo_store_put(struct undo_store *store, const struct undo_record *record)
{
	uint32_t i = find(store, record);
	const struct undo_record *before = i != NO_ENTRY ? store->entries[i].record : NULL;
	struct undo_record merged = *record, *copy;
	int r;

	if (before != NULL) {
		if (record->live_id == 0) {
			merged.live_id = before->live_id;
			merged.live_hierarchy = before->live_hierarchy;
		}
		merged.old = before->old;
		merged.kept = record->kept != NULL ? record->kept : before->kept;
		merged.drop_ins = before->drop_ins != NULL ? before->drop_ins : record->drop_ins;
		if (is_equal_text(merged.kept, before->kept) &&
		    is_equal_text(merged.asked, before->asked) &&
		    is_equal_text(merged.drop_ins, before->drop_ins) &&
		    merged.live_id == before->live_id && merged.left == before->left &&
		    merged.persistent == before->persistent)
			return 0;
	}
	copy = undo_record_copy(&merged);
	r = copy != NULL ? append(store, copy, false) : -ENOMEM;
	if (r < 0) {
		free(copy);
		return r;
	}
	if (before == NULL)
		return insert(store, copy);
	free(store->entries[i].record);
	store->entries[i].record = copy;
	return 0;
}

int undo_store_remove_at(struct undo_store *store, size_t i)
{
	int r = append(store, store->entries[i].record, true);

	erase(store, (uint32_t)i);
	if (store->lines > 2 * store->count + STALE_LINES_MAX)
		return rewrite(store);
	return r;
}

int undo_store_remove(struct undo_store *store, const struct undo_record *key)
{
	uint32_t i = find(store, key);

	return i == NO_ENTRY ? 0 : undo_store_remove_at(store, i);
}

static int read_line(struct undo_store *store, char *line)
{
	CLEANUP(cleanup_free) char *whole = strdup(line);
	struct undo_record record;
	bool removed;
	uint32_t i;
	int r = whole != NULL ? undo_line_parse(store->layout, line, &record, &removed) : -ENOMEM;

	if (r == -ENOENT)
		return string_list_add(&store->unknown, whole);
	if (r < 0)
		return r == -EBADMSG ? 0 : r;
	i = find(store, &record);
	if (i != NO_ENTRY)
		erase(store, i);
	return removed ? 0 : insert(store, undo_record_copy(&record));
}

static int open_file(const struct undo_store *store, FILE **ret_file)
{
	CLEANUP(cleanup_close)
	int fd = open_regular_file(store->directory_fd, FILE_NAME, O_RDONLY | O_NOFOLLOW,
				   FILE_BYTES_MAX);
	FILE *file;

	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (file == NULL)
		return -ENOMEM;
	steal_fd(&fd);
	*ret_file = file;
	return 0;
}

static int read_records(struct undo_store *store)
{
	CLEANUP(cleanup_file) FILE *file = NULL;
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int r = open_file(store, &file);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] != '\n')
			break; /* torn */
		line[length - 1] = '\0';
		r = read_line(store, line);
	}
	return r;
}

/* Without a lock file in a directory that is read-only or full, no daemon has used it. */
static int lock_directory(struct undo_store *store)
{
	store->lock_fd = openat(store->directory_fd, LOCK_NAME,
				O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0 && (errno == EROFS || errno == ENOSPC || errno == EDQUOT)) {
		store->lock_fd =
			openat(store->directory_fd, LOCK_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (store->lock_fd < 0 && errno == ENOENT)
			return 0;
	}
	if (store->lock_fd < 0)
		return -errno;
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static int open_directory(struct undo_store *store, const char *directory, struct cgw_diag *diag)
{
	struct stat status;
	int r;

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return cgw_diag_set(diag, -errno, "cannot create %s: %s", directory,
				    strerror(errno));
	store->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->directory_fd < 0 || fstat(store->directory_fd, &status) < 0)
		return cgw_diag_set(diag, -errno, "cannot open %s: %s", directory, strerror(errno));
	if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return cgw_diag_set(
			diag, -EPERM,
			"%s is writable by other users, who could change what cgward restores",
			directory);
	r = lock_directory(store);
	if (r == -EBUSY)
		return cgw_diag_set(diag, r, "another cgward enforce is running (%s is locked)",
				    directory);
	return r < 0 ? cgw_diag_set(diag, r, "cannot lock %s/" LOCK_NAME ": %s", directory,
				    strerror(-r))
		     : 0;
}

static int report_unreadable(const char *directory, int error, struct cgw_diag *diag)
{
	const char *reason = error == -EFBIG ? "too large to be the state of cgward"
					     : regular_file_error_text(error);

	return cgw_diag_set(diag, error, "cannot read %s/" FILE_NAME ": %s", directory, reason);
}

int undo_store_open(const char *directory, const struct cgw_layout *layout,
		    struct undo_store **ret_store, struct cgw_diag *diag)
{
	struct undo_store *store = calloc(1, sizeof(*store));
	int r;

	if (store == NULL)
		return -ENOMEM;
	store->layout = layout;
	store->directory_fd = store->lock_fd = store->fd = -1;
	store->directory = strdup(directory);
	r = store->directory != NULL ? open_directory(store, directory, diag) : -ENOMEM;
	if (r == 0) {
		r = read_records(store);
		if (r < 0)
			(void)report_unreadable(directory, r, diag);
	}
	if (r < 0) {
		undo_store_free(store);
		return r;
	}
	*ret_store = store;
	return 0;
}
