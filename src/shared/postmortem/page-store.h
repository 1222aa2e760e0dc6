/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page-store.h - a bounded directory of post-mortem pages, each as ID.json and ID.txt.
 *
 * The ID is the time of the page, such as 20261124T031500Z-001, so that IDs sort by time.
 */
#pragma once

#include <jansson.h>

#include "lib/base/string-list.h"
#include <cgward/base.h>

#define PAGE_ID_SIZE 32

struct page_store;
/* Creates the directory, with mode 0700, if it is missing. */
int page_store_open(const char *directory, size_t pages_max, uint64_t bytes_max,
		    struct page_store **ret_store, struct cgw_diag *diag);
/* Accepts NULL, returns NULL. */
struct page_store *page_store_free(struct page_store *store);
/*
 * Writes a page, to which it adds the ID as its first member "id", after deleting the oldest ones
 * to make room. A page is either complete or missing, also after a crash.
 */
int page_store_write(struct page_store *store, json_t *page, uint64_t realtime_ns,
		     char ret_id[PAGE_ID_SIZE]);

/* The same in two steps, which allocate no memory. */
int page_store_choose_id(const struct page_store *store, uint64_t realtime_ns,
			 char id[PAGE_ID_SIZE]);
int page_store_write_texts(struct page_store *store, const char *id, const char *json,
			   const char *text);

/* The IDs in a directory, oldest first. -ENOENT: there is no such directory. */
int page_store_list(const char *directory, struct string_list *ids);
/* -ENOENT: no such page; -EINVAL: not an ID; -EBADMSG: damaged. The caller owns the page. */
int page_store_read(const char *directory, const char *id, json_t **ret_page);
/* The newest page about the group, whose path is given as raw bytes. -ENOENT: none. */
int page_store_newest(const char *directory, const char *path, json_t **ret_page);
