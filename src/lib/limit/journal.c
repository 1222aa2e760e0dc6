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

#include "lib/base/cleanup.h"
#include "lib/limit/journal-line.h"
#include "lib/limit/journal.h"

/* A journal of this size is renamed to journal.old, replacing the previous one. */
#define JOURNAL_SIZE_MAX ((off_t)4 << 20)
#define PATH_SIZE        512

struct journal {
	char path[PATH_SIZE];
	int fd; /* open and locked only during an append */
};

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

int journal_open(const char *directory, struct journal **ret_journal, struct cgw_diag *diag)
{
	char path[PATH_SIZE - 16] = "";
	struct journal *journal;
	struct stat stat;
	int r = journal_directory(directory, path, sizeof(path));

	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	/* Another user's directory could contain a forged journal. */
	if (r == 0 && lstat(path, &stat) < 0)
		r = -errno;
	if (r == 0 && (!S_ISDIR(stat.st_mode) || stat.st_uid != geteuid()))
		r = -EPERM;
	if (r < 0)
		return report_no_directory(diag, r, directory, path);
	journal = calloc(1, sizeof(*journal));
	if (journal == NULL)
		return -ENOMEM;
	journal->fd = -1;
	(void)snprintf(journal->path, sizeof(journal->path), "%s/journal", path);
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

/* The highest number in the file's tail. */
static uint64_t last_id(int fd)
{
	char tail[16384];
	struct stat stat;
	uint64_t last = 0;
	ssize_t length;
	off_t from;

	if (fstat(fd, &stat) < 0)
		return 0;
	from = stat.st_size > (off_t)sizeof(tail) ? stat.st_size - (off_t)sizeof(tail) : 0;
	length = pread(fd, tail, sizeof(tail) - 1, from);
	if (length <= 0)
		return 0;
	tail[length] = '\0';
	for (char *line = tail; line != NULL; line = strchr(line, '\n')) {
		static const char start[] = "{\"id\": ";
		uint64_t id;

		line += *line == '\n';
		if (strncmp(line, start, strlen(start)) != 0)
			continue;
		id = strtoull(line + strlen(start), NULL, 10);
		last = id > last ? id : last;
	}
	return last;
}

/* Opens and locks the journal; renames one that is too large first. */
static int open_locked(struct journal *journal, uint64_t *ret_last_id)
{
	for (;;) {
		char aside[PATH_SIZE + 8];
		struct stat opened, named;

		journal->fd = open(journal->path,
				   O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (journal->fd < 0)
			return -errno;
		if (flock(journal->fd, LOCK_EX) < 0 || fstat(journal->fd, &opened) < 0)
			break;
		/* Another process may have renamed the file between open() and flock(). */
		if (stat(journal->path, &named) == 0 && named.st_ino == opened.st_ino) {
			*ret_last_id = last_id(journal->fd);
			if (opened.st_size < JOURNAL_SIZE_MAX)
				return 0;
			(void)snprintf(aside, sizeof(aside), "%s.old", journal->path);
			if (rename(journal->path, aside) < 0)
				break;
			/* The new file continues the numbers. */
			cleanup_close(&journal->fd);
			journal->fd =
				open(journal->path,
				     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
			if (journal->fd < 0 || flock(journal->fd, LOCK_EX) < 0)
				break;
			return 0;
		}
		cleanup_close(&journal->fd);
		journal->fd = -1;
	}
	cleanup_close(&journal->fd);
	journal->fd = -1;
	return -EIO;
}

static int append(struct journal *journal, json_t *line)
{
	CLEANUP(cleanup_free) char *text = NULL;
	char *whole = NULL;
	ssize_t written;
	int length;

	text = line != NULL ? json_dumps(line, JSON_PRESERVE_ORDER) : NULL;
	if (text == NULL)
		return -ENOMEM;
	length = asprintf(&whole, "%s\n", text);
	if (length < 0)
		return -ENOMEM;
	/* One write(): a crash can truncate the last line only. */
	written = write(journal->fd, whole, (size_t)length);
	free(whole);
	return written == length ? 0 : written < 0 ? -errno : -ENOSPC;
}

static void unlock(struct journal *journal)
{
	cleanup_close(&journal->fd);
	journal->fd = -1;
}

int journal_intend(struct journal *journal, const struct cgw_change *change, uint64_t *ret_id)
{
	struct cgw_change numbered = *change;
	uint64_t last;
	json_t *line;
	int r = open_locked(journal, &last);

	if (r < 0)
		return r;
	numbered.id = last + 1;
	line = journal_line_intent(&numbered);
	r = append(journal, line);
	json_decref(line);
	unlock(journal);
	if (r == 0)
		*ret_id = numbered.id;
	return r;
}

int journal_settle(struct journal *journal, uint64_t id, enum cgw_outcome outcome,
		   const char *new_value, uint64_t group_id)
{
	uint64_t last;
	json_t *line;
	int r = open_locked(journal, &last);

	if (r < 0)
		return r;
	line = journal_line_outcome(id, outcome, new_value, group_id);
	r = append(journal, line);
	json_decref(line);
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
	if (loaded->count == loaded->size) {
		size_t size = loaded->size == 0 ? 64 : 2 * loaded->size;
		struct cgw_change *larger = reallocarray(loaded->changes, size, sizeof(*larger));

		if (larger == NULL)
			return -ENOMEM;
		loaded->changes = larger;
		loaded->size = size;
	}
	loaded->changes[loaded->count++] = *change;
	return 0;
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
		r = add_change(loaded, &line.change);
		if (r < 0)
			journal_line_done(&line);
		else if (line.change.undoes != 0 &&
			 (change = find_change(loaded, line.change.undoes)) != NULL)
			change->undone = true;
		return r;
	}
	change = find_change(loaded, line.change.id);
	if (change == NULL)
		return 0;
	if (line.change.group_id != 0)
		change->group_id = line.change.group_id;
	if (line.outcome == CGW_OUTCOME_FAILED || line.outcome == CGW_OUTCOME_ROLLED_BACK ||
	    line.outcome == CGW_OUTCOME_REFUSED) {
		struct cgw_change *undone = find_change(loaded, change->undoes);

		if (undone != NULL)
			undone->undone = false;
		free((void *)(uintptr_t)change->path);
		memmove(change, change + 1,
			(size_t)(loaded->changes + loaded->count - change - 1) * sizeof(*change));
		loaded->count--;
	} else if (line.change.new_value[0] != '\0') {
		memcpy(change->new_value, line.change.new_value, sizeof(change->new_value));
	}
	return 0;
}

static int load_file(const char *path, struct loaded *loaded)
{
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int r = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (length = getline(&line, &size, file)) > 0)
		r = apply_line(loaded, line, (size_t)length);
	return r;
}

void journal_free_changes(struct cgw_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)changes[i].path);
	free(changes);
}

int journal_load(const char *directory, struct cgw_change **ret_changes, size_t *ret_count,
		 struct cgw_diag *diag)
{
	char path[PATH_SIZE] = "", file[PATH_SIZE + 16];
	struct loaded loaded = {0};
	int r = journal_directory(directory, path, sizeof(path));

	if (r < 0)
		return report_no_directory(diag, r, directory, path);
	(void)snprintf(file, sizeof(file), "%s/journal.old", path);
	r = load_file(file, &loaded);
	if (r == 0) {
		(void)snprintf(file, sizeof(file), "%s/journal", path);
		r = load_file(file, &loaded);
	}
	if (r < 0) {
		journal_free_changes(loaded.changes, loaded.count);
		return cgw_diag_set(diag, r, "cannot read %s: %s", file, strerror(-r));
	}
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
