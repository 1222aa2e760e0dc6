/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* journal.c - write-ahead journal of changes, appended under a lock. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/regular-file.h"
#include "lib/limit/journal-last-id.h"
#include "lib/limit/journal-line.h"
#include "lib/limit/journal.h"

/* A journal of this size is renamed to journal.old, replacing the previous one. */
#define JOURNAL_SIZE_MAX ((off_t)4 << 20)
#define FILE_BYTES_MAX   (UINT64_C(1) << 30) /* changes of one action can exceed JOURNAL_SIZE_MAX */
#define PATH_SIZE        512

struct journal {
	char path[PATH_SIZE];
	char lasting[PATH_SIZE]; /* directory of the copy that survives a reboot; "": none */
	int fd;                  /* open and locked only during an append */

	/* The file as this process has left it: unless others have added to it, its last number. */
	ino_t inode;
	off_t size;
	uint64_t last_id;
};

int journal_lasting_directory(const char *directory, char *buffer, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length;

	if (directory != NULL)
		return -ENOENT;
	if (geteuid() == 0)
		length = snprintf(buffer, size, "/var/lib/cgward");
	else if (state != NULL && state[0] == '/')
		length = snprintf(buffer, size, "%s/cgward", state);
	else if (home != NULL && home[0] == '/')
		length = snprintf(buffer, size, "%s/.local/state/cgward", home);
	else
		return -ENOENT;
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int journal_directory(const char *directory, char *buffer, size_t size)
{
	const char *runtime;
	int length;

	if (directory != NULL)
		length = snprintf(buffer, size, "%s", directory);
	else if (geteuid() == 0)
		length = snprintf(buffer, size, "/run/cgward");
	else if ((runtime = getenv("XDG_RUNTIME_DIR")) != NULL && runtime[0] == '/')
		length = snprintf(buffer, size, "%s/cgward", runtime);
	else
		return -ENOENT;
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* Reports a missing directory as -EACCES or -ENOTDIR: -ENOENT would mean a missing group. */
static int report_no_directory(struct cgw_diag *diag, int error, const char *asked,
			       const char *directory)
{
	if (error == -ENOENT && directory[0] == '\0')
		return cgw_diag_set(diag, -EACCES,
				    "cannot open the change journal: XDG_RUNTIME_DIR is not set; "
				    "set it, or specify a directory with --journal");
	return cgw_diag_set(diag,
			    error != -ENOENT ? error
			    : asked != NULL  ? -ENOTDIR
					     : -EACCES,
			    "cannot open the change journal in %s: %s", directory,
			    strerror(-error));
}

/* Others could forge the changes that undo relies on. */
static int check_directory(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return -errno;
	if (!S_ISDIR(status.st_mode))
		return -ENOTDIR;
	if (status.st_uid != geteuid())
		return -EPERM;
	return status.st_mode & (S_IWGRP | S_IWOTH) ? -EACCES : 0;
}

/* Explains an error of check_directory(). */
static int report_directory(struct cgw_diag *diag, int error, const char *asked, const char *path)
{
	if (error == -EPERM)
		return cgw_diag_set(diag, error,
				    "cannot use the change journal in %s: the directory belongs to "
				    "another user",
				    path);
	if (error == -EACCES)
		return cgw_diag_set(diag, error,
				    "cannot use the change journal in %s: others can write to the "
				    "directory",
				    path);
	return report_no_directory(diag, error, asked, path);
}

int journal_check_directory(const char *directory, struct cgw_diag *diag)
{
	char path[PATH_SIZE] = "";
	int r = journal_directory(directory, path, sizeof(path));

	r = r < 0 ? r : check_directory(path);
	return r == 0 || r == -ENOENT ? 0 : report_directory(diag, r, directory, path);
}

int journal_open(const char *directory, struct journal **ret_journal, struct cgw_diag *diag)
{
	char path[PATH_SIZE - 16] = "";
	struct journal *journal;
	int r = journal_directory(directory, path, sizeof(path));

	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		return report_no_directory(diag, -errno, directory, path);
	r = r < 0 ? r : check_directory(path);
	if (r < 0)
		return report_directory(diag, r, directory, path);
	journal = calloc(1, sizeof(*journal));
	if (journal == NULL)
		return -ENOMEM;
	journal->fd = -1;
	snprintf(journal->path, sizeof(journal->path), "%s/journal", path);
	if (journal_lasting_directory(directory, path, sizeof(path)) == 0)
		snprintf(journal->lasting, sizeof(journal->lasting), "%s", path);
	*ret_journal = journal;
	return 0;
}

struct journal *journal_close(struct journal *journal)
{
	if (journal != NULL)
		cleanup_close(&journal->fd);
	free(journal);
	return NULL;
}

static int open_file(const char *path)
{
	return open_regular_file(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, FILE_BYTES_MAX);
}

static int create_file(const char *path)
{
	return create_regular_file(AT_FDCWD, path, O_RDWR | O_APPEND | O_NOFOLLOW, 0600,
				   FILE_BYTES_MAX);
}

/* Opens and locks the file that is currently named journal. */
static int open_locked(struct journal *journal, struct stat *ret_status)
{
	for (;;) {
		CLEANUP(cleanup_close)
		int fd = create_file(journal->path);
		struct stat named;

		if (fd < 0)
			return fd;
		if (flock(fd, LOCK_EX) < 0 || fstat(fd, ret_status) < 0)
			return -errno;
		if (ret_status->st_uid != geteuid() || ret_status->st_mode & (S_IWGRP | S_IWOTH))
			return -EPERM;
		/* Another process may have renamed the file between open() and flock(). */
		if (stat(journal->path, &named) == 0 && named.st_ino == ret_status->st_ino) {
			journal->fd = steal_fd(&fd);
			return 0;
		}
	}
}

static void unlock(struct journal *journal)
{
	cleanup_close(&journal->fd);
	journal->fd = -1;
}

/* The number of the last intent in the file DIRECTORY/NAME; 0 if there is none. */
static int find_last_id_at(const char *start, const char *end, uint64_t *ret_id)
{
	struct stat status;

	CLEANUP(cleanup_close) int fd = open_file(FORMATTED(PATH_SIZE + 16, "%s%s", start, end));
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return fstat(fd, &status) < 0 ? -errno : journal_find_last_id(fd, status.st_size, ret_id);
}

/*
 * A journal that was just renamed leaves an empty one, which continues the numbers of the old. The
 * first one after a reboot continues those of the copy that survived it.
 */
static int find_last_number(const struct journal *journal, off_t size, uint64_t *ret_id)
{
	uint64_t lasting = 0;
	int r = journal_find_last_id(journal->fd, size, ret_id);

	if (r == 0 && *ret_id == 0)
		r = find_last_id_at(journal->path, ".old", ret_id);
	if (r < 0 || journal->lasting[0] == '\0')
		return r;
	r = find_last_id_at(journal->lasting, "/journal", &lasting);
	if (r == 0 && lasting == 0)
		r = find_last_id_at(journal->lasting, "/journal.old", &lasting);
	if (lasting > *ret_id)
		*ret_id = lasting;
	/* What another user may read is not our copy. */
	return r == -EACCES ? 0 : r;
}

static int rotate(struct journal *journal, struct stat *ret_status)
{
	if (rename(journal->path, FORMATTED(PATH_SIZE + 8, "%s.old", journal->path)) < 0)
		return -errno;
	unlock(journal);
	return open_locked(journal, ret_status);
}

/* A crash may have truncated the last line: ends it, so that the next one is not part of it. */
static const char *separator(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' ? "\n" : "";
}

/* Sets `ret_size` to the size after it, unless that is NULL. */
static int append(int fd, json_t *line, off_t size, off_t *ret_size)
{
	CLEANUP(cleanup_free) char *text = NULL, *whole = NULL;
	ssize_t written;
	int length, error;

	text = line != NULL ? json_dumps(line, JSON_PRESERVE_ORDER) : NULL;
	json_decref(line);
	if (text == NULL)
		return -ENOMEM;
	length = asprintf(&whole, "%s%s\n", separator(fd, size), text);
	if (length < 0) {
		whole = NULL;
		return -ENOMEM;
	}
	/* One write(): a crash can truncate the last line only. */
	written = write(fd, whole, (size_t)length);
	if (written == length && ret_size != NULL)
		*ret_size = size + length;
	if (written == length)
		return 0;
	error = written < 0 ? -errno : -ENOSPC;
	/* If this fails too, separator() ends the line later. */
	if (written > 0 && ftruncate(fd, size) < 0)
		return error;
	return error;
}

static int make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755); /* the last mkdir() reports what is wrong */
		*slash = '/';
	}
	return mkdir(path, 0750) < 0 && errno != EEXIST ? -errno : 0;
}

/* Appends a line to the copy that survives a reboot. The lock of the journal covers both. */
static int append_lasting(struct journal *journal, json_t *line)
{
	char path[PATH_SIZE + 16], aside[PATH_SIZE + 16];
	struct stat status;
	int r = make_directories(journal->lasting);

	snprintf(path, sizeof(path), "%s/journal", journal->lasting);
	snprintf(aside, sizeof(aside), "%s/journal.old", journal->lasting);
	r = r < 0 ? r : check_directory(journal->lasting);
	if (r == 0 && lstat(path, &status) == 0 && status.st_size >= JOURNAL_SIZE_MAX &&
	    rename(path, aside) < 0)
		r = -errno;
	CLEANUP(cleanup_close)
	int fd = r < 0 ? r : create_file(path);
	if (fd < 0 || fstat(fd, &status) < 0) {
		json_decref(line);
		return fd < 0 ? fd : -errno;
	}
	return append(fd, line, status.st_size, NULL);
}

static bool is_as_left(const struct journal *journal, const struct stat *status)
{
	return journal->last_id != 0 && status->st_ino == journal->inode &&
	       status->st_size == journal->size;
}

/* Appends a line to the journal, whose last number is then `last_id`; 0: not known. */
static int append_line(struct journal *journal, json_t *line, const struct stat *status,
		       uint64_t last_id)
{
	off_t size = 0;
	int r = append(journal->fd, line, status->st_size, &size);

	journal->inode = status->st_ino;
	journal->size = size;
	journal->last_id = r == 0 ? last_id : 0;
	return r;
}

int journal_intend(struct journal *journal, struct cgw_change *change)
{
	struct cgw_change numbered = *change;
	struct stat status;
	uint64_t last = 0;
	int r = open_locked(journal, &status);

	if (r < 0)
		return r;
	/* The changes of one action stay in one file, so that it can be undone as a whole. */
	if (change->transaction == 0 && status.st_size >= JOURNAL_SIZE_MAX)
		r = rotate(journal, &status);
	if (r == 0 && is_as_left(journal, &status))
		last = journal->last_id;
	else if (r == 0)
		r = find_last_number(journal, status.st_size, &last);
	if (r == 0) {
		numbered.id = last + 1;
		if (numbered.transaction == 0)
			numbered.transaction = numbered.id;
		if (change->persistent && journal->lasting[0] != '\0')
			r = append_lasting(journal, journal_line_intent(&numbered));
		r = r < 0 ? r
			  : append_line(journal, journal_line_intent(&numbered), &status,
					numbered.id);
	}
	unlock(journal);
	if (r == 0) {
		change->id = numbered.id;
		change->transaction = numbered.transaction;
	}
	return r;
}

int journal_settle(struct journal *journal, const struct cgw_change *change,
		   enum cgw_outcome outcome)
{
	struct stat status = {0};
	int r = open_locked(journal, &status);

	if (r < 0)
		return r;
	r = append_line(journal, journal_line_outcome(change, outcome), &status,
			is_as_left(journal, &status) ? journal->last_id : 0);
	if (change->persistent && journal->lasting[0] != '\0') {
		int lasting = append_lasting(journal, journal_line_outcome(change, outcome));

		r = r < 0 ? r : lasting;
	}
	unlock(journal);
	return r;
}

struct loaded {
	struct cgw_change *changes;
	size_t count, size;
};

static struct cgw_change *find_change(struct loaded *loaded, uint64_t id)
{
	for (size_t i = loaded->count; i-- > 0;)
		if (loaded->changes[i].id == id)
			return &loaded->changes[i];
	return NULL;
}

static int add_change(struct loaded *loaded, const struct cgw_change *change)
{
	if (ARRAY_RESERVE(loaded->changes, loaded->size, loaded->count + 1) < 0)
		return -ENOMEM;
	loaded->changes[loaded->count++] = *change;
	return 0;
}

/* Completes a change, or removes one that did not happen. */
static void apply_outcome(struct loaded *loaded, struct cgw_change *change,
			  struct journal_line *line)
{
	if (line->outcome == CGW_OUTCOME_FAILED || line->outcome == CGW_OUTCOME_ROLLED_BACK ||
	    line->outcome == CGW_OUTCOME_REFUSED) {
		struct cgw_change *undone = find_change(loaded, change->undoes);

		if (undone != NULL)
			undone->undone = false;
		journal_change_done(change);
		memmove(change, change + 1,
			(size_t)(loaded->changes + loaded->count - change - 1) * sizeof(*change));
		loaded->count--;
		return;
	}
	if (line->change.group_id != 0)
		change->group_id = line->change.group_id;
	if (line->change.drop_ins != NULL && line->change.drop_ins[0] != '\0') {
		const char *drop_ins = change->drop_ins;

		change->drop_ins = line->change.drop_ins;
		line->change.drop_ins = drop_ins;
	}
	if (line->change.new_value[0] != '\0')
		memcpy(change->new_value, line->change.new_value, sizeof(change->new_value));
	if (line->change.place_count > 0) {
		const struct cgw_place *places = change->places;
		size_t count = change->place_count;

		change->places = line->change.places;
		change->place_count = line->change.place_count;
		line->change.places = places;
		line->change.place_count = count;
	}
}

/* Applies one line: an intent adds a change, an outcome completes or removes one. */
static int apply_line(struct loaded *loaded, const char *text, size_t length)
{
	struct journal_line line;
	struct cgw_change *change;
	int r = journal_line_parse(text, length, &line);

	if (r == -ENOMEM)
		return r;
	if (r < 0) /* truncated by a crash, or foreign */
		return 0;
	if (line.intent) {
		/* A persistent change of this boot is in both journals. */
		bool known = line.change.persistent && find_change(loaded, line.change.id) != NULL;

		r = known ? 0 : add_change(loaded, &line.change);
		if (r < 0 || known)
			journal_change_done(&line.change);
		else if (line.change.undoes != 0 &&
			 (change = find_change(loaded, line.change.undoes)) != NULL)
			change->undone = true;
		return r;
	}
	change = find_change(loaded, line.change.id);
	if (change != NULL)
		apply_outcome(loaded, change, &line);
	journal_change_done(&line.change);
	return 0;
}

static int load_file(int fd, struct loaded *loaded)
{
	CLEANUP(cleanup_file) FILE *file = fdopen(fd, "r");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int r = 0;

	if (file == NULL) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (length = getline(&line, &size, file)) > 0)
		r = apply_line(loaded, line, (size_t)length);
	return r;
}

void journal_free_changes(struct cgw_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		journal_change_done(&changes[i]);
	free(changes);
}

static int load_path(const char *path, struct loaded *loaded)
{
	int fd = open_file(path);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return load_file(fd, loaded);
}

/* Changes that survived a reboot. */
static int load_lasting(const char *directory, struct loaded *loaded)
{
	char path[PATH_SIZE] = "", file[PATH_SIZE + 16];
	int r = journal_lasting_directory(directory, path, sizeof(path));

	r = r < 0 ? r : check_directory(path);
	if (r < 0) /* also one that others can write to, which undo must not trust */
		return r == -ENOMEM ? r : 0;
	snprintf(file, sizeof(file), "%s/journal.old", path);
	r = load_path(file, loaded);
	snprintf(file, sizeof(file), "%s/journal", path);
	return r < 0 ? r : load_path(file, loaded);
}

static int compare_id(const void *a, const void *b)
{
	const struct cgw_change *first = a, *second = b;

	return (first->id > second->id) - (first->id < second->id);
}

int journal_load(const char *directory, struct cgw_change **ret_changes, size_t *ret_count,
		 struct cgw_diag *diag)
{
	char path[PATH_SIZE] = "", file[PATH_SIZE + 16], old[PATH_SIZE + 16];
	struct loaded loaded = {0};
	int fd, r = journal_directory(directory, path, sizeof(path));

	if (r < 0)
		return report_no_directory(diag, r, directory, path);
	r = load_lasting(directory, &loaded);
	snprintf(file, sizeof(file), "%s/journal", path);
	fd = open_file(file);
	/* As long as it is locked, it is not renamed. */
	if (r == 0 && fd >= 0 && flock(fd, LOCK_SH) < 0)
		r = -errno;
	if (r == 0) {
		snprintf(old, sizeof(old), "%s/journal.old", path);
		r = load_path(old, &loaded);
	}
	if (r == 0)
		r = fd >= 0 ? load_file(fd, &loaded) : fd == -ENOENT ? 0 : fd;
	else if (fd >= 0)
		close(fd);
	if (r < 0) {
		journal_free_changes(loaded.changes, loaded.count);
		return cgw_diag_set(diag, r, "cannot read %s: %s", file,
				    regular_file_error_text(r));
	}
	if (loaded.count > 1)
		qsort(loaded.changes, loaded.count, sizeof(*loaded.changes), compare_id);
	*ret_changes = loaded.changes;
	*ret_count = loaded.count;
	return 0;
}

int cgw_journal_read(const char *directory,
		     int (*each)(void *context, const struct cgw_change *change), void *context,
		     struct cgw_diag *diag)
{
	struct cgw_change *changes = NULL;
	size_t count = 0;
	int r = journal_load(directory, &changes, &count, diag);

	if (r < 0)
		return r;
	for (size_t i = count; i-- > 0 && r == 0;)
		r = each(context, &changes[i]);
	journal_free_changes(changes, count);
	return r;
}
