/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-store.c - write, list and delete post-mortem pages. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file-replacement.h"
#include "lib/base/json-cleanup.h"
#include "lib/base/local-text.h"
#include "lib/base/regular-file.h"
#include "shared/postmortem/page-store.h"
#include "shared/postmortem/page-text.h"

#define PAGE_BYTES_MAX (4 << 20)
#define SAME_SECOND    999

struct page_store {
	int directory;
	size_t pages_max;
	uint64_t bytes_max;
};

/* "20261124T031500Z-001"; other files in the directory are left alone. */
static bool is_id(const char *text, size_t length)
{
	static const char form[] = "00000000T000000Z-000";

	if (length != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < length; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_page(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0 &&
	       is_id(entry->d_name, length - 5);
}

static int list_ids(int directory, struct string_list *ids)
{
	struct dirent **entries;
	int count = scandirat(directory, ".", &entries, is_page, by_bytes), r = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		entries[i]->d_name[strlen(entries[i]->d_name) - 5] = '\0';
		if (r == 0)
			r = string_list_add(ids, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* Files of a write that a crash interrupted. */
static int is_partial(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".new") == 0 &&
	       is_id(entry->d_name, strcspn(entry->d_name, "."));
}

static void remove_partial(int directory)
{
	struct dirent **entries;
	int count = scandirat(directory, ".", &entries, is_partial, by_bytes);

	for (int i = 0; i < count; i++) {
		(void)unlinkat(directory, entries[i]->d_name, 0);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static int make_directory(const char *directory)
{
	CLEANUP(cleanup_free) char *parent = strdup(directory);
	char *slash = parent != NULL ? strrchr(parent, '/') : NULL;

	if (parent == NULL)
		return -ENOMEM;
	if (mkdir(directory, 0700) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || slash == NULL || slash == parent)
		return -errno;
	*slash = '\0';
	if (mkdir(parent, 0755) < 0 || mkdir(directory, 0700) < 0)
		return -errno;
	return 0;
}

int page_store_open(const char *directory, size_t pages_max, uint64_t bytes_max,
		    struct page_store **ret_store, struct cgw_diag *diag)
{
	CLEANUP(cleanup_close) int fd = -1;
	struct page_store *store;
	struct stat status = {0};
	int r = make_directory(directory);

	if (r == 0) {
		fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
	}
	if (r < 0)
		return cgw_diag_set(diag, r, "cannot open %s: %s", directory, strerror(-r));
	if (status.st_mode & (S_IWGRP | S_IWOTH) || status.st_uid != geteuid())
		return cgw_diag_set(diag, -EPERM,
				    "%s belongs to another user, or others can write to it",
				    directory);
	store = calloc(1, sizeof(*store));
	if (store == NULL)
		return cgw_diag_set(diag, -ENOMEM, "%s", strerror(ENOMEM));
	remove_partial(fd);
	/* The C library allocates memory for time zones at the first use. */
	(void)gmtime_r(&status.st_mtime, &(struct tm){0});
	*store = (struct page_store){steal_fd(&fd), pages_max, bytes_max};
	*ret_store = store;
	return 0;
}

struct page_store *page_store_free(struct page_store *store)
{
	if (store != NULL)
		close(store->directory);
	free(store);
	return NULL;
}

struct page_name {
	char text[PAGE_ID_SIZE + 16];
};

static struct page_name name_of(const char *id, const char *suffix)
{
	struct page_name name;

	snprintf(name.text, sizeof(name.text), "%s.%s", id, suffix);
	return name;
}

static uint64_t size_of(int directory, const char *file)
{
	struct stat status;

	return fstatat(directory, file, &status, AT_SYMLINK_NOFOLLOW) == 0
		       ? (uint64_t)status.st_size
		       : 0;
}

/* What the pages in the directory take, and the oldest one. */
struct usage {
	size_t count;
	uint64_t bytes;
	char oldest[PAGE_ID_SIZE];
};

static void add_entry(int directory, const char *name, struct usage *usage)
{
	char id[PAGE_ID_SIZE];
	size_t length = strlen(name);

	if (length < 6 || length - 5 >= sizeof(id) || strcmp(name + length - 5, ".json") != 0 ||
	    !is_id(name, length - 5))
		return;
	memcpy(id, name, length - 5);
	id[length - 5] = '\0';
	usage->bytes += size_of(directory, name) + size_of(directory, name_of(id, "txt").text);
	if (usage->count++ == 0 || strcmp(id, usage->oldest) < 0)
		memcpy(usage->oldest, id, sizeof(id));
}

/* Not with opendir(), which allocates memory. */
static int measure(int directory, struct usage *usage)
{
	_Alignas(struct dirent64) char entries[4096];
	ssize_t length;

	*usage = (struct usage){0};
	if (lseek(directory, 0, SEEK_SET) < 0)
		return -errno;
	while ((length = getdents64(directory, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < length;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			add_entry(directory, entry->d_name, usage);
			at += entry->d_reclen;
		}
	return length < 0 ? -errno : 0;
}

/* Deletes the oldest pages until `bytes` more fit. Allocates no memory. */
static int make_room(struct page_store *store, uint64_t bytes)
{
	struct usage usage;
	int r;

	while ((r = measure(store->directory, &usage)) == 0 && usage.count > 0 &&
	       (usage.count >= store->pages_max || usage.bytes + bytes > store->bytes_max)) {
		(void)unlinkat(store->directory, name_of(usage.oldest, "txt").text, 0);
		if (unlinkat(store->directory, name_of(usage.oldest, "json").text, 0) < 0)
			return -errno;
	}
	return r;
}

int page_store_choose_id(const struct page_store *store, uint64_t realtime_ns,
			 char id[PAGE_ID_SIZE])
{
	time_t seconds = (time_t)(realtime_ns / NS_PER_S);
	struct tm utc;
	size_t length;

	if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year + 1900 > 9999)
		return -EOVERFLOW;
	length = strftime(id, PAGE_ID_SIZE, "%Y%m%dT%H%M%SZ", &utc);
	for (unsigned i = 1; i <= SAME_SECOND; i++) {
		snprintf(id + length, PAGE_ID_SIZE - length, "-%03u", i);
		if (faccessat(store->directory, name_of(id, "json").text, F_OK,
			      AT_SYMLINK_NOFOLLOW) < 0)
			return 0;
	}
	return -EEXIST;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Allocates no memory. */
static int write_file(const struct page_store *store, const char *id, const char *suffix,
		      const char *text)
{
	CLEANUP(cleanup_replacement) struct file_replacement file = FILE_REPLACEMENT_NONE;
	const struct page_name name = name_of(id, suffix);
	int r = replacement_begin(&file, store->directory, name.text, 0600, false);

	if (r == 0)
		r = write_all(file.fd, text, strlen(text));
	return r < 0 ? r : replacement_commit(&file, true);
}

int page_store_write_texts(struct page_store *store, const char *id, const char *json,
			   const char *text)
{
	int r = make_room(store, strlen(json) + strlen(text));

	/* The JSON is what makes it a page, so it comes last. */
	if (r == 0)
		r = write_file(store, id, "txt", text);
	if (r == 0)
		r = write_file(store, id, "json", json);
	if (r < 0)
		(void)unlinkat(store->directory, name_of(id, "txt").text, 0);
	else
		(void)fsync(store->directory);
	return r;
}

int page_store_write(struct page_store *store, json_t *page, uint64_t realtime_ns,
		     char ret_id[PAGE_ID_SIZE])
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *json = NULL;
	char id[PAGE_ID_SIZE];
	int r = page_store_choose_id(store, realtime_ns, id);

	if (r < 0)
		return r;
	if (json_object_set_new(page, "id", json_string(id)) < 0)
		return -ENOMEM;
	json = json_dumps(page, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(8));
	r = json != NULL ? page_text(page, 0, &text) : -ENOMEM;
	if (r == 0)
		r = page_store_write_texts(store, id, json, text);
	if (r == 0)
		memcpy(ret_id, id, sizeof(id));
	return r;
}

int page_store_list(const char *directory, struct string_list *ids)
{
	CLEANUP(cleanup_close) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : list_ids(fd, ids);
}

static int read_page(int directory, const char *id, json_t **ret_page)
{
	CLEANUP(cleanup_close)
	int fd = open_regular_file(directory, name_of(id, "json").text, O_RDONLY | O_NOFOLLOW,
				   PAGE_BYTES_MAX);
	json_t *page;

	if (fd < 0)
		return fd;
	page = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(page)) {
		json_decref(page);
		return -EBADMSG;
	}
	*ret_page = page;
	return 0;
}

int page_store_read(const char *directory, const char *id, json_t **ret_page)
{
	CLEANUP(cleanup_close) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!is_id(id, strlen(id)))
		return -EINVAL;
	return fd < 0 ? -errno : read_page(fd, id, ret_page);
}

int page_store_newest(const char *directory, const char *path, json_t **ret_page)
{
	CLEANUP(cleanup_close) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(string_list_free) struct string_list ids = {0};
	CLEANUP(cleanup_free) char *shown = escape_copy(path);
	int r = fd < 0 ? -errno : list_ids(fd, &ids);

	if (r == 0 && shown == NULL)
		r = -ENOMEM;
	for (size_t i = ids.count; i-- > 0 && r == 0;) {
		json_t *page;

		if (read_page(fd, ids.items[i], &page) < 0)
			continue;
		if (json_is_string(json_object_get(page, "group")) &&
		    strcmp(json_string_value(json_object_get(page, "group")), shown) == 0) {
			*ret_page = page;
			return 0;
		}
		json_decref(page);
	}
	return r < 0 ? r : -ENOENT;
}
