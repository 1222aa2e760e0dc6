/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-names.c - labels of groups, with the names of containers as far as they are known. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tui/list/group-names.h"

#define PATH_SIZE 4096

/* Hexadecimal identifiers of at least this length are shortened, as container engines do. */
#define ID_LENGTH 32
#define ID_SHOWN  12
/* UUIDs with '-' or '_', of pods. */
#define UUID_LENGTH 36
#define UUID_SHOWN  8

void group_names_done(struct group_names *names)
{
	free(names->items);
	*names = (struct group_names){0};
}

static size_t position_of(const struct group_names *names, const char *id)
{
	size_t at;

	ARRAY_SEARCH(at, names->count, strcmp(names->items[at].id, id) < 0);
	return at;
}

const char *group_names_find(const struct group_names *names, const char *id)
{
	size_t at = position_of(names, id);

	return at < names->count && strcmp(names->items[at].id, id) == 0 ? names->items[at].name
									 : NULL;
}

int group_names_add(struct group_names *names, const char *id, const char *name)
{
	size_t at = position_of(names, id);

	if (group_names_find(names, id) != NULL)
		return 0;
	if (ARRAY_RESERVE(names->items, names->capacity, names->count + 1) < 0)
		return -ENOMEM;
	memmove(&names->items[at + 1], &names->items[at],
		(names->count - at) * sizeof(*names->items));
	snprintf(names->items[at].id, sizeof(names->items[at].id), "%s", id);
	snprintf(names->items[at].name, sizeof(names->items[at].name), "%s", name);
	names->count++;
	names->named += name[0] != '\0';
	return 0;
}

const char *group_names_part(const struct cgw_identity *identity)
{
	switch (identity->kind) {
	case CGW_IDENTITY_CONTAINER:
	case CGW_IDENTITY_MACHINE:
		return identity->text[CGW_PART_CONTAINER];
	case CGW_IDENTITY_POD:
		return identity->text[CGW_PART_POD];
	default:
		return "";
	}
}

static bool is_hexadecimal(char character)
{
	return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
	       (character >= 'A' && character <= 'F');
}

/* 8-4-4-4-12 digits, separated by '-' or '_'. */
static bool is_uuid(const char *text)
{
	for (int i = 0; i < UUID_LENGTH; i++) {
		bool separated = i == 8 || i == 13 || i == 18 || i == 23;

		if (separated ? text[i] != '-' && text[i] != '_' : !is_hexadecimal(text[i]))
			return false;
	}
	return true;
}

/* The length of the identifier at `text`, and how much of it is shown; 0: none. */
static size_t identifier_at(const char *text, size_t *ret_shown)
{
	size_t length = 0;

	if (is_uuid(text)) {
		*ret_shown = UUID_SHOWN;
		return UUID_LENGTH;
	}
	while (is_hexadecimal(text[length]))
		length++;
	*ret_shown = ID_SHOWN;
	return length >= ID_LENGTH ? length : 0;
}

/* Copies the text with its identifiers shortened. */
static void shorten(const char *text, char *buffer, size_t size)
{
	size_t used = 0;
	bool inside = false; /* a word: identifiers start at its first character */

	while (*text != '\0' && used + 1 < size) {
		size_t shown = 0, length = inside ? 0 : identifier_at(text, &shown);

		if (length > 0 && used + shown < size) {
			memcpy(buffer + used, text, shown);
			used += shown;
			text += length;
			continue;
		}
		inside = is_hexadecimal(*text);
		buffer[used++] = *text++;
	}
	buffer[used] = '\0';
}

/* The end of the path from its last `count` components on. */
static const char *last_components(const char *path, unsigned count)
{
	const char *at = path + strlen(path);

	while (at > path && count > 0)
		count -= *--at == '/';
	return at + (*at == '/');
}

/* The name that an engine has for the group, with the components below the container. */
static bool resolved_label(const struct group_names *names, const char *path, bool last_only,
			   char *buffer, size_t size)
{
	struct cgw_identity identity;
	const char *part, *name;

	if (names->named == 0)
		return false;
	cgw_identity_from_path(path, &identity);
	part = group_names_part(&identity);
	name = part[0] != '\0' ? group_names_find(names, part) : NULL;
	if (name == NULL || name[0] == '\0' || (last_only && identity.below > 0))
		return false;
	snprintf(buffer, size, "%s%s%s", name, identity.below > 0 ? "/" : "",
		 identity.below > 0 ? last_components(path, identity.below) : "");
	return true;
}

size_t group_label(const struct cgw_topology *topology, const struct group_names *names,
		   enum name_style style, uint32_t group, bool last_only, char *buffer, size_t size)
{
	char path[PATH_SIZE], text[PATH_SIZE];
	const char *shown = path;

	if (cgw_topology_path(topology, group, path, sizeof(path)) >= sizeof(path)) {
		/* Too long for the buffer: its last component is not. */
		last_only = true;
		snprintf(path, sizeof(path), "/%s", topology->name[group]);
	}
	if (style == NAMES_RESOLVED && resolved_label(names, path, last_only, text, sizeof(text)))
		return cgw_escape(buffer, size, text, strlen(text));
	if (last_only && group != 0)
		shown = topology->name[group];
	if (style != NAMES_PATHS) {
		shorten(shown, text, sizeof(text));
		shown = text;
	}
	return cgw_escape(buffer, size, shown, strlen(shown));
}
