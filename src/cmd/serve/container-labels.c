/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-labels.c - cache of container and pod names for metric labels. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/serve/container-labels.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include <cgward/inspect.h>

#define RETRY_NS UINT64_C(60000000000)

static const char *const label_names[] = {"name", "image", "pod_name", "namespace", "role"};
#define LABEL_COUNT ARRAY_SIZE(label_names)

/* Kind, container and pod; all groups of a container share an entry. */
struct key {
	char text[3 * 256];
};

struct entry {
	char *key;
	char *values[LABEL_COUNT]; /* escaped; NULL if unknown */
	uint64_t lookup_ns;
	bool found, used;
};

struct container_labels {
	char *root;
	uint64_t now_ns;
	struct entry *entries; /* sorted by key */
	size_t count, size;
};

static void entry_clear_values(struct entry *entry)
{
	for (size_t i = 0; i < LABEL_COUNT; i++) {
		free(entry->values[i]);
		entry->values[i] = NULL;
	}
}

static void entry_done(struct entry *entry)
{
	entry_clear_values(entry);
	free(entry->key);
}

int container_labels_new(const char *root, struct container_labels **ret_cache)
{
	struct container_labels *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return -ENOMEM;
	cache->root = root != NULL ? strdup(root) : NULL;
	if (root != NULL && cache->root == NULL) {
		free(cache);
		return -ENOMEM;
	}
	*ret_cache = cache;
	return 0;
}

struct container_labels *container_labels_free(struct container_labels *cache)
{
	if (cache == NULL)
		return NULL;
	for (size_t i = 0; i < cache->count; i++)
		entry_done(&cache->entries[i]);
	free(cache->entries);
	free(cache->root);
	free(cache);
	return NULL;
}

void container_labels_begin(struct container_labels *cache, uint64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < cache->count; i++) {
		struct entry *entry = &cache->entries[i];

		if (!entry->used) {
			entry_done(entry);
			continue;
		}
		entry->used = false;
		cache->entries[kept++] = *entry;
	}
	cache->count = kept;
	cache->now_ns = now_ns;
}

/* Index of the key, or where to insert it. */
static size_t find(const struct container_labels *cache, const char *key, bool *ret_found)
{
	size_t at;

	ARRAY_SEARCH(at, cache->count, strcmp(cache->entries[at].key, key) < 0);
	*ret_found = at < cache->count && strcmp(cache->entries[at].key, key) == 0;
	return at;
}

/* Inserts an entry at index `at`; NULL if out of memory. */
static struct entry *insert(struct container_labels *cache, size_t at, const char *key)
{
	struct entry entry = {.key = strdup(key)};

	if (entry.key == NULL)
		return NULL;
	if (ARRAY_RESERVE(cache->entries, cache->size, cache->count + 1) < 0) {
		free(entry.key);
		return NULL;
	}
	memmove(&cache->entries[at + 1], &cache->entries[at],
		(cache->count - at) * sizeof(*cache->entries));
	cache->entries[at] = entry;
	cache->count++;
	return &cache->entries[at];
}

static void lookup_names(const struct container_labels *cache, const struct cgw_identity *identity,
			 struct entry *entry)
{
	/* A scrape must not wait for a container engine, so read files only. */
	const struct cgw_names_options options = {.state_root = cache->root, .no_sockets = true};
	struct cgw_names found;
	const char *const texts[LABEL_COUNT] = {found.name, found.image, found.pod,
						found.pod_namespace, found.role};

	cgw_names_resolve(identity, &options, &found);
	entry_clear_values(entry);
	for (size_t i = 0; i < LABEL_COUNT; i++)
		if (texts[i][0] != '\0')
			entry->values[i] = strdup(ESCAPED(4 * sizeof(found.name), texts[i]));
	entry->found = found.source[0] != '\0';
	entry->lookup_ns = cache->now_ns;
}

static bool has_names(const struct cgw_identity *identity)
{
	return identity->kind == CGW_IDENTITY_CONTAINER || identity->kind == CGW_IDENTITY_POD ||
	       identity->kind == CGW_IDENTITY_MACHINE;
}

size_t container_labels_get(void *context, const struct cgw_identity *identity,
			    struct cgw_label *labels, size_t capacity)
{
	struct container_labels *cache = context;
	struct entry *entry;
	struct key key;
	size_t at, count = 0;
	bool found_entry;

	if (!has_names(identity))
		return 0;
	snprintf(key.text, sizeof(key.text), "%d/%s/%s", (int)identity->kind,
		 identity->text[CGW_PART_CONTAINER], identity->text[CGW_PART_POD]);
	at = find(cache, key.text, &found_entry);
	entry = found_entry ? &cache->entries[at] : insert(cache, at, key.text);
	if (entry == NULL)
		return 0;
	if (!found_entry || (!entry->found && cache->now_ns - entry->lookup_ns >= RETRY_NS))
		lookup_names(cache, identity, entry);
	entry->used = true;
	for (size_t i = 0; i < LABEL_COUNT && count < capacity; i++)
		if (entry->values[i] != NULL)
			labels[count++] = (struct cgw_label){label_names[i], entry->values[i]};
	return count;
}
