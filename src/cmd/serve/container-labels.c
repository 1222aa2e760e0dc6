/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* container-labels.c - names for the identifiers of containers and pods, as labels. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/serve/container-labels.h"
#include "lib/base/cleanup.h"
#include <cgward/inspect.h>

#define AGAIN_NS UINT64_C(60000000000)

static const char *const label_names[] = {"name", "image", "pod_name", "namespace", "role"};
#define LABEL_COUNT ARRAY_SIZE(label_names)

/* Kind, container and pod: groups beneath one thing share its names. */
struct key {
	char text[3 * 256];
};

struct entry {
	char *key;
	char *values[LABEL_COUNT]; /* escaped; NULL where there is none */
	uint64_t looked_ns;
	bool found, used;
};

struct names {
	char *root;
	uint64_t now_ns;
	struct entry *entries; /* by key */
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

int names_new(const char *root, struct names **ret_names)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return -ENOMEM;
	names->root = root != NULL ? strdup(root) : NULL;
	if (root != NULL && names->root == NULL) {
		free(names);
		return -ENOMEM;
	}
	*ret_names = names;
	return 0;
}

struct names *names_free(struct names *names)
{
	if (names == NULL)
		return NULL;
	for (size_t i = 0; i < names->count; i++)
		entry_done(&names->entries[i]);
	free(names->entries);
	free(names->root);
	free(names);
	return NULL;
}

void names_begin(struct names *names, uint64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct entry *entry = &names->entries[i];

		if (!entry->used) {
			entry_done(entry);
			continue;
		}
		entry->used = false;
		names->entries[kept++] = *entry;
	}
	names->count = kept;
	names->now_ns = now_ns;
}

/* Where the key stands, or would. */
static size_t find(const struct names *names, const char *key, bool *ret_there)
{
	size_t low = 0, high = names->count;

	*ret_there = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(key, names->entries[middle].key);

		if (order == 0) {
			*ret_there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A new entry at its place; NULL without memory. */
static struct entry *insert(struct names *names, size_t at, const char *key)
{
	struct entry entry = {.key = strdup(key)};

	if (entry.key == NULL)
		return NULL;
	if (names->count == names->size) {
		size_t size = names->size == 0 ? 64 : 2 * names->size;
		struct entry *larger = reallocarray(names->entries, size, sizeof(*larger));

		if (larger == NULL) {
			free(entry.key);
			return NULL;
		}
		names->entries = larger;
		names->size = size;
	}
	memmove(&names->entries[at + 1], &names->entries[at],
		(names->count - at) * sizeof(*names->entries));
	names->entries[at] = entry;
	names->count++;
	return &names->entries[at];
}

static void look(const struct names *names, const struct cgw_identity *identity,
		 struct entry *entry)
{
	/* A scrape must not wait for an engine: its files alone. */
	const struct cgw_names_options options = {.state_root = names->root, .no_sockets = true};
	struct cgw_names found;
	const char *const texts[LABEL_COUNT] = {found.name, found.image, found.pod,
						found.pod_namespace, found.role};
	char safe[4 * sizeof(found.name)];

	cgw_names_resolve(identity, &options, &found);
	entry_clear_values(entry);
	for (size_t i = 0; i < LABEL_COUNT; i++)
		if (texts[i][0] != '\0') {
			(void)cgw_escape(safe, sizeof(safe), texts[i], strlen(texts[i]));
			entry->values[i] = strdup(safe);
		}
	entry->found = found.source[0] != '\0';
	entry->looked_ns = names->now_ns;
}

static bool has_names(const struct cgw_identity *identity)
{
	return identity->kind == CGW_IDENTITY_CONTAINER || identity->kind == CGW_IDENTITY_POD ||
	       identity->kind == CGW_IDENTITY_MACHINE;
}

size_t names_labels(void *context, const struct cgw_identity *identity, struct cgw_label *labels,
		    size_t capacity)
{
	struct names *names = context;
	struct entry *entry;
	struct key key;
	size_t at, count = 0;
	bool there;

	if (!has_names(identity))
		return 0;
	(void)snprintf(key.text, sizeof(key.text), "%d/%s/%s", (int)identity->kind,
		       identity->text[CGW_PART_CONTAINER], identity->text[CGW_PART_POD]);
	at = find(names, key.text, &there);
	entry = there ? &names->entries[at] : insert(names, at, key.text);
	if (entry == NULL)
		return 0;
	if (!there || (!entry->found && names->now_ns - entry->looked_ns >= AGAIN_NS))
		look(names, identity, entry);
	entry->used = true;
	for (size_t i = 0; i < LABEL_COUNT && count < capacity; i++)
		if (entry->values[i] != NULL)
			labels[count++] = (struct cgw_label){label_names[i], entry->values[i]};
	return count;
}
