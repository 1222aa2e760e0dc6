/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exposition.h - state of an exposition and the inline functions of its hot path. */
#pragma once

#include <string.h>

#include <cgward/render.h>

struct cgw_exposition {
	enum cgw_exposition_dialect dialect;
	cgw_exposition_sink *sink;
	void *context;
	int error;
	char name[160]; /* of the samples of the current family */
	size_t name_length;
	size_t used;
	char buffer[65536];
};

/* Slow path: the text does not fit in the buffer. */
void exposition_put_slow(struct cgw_exposition *exposition, const char *text, size_t length);

static inline void exposition_put(struct cgw_exposition *exposition, const char *text,
				  size_t length)
{
	if (length >= sizeof(exposition->buffer) - exposition->used) {
		exposition_put_slow(exposition, text, length);
		return;
	}
	memcpy(exposition->buffer + exposition->used, text, length);
	exposition->used += length;
}

void exposition_put_number(struct cgw_exposition *exposition, uint64_t value, uint64_t divisor);
/* Writes the name of the samples, a suffix and formatted labels: "{group=\"/a\"". */
void exposition_put_sample(struct cgw_exposition *exposition, const char *suffix,
			   const char *labels, size_t length);
