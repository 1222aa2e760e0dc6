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

#include "cmd/enforce/undo-store.h"
#include "lib/base/cleanup.h"

#define FILE_NAME       "enforce.state"
#define STALE_LINES_MAX 4096 /* rewrite the file beyond this */
#define FIELDS          10

struct undo_store {
	const struct cgw_layout *layout;
	char *directory;
	int directory_fd, lock_fd, fd;
	struct undo_record *records;
	size_t count, capacity;
	size_t lines; /* in the file */
};

static void record_done(struct undo_record *record)
{
	free(record->path);
	free(record->instance);
	free(record->old);
	free(record->kept);
}

struct undo_store *undo_store_free(struct undo_store *store)
{
	if (store == NULL)
		return NULL;
	for (size_t i = 0; i < store->count; i++)
		record_done(&store->records[i]);
	free(store->records);
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
	return &store->records[i];
}

static bool is_same(const struct undo_record *a, const struct undo_record *b)
{
	return a->level == b->level && a->control == b->control && a->group_id == b->group_id &&
	       a->hierarchy == b->hierarchy && strcmp(a->instance, b->instance) == 0;
}

static struct undo_record *find(const struct undo_store *store, const struct undo_record *key)
{
	for (size_t i = 0; i < store->count; i++)
		if (is_same(&store->records[i], key))
			return &store->records[i];
	return NULL;
}

const struct undo_record *undo_store_find(const struct undo_store *store,
					  const struct undo_record *key)
{
	return find(store, key);
}

static int append_copy(struct undo_store *store, const struct undo_record *record)
{
	struct undo_record copy = *record;

	if (store->count == store->capacity) {
		size_t capacity = 2 * store->capacity + 64;
		struct undo_record *records =
			reallocarray(store->records, capacity, sizeof(*records));

		if (records == NULL)
			return -ENOMEM;
		store->records = records;
		store->capacity = capacity;
	}
	copy.path = strdup(record->path);
	copy.instance = strdup(record->instance);
	copy.old = strdup(record->old);
	copy.kept = record->kept != NULL ? strdup(record->kept) : NULL;
	if (copy.path == NULL || copy.instance == NULL || copy.old == NULL ||
	    (record->kept != NULL && copy.kept == NULL)) {
		record_done(&copy);
		return -ENOMEM;
	}
	store->records[store->count++] = copy;
	return 0;
}

static void remove_record(struct undo_store *store, struct undo_record *record)
{
	record_done(record);
	*record = store->records[--store->count];
}

/*
 * VERB LEVEL KEY ID HIERARCHY PERSISTENT INSTANCE OLD KEPT PATH, separated by tabs; the path is
 * escaped, so that it cannot contain a tab or a newline.
 */
static int format_line(const struct undo_store *store, const char *verb,
		       const struct undo_record *record, char *buffer, size_t size)
{
	char path[3 * 4096];
	int n;

	cgw_escape(path, sizeof(path), record->path, strlen(record->path));
	n = snprintf(buffer, size, "%s\t%d\t%s\t%llu\t%s\t%d\t%s\t%s\t%s\t%s\n", verb,
		     (int)record->level,
		     record->control < CGW_CONTROL_COUNT ? cgw_control_info(record->control)->key
							 : "freeze",
		     (unsigned long long)record->group_id,
		     store->layout->hierarchies[record->hierarchy].label, record->persistent,
		     record->instance, record->old, record->kept != NULL ? record->kept : "", path);
	return n > 0 && (size_t)n < size ? n : -ENAMETOOLONG;
}

static int write_line(int fd, const char *line, size_t length)
{
	ssize_t n;

	do
		n = write(fd, line, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -ENOSPC;
}

/* Atomically replaces the file by one with only the current records. */
static int rewrite(struct undo_store *store)
{
	CLEANUP(cleanup_close) int fd = -1;
	char line[4 * 4096];
	int r = 0;

	fd = openat(store->directory_fd, FILE_NAME ".new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; r >= 0 && i < store->count; i++) {
		r = format_line(store, "set", &store->records[i], line, sizeof(line));
		if (r > 0)
			r = write_line(fd, line, (size_t)r);
	}
	if (r < 0)
		return r;
	if (renameat(store->directory_fd, FILE_NAME ".new", store->directory_fd, FILE_NAME) < 0)
		return -errno;
	cleanup_close(&store->fd);
	store->fd = steal_fd(&fd);
	store->lines = store->count;
	return 0;
}

static int append(struct undo_store *store, const char *verb, const struct undo_record *record)
{
	char line[4 * 4096];
	int n = format_line(store, verb, record, line, sizeof(line)), r;

	if (n < 0)
		return n;
	r = write_line(store->fd, line, (size_t)n);
	store->lines++;
	return r;
}

int undo_store_add(struct undo_store *store, const struct undo_record *record)
{
	int r;

	if (find(store, record) != NULL)
		return 0;
	r = append(store, "set", record);
	return r < 0 ? r : append_copy(store, record);
}

int undo_store_set_kept(struct undo_store *store, const struct undo_record *key, const char *kept)
{
	struct undo_record *record = find(store, key);
	char *copy = strdup(kept);

	if (record == NULL || copy == NULL) {
		free(copy);
		return record == NULL ? -ENOENT : -ENOMEM;
	}
	free(record->kept);
	record->kept = copy;
	return append(store, "set", record);
}

int undo_store_remove_at(struct undo_store *store, size_t i)
{
	int r = append(store, "end", &store->records[i]);

	remove_record(store, &store->records[i]);
	if (store->lines > store->count + STALE_LINES_MAX)
		return rewrite(store);
	return r;
}

int undo_store_remove(struct undo_store *store, const struct undo_record *key)
{
	const struct undo_record *record = find(store, key);

	return record == NULL ? 0 : undo_store_remove_at(store, (size_t)(record - store->records));
}

static int find_hierarchy(const struct cgw_layout *layout, const char *label, size_t *ret_index)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (strcmp(layout->hierarchies[i].label, label) == 0) {
			*ret_index = i;
			return 0;
		}
	return -ENOENT;
}

static int parse_record(const struct cgw_layout *layout, char **fields,
			struct undo_record *ret_record)
{
	int control = strcmp(fields[2], "freeze") == 0 ? (int)CGW_CONTROL_COUNT
						       : cgw_control_find(fields[2], NULL);
	unsigned long level = strtoul(fields[1], NULL, 10);

	if (control < 0 || level >= STORE_LEVEL_COUNT)
		return -EBADMSG;
	(void)cgw_unescape(fields[9]);
	*ret_record = (struct undo_record){
		.level = (enum undo_store_level)level,
		.control = (enum cgw_control)control,
		.group_id = strtoull(fields[3], NULL, 10),
		.persistent = fields[5][0] == '1',
		.instance = fields[6],
		.old = fields[7],
		.kept = fields[8][0] != '\0' ? fields[8] : NULL,
		.path = fields[9],
	};
	return find_hierarchy(layout, fields[4], &ret_record->hierarchy);
}

/* Ignores lines that are torn or of an unknown version. */
static int parse_line(struct undo_store *store, char *line)
{
	char *fields[FIELDS], *at = line;
	struct undo_record record, *existing;

	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&at, "\t");
		if (fields[i] == NULL)
			return 0;
	}
	if (parse_record(store->layout, fields, &record) < 0)
		return 0;
	existing = find(store, &record);
	if (existing != NULL)
		remove_record(store, existing);
	return strcmp(fields[0], "set") == 0 ? append_copy(store, &record) : 0;
}

static int read_records(struct undo_store *store)
{
	CLEANUP(cleanup_file) FILE *file = NULL;
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int fd, r = 0;

	/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): open after open_directory() */
	fd = openat(store->directory_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] != '\n')
			break; /* torn */
		line[length - 1] = '\0';
		r = parse_line(store, line);
	}
	return r;
}

static int open_directory(struct undo_store *store, const char *directory, struct cgw_diag *diag)
{
	struct stat status;

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
	store->lock_fd = openat(store->directory_fd, "enforce.lock",
				O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0)
		return cgw_diag_set(diag, -errno, "cannot open %s/enforce.lock: %s", directory,
				    strerror(errno));
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return cgw_diag_set(diag, -EBUSY,
				    "another cgward enforce is running (%s is locked)", directory);
	return 0;
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
	if (r == 0)
		r = read_records(store);
	if (r == 0) {
		r = rewrite(store);
		if (r < 0)
			(void)cgw_diag_set(diag, r, "cannot write %s/" FILE_NAME ": %s", directory,
					   strerror(-r));
	}
	if (r < 0) {
		undo_store_free(store);
		return r;
	}
	*ret_store = store;
	return 0;
}
