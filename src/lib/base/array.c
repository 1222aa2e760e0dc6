/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* array.c - arrays that grow. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"

#define FIRST_CAPACITY 8

int array_reserve(void *array, size_t *capacity, size_t needed, size_t item_size)
{
	size_t capacity_max, grown = FIRST_CAPACITY;
	char *items;

	assert(item_size > 0);
	if (needed <= *capacity)
		return 0;
	capacity_max = PTRDIFF_MAX / item_size; /* the largest size of an object */
	if (needed > capacity_max)
		return -ENOMEM;
	if (grown < needed)
		grown = needed;
	if (grown < *capacity * 2)
		grown = *capacity * 2;
	if (grown > capacity_max)
		grown = capacity_max;
	/* Pointers to different types may not alias, so the caller's is copied as bytes. */
	memcpy(&items, array, sizeof(items));
	items = reallocarray(items, grown, item_size);
	if (items == NULL)
		return -ENOMEM;
	memset(items + *capacity * item_size, 0, (grown - *capacity) * item_size);
	memcpy(array, &items, sizeof(items));
	*capacity = grown;
	return 0;
}
