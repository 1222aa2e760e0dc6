/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * escape.c - make untrusted text safe to print, and read it back.
 *
 * Any user or container can choose the bytes of a group name. Unescaped, a terminal would execute
 * escape sequences, newlines would break tables, and a bidirectional override would display another
 * name than the one that is acted on.
 *
 * A backslash is printed unchanged, as in the names of systemd units ("a\x2db.scope"), unless the
 * text from it on is an escape that this file writes: then it becomes "\x5c". So no two texts are
 * printed alike.
 */
#include <string.h>

#include <cgward/base.h>

#include "lib/base/utf8.h"

static bool is_shown(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},       /* C0 controls */
		{0x7f, 0x9f},       /* DEL and C1 controls: 0x9b starts a sequence */
		{0xad, 0xad},       /* soft hyphen */
		{0x34f, 0x34f},     /* combining grapheme joiner */
		{0x61c, 0x61c},     /* Arabic letter mark */
		{0x180e, 0x180e},   /* Mongolian vowel separator */
		{0x200b, 0x200f},   /* zero-width characters, direction marks */
		{0x2028, 0x202e},   /* line and paragraph separators, direction embeddings */
		{0x2060, 0x206f},   /* joiners, isolates */
		{0xfe00, 0xfe0f},   /* variation selectors */
		{0xfeff, 0xfeff},   /* byte order mark */
		{0xfff9, 0xfffb},   /* interlinear annotation */
		{0xe0000, 0xe0fff}, /* tags and variation selectors */
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

static const char digits[] = "0123456789abcdef";

static int hex_digit(char character)
{
	const char *at = character != '\0' ? strchr(digits, character) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* The byte of an escape such as "\x1b", if cgw_escape() writes it for some text; otherwise 0. */
static unsigned char escaped_byte(const char *text, size_t length)
{
	int high, low;
	unsigned byte;

	if (length < 4 || text[0] != '\\' || text[1] != 'x')
		return 0;
	high = hex_digit(text[2]);
	low = hex_digit(text[3]);
	byte = high < 0 || low < 0 ? 0 : (unsigned)(high << 4 | low);
	return byte == '\\' || byte >= 0x80 || !is_shown(byte) ? (unsigned char)byte : 0;
}

size_t cgw_escape(char *buffer, size_t size, const char *text, size_t length)
{
	static const char mark[] = "...";
	const unsigned char *bytes = (const unsigned char *)text;
	size_t used = 0, markable = 0, i = 0;

	while (i < length) {
		uint32_t code = 0;
		size_t step = utf8_decode(bytes + i, length - i, &code);

		if (used + sizeof(mark) <= size)
			markable = used;
		if (step > 0 && is_shown(code) && escaped_byte(text + i, length - i) == 0) {
			if (used + step >= size)
				break;
			memcpy(buffer + used, bytes + i, step);
			used += step;
			i += step;
			continue;
		}
		if (step == 0)
			step = 1;
		if (used + 4 * step >= size)
			break;
		for (size_t j = 0; j < step; j++) {
			buffer[used++] = '\\';
			buffer[used++] = 'x';
			buffer[used++] = digits[bytes[i + j] >> 4];
			buffer[used++] = digits[bytes[i + j] & 0xf];
		}
		i += step;
	}
	/* A name that is cut must not look like another name. */
	if (i < length && size >= sizeof(mark)) {
		used = markable;
		memcpy(buffer + used, mark, strlen(mark));
		used += strlen(mark);
	}
	buffer[used] = '\0';
	return used;
}

size_t cgw_unescape(char *text)
{
	size_t length = strlen(text), used = 0;

	for (size_t i = 0; i < length;) {
		unsigned char byte = escaped_byte(text + i, length - i);

		text[used++] = byte != 0 ? (char)byte : text[i];
		i += byte != 0 ? 4 : 1;
	}
	text[used] = '\0';
	return used;
}
