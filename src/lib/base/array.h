/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* array.h - arrays that grow. */
#pragma once

#include <stddef.h>

/*
 * Makes room for at least `needed` items in the array whose pointer is at `array`. New items are
 * zero. The capacity at least doubles, so that appending one at a time costs constant time per
 * item. Returns 0, or -ENOMEM with array and capacity unchanged.
 */
int array_reserve(void *array, size_t *capacity, size_t needed, size_t item_size);

/* ARRAY_RESERVE(list->items, list->capacity, list->count + 1) */
#define ARRAY_RESERVE(array, capacity, needed) \
	array_reserve(&(array), &(capacity), (needed), sizeof(*(array)))

/*
 * For a further array of the same capacity, before ARRAY_RESERVE() of the one that updates it. Both
 * must be given the same `needed`.
 */
static inline int array_reserve_beside(void *array, size_t capacity, size_t needed,
				       size_t item_size)
{
	return array_reserve(array, &capacity, needed, item_size);
}

#define ARRAY_RESERVE_BESIDE(array, capacity, needed) \
	array_reserve_beside(&(array), (capacity), (needed), sizeof(*(array)))

/*
 * Sets `index` to the first of `count` sorted items that is not before the one that is searched.
 * `is_before` tests the item at `index`.
 */
#define ARRAY_SEARCH(index, count, is_before)                   \
	do {                                                    \
		size_t first_ = 0, end_ = (count);              \
		while (first_ < end_) {                         \
			(index) = first_ + (end_ - first_) / 2; \
			if (is_before)                          \
				first_ = (index) + 1;           \
			else                                    \
				end_ = (index);                 \
		}                                               \
		(index) = first_;                               \
	} while (0)
