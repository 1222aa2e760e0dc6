/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz.h - interface of a fuzz target, which is linked with libFuzzer or with run-corpus.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A terminated copy, as src/lib/kernel passes file contents to parsers. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* A private directory in memory, for programs that read files; the same one for all inputs. */
const char *fuzz_directory(void);
/* Replaces the file NAME in it; NULL data removes it. */
void fuzz_file(const char *name, const void *data, size_t size);

/* An assertion that NDEBUG does not disable. */
#define FUZZ_CHECK(condition)                                                           \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)
