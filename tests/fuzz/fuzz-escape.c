/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-escape.c - escape any bytes: no control characters, and the same when read back. */
#include "fuzz.h"
#include <cgward/base.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *whole = malloc(4 * size + 1), small[17];
	size_t length = cgw_escape(whole, 4 * size + 1, text, size);

	FUZZ_CHECK(length == strlen(whole) && length >= size);
	for (size_t i = 0; i < length; i++)
		FUZZ_CHECK((unsigned char)whole[i] >= 0x20 && whole[i] != 0x7f);
	FUZZ_CHECK(cgw_escape(small, sizeof(small), text, size) < sizeof(small));
	FUZZ_CHECK(length < sizeof(small) ? strcmp(small, whole) == 0
					  : strcmp(small + strlen(small) - 3, "...") == 0);
	length = cgw_escape(whole, 4 * size + 1, text, strlen(text));
	FUZZ_CHECK(cgw_unescape(whole) == strlen(text) && strcmp(whole, text) == 0);
	free(whole);
	free(text);
	return 0;
}
