/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* string-list.h - lists of allocated strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised. `items` ends with NULL once something was added, as argv does. */
struct string_list {
	char **items;
	size_t count;
	size_t capacity;
};

/* Appends a copy. Returns 0 or -ENOMEM with the list unchanged. */
int string_list_add(struct string_list *list, const char *text);
/* Appends `text`, which the list frees from now on, also on failure. NULL is -ENOMEM. */
int string_list_take(struct string_list *list, char *text);
bool string_list_has(const struct string_list *list, const char *text);
/* Sorts by bytes; the other also removes duplicates. */
void string_list_sort(struct string_list *list);
void string_list_sort_unique(struct string_list *list);
/* Frees the strings; the list can be used again. For CLEANUP() as well. */
void string_list_free(struct string_list *list);
