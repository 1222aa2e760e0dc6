/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* string-list.c - lists of allocated strings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/string-list.h"

int string_list_take(struct string_list *list, char *text)
{
	if (text == NULL)
		return -ENOMEM;
	if (ARRAY_RESERVE(list->items, list->capacity, list->count + 2) < 0) {
		free(text);
		return -ENOMEM;
	}
	list->items[list->count++] = text;
	list->items[list->count] = NULL;
	return 0;
}

int string_list_add(struct string_list *list, const char *text)
{
	return string_list_take(list, strdup(text));
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void string_list_sort(struct string_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

void string_list_sort_unique(struct string_list *list)
{
	size_t unique = 0;

	if (list->count == 0)
		return;
	string_list_sort(list);
	for (size_t i = 0; i < list->count; i++) {
		if (unique > 0 && strcmp(list->items[unique - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[unique++] = list->items[i];
	}
	list->items[unique] = NULL;
	list->count = unique;
}

void string_list_free(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}
