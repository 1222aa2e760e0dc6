/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* utf8.h - single characters as UTF-8. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one UTF-8 character. Returns its length, or 0 for invalid bytes, including overlong
 * forms, surrogates and code points above U+10FFFF.
 */
static inline size_t utf8_decode(const unsigned char *text, size_t length, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size;
	uint32_t code;

	if (text[0] < 0x80) {
		*ret_code = text[0];
		return 1;
	}
	if ((text[0] & 0xe0) == 0xc0) {
		size = 2;
		code = text[0] & 0x1fU;
	} else if ((text[0] & 0xf0) == 0xe0) {
		size = 3;
		code = text[0] & 0x0fU;
	} else if ((text[0] & 0xf8) == 0xf0) {
		size = 4;
		code = text[0] & 0x07U;
	} else {
		return 0;
	}
	if (size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return size;
}

/* Writes up to four bytes, without a NUL; returns how many. */
static inline size_t utf8_encode(uint32_t code, char *bytes)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = length - 1; i > 0; i--, code >>= 6)
		bytes[i] = (char)(0x80U | (code & 0x3fU));
	bytes[0] = (char)(leads[length] | code);
	return length;
}
