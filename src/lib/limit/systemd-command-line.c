/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-command-line.c - calls to systemd formatted as busctl command lines. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/local-text.h"
#include "lib/limit/systemd.h"

/* Text in a buffer; `length` counts beyond its end, as with snprintf(). */
struct line {
	char *buffer;
	size_t size, length;
};

static void put(struct line *line, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line->length + 1 < line->size)
			line->buffer[line->length] = text[i];
		line->length++;
	}
	if (line->size > 0)
		line->buffer[line->length < line->size ? line->length : line->size - 1] = '\0';
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_number(struct line *line, uint64_t number)
{
	put_text(line, FORMATTED(24, " %" PRIu64, number));
}

/* Appends a word quoted for the shell, without control bytes. */
static void put_word(struct line *line, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789@%_+=:,./-";
	char shown[1024];
	/* Backslashes are part of unit names: do not escape them. */
	bool plain = strspn(word, safe) == strlen(word);

	put_text(line, " ");
	if (plain && word[0] != '\0') {
		put_text(line, word);
		return;
	}
	put_text(line, "'");
	for (const char *at = word; *at != '\0'; at++) {
		if (*at == '\'') {
			put_text(line, "'\\''");
		} else if (*at == '\\') {
			put(line, at, 1);
		} else {
			size_t length = cgw_escape(shown, sizeof(shown), at, 1);

			put(line, shown, length);
		}
	}
	put_text(line, "'");
}

static void put_call(struct line *line, const struct cgw_owner *owner, const char *method,
		     const char *signature)
{
	char user[48] = "";

	if (owner->kind == CGW_OWNER_SYSTEMD_USER)
		snprintf(user, sizeof(user), " --user --machine=%u@.host", (unsigned)owner->uid);
	put_text(line, "busctl");
	put_text(line, user);
	put_text(line, " call org.freedesktop.systemd1 /org/freedesktop/systemd1 "
		       "org.freedesktop.systemd1.Manager ");
	put_text(line, method);
	put_text(line, strchr(signature, '(') != NULL ? " '" : " ");
	put_text(line, signature);
	put_text(line, strchr(signature, '(') != NULL ? "'" : "");
	put_word(line, owner->unit);
}

static void put_property(struct line *line, const struct systemd_property *property)
{
	put_word(line, property->name);
	put_text(line, strchr(property->type, '(') != NULL ? " '" : " ");
	put_text(line, property->type);
	put_text(line, strchr(property->type, '(') != NULL ? "'" : "");
	if (strcmp(property->type, "t") == 0) {
		put_number(line, property->number);
	} else if (strcmp(property->type, "b") == 0) {
		put_text(line, property->number != 0 ? " true" : " false");
	} else if (strcmp(property->type, "s") == 0) {
		put_word(line, property->text);
	} else if (strcmp(property->type, "ay") == 0) {
		put_number(line, property->size);
		for (size_t i = 0; i < property->size; i++)
			put_number(line, property->bytes[i]);
	} else if (strcmp(property->type, "a(st)") == 0) {
		put_text(line, " 1");
		put_word(line, property->device);
		put_number(line, property->number);
	} else if (strcmp(property->type, "a(ss)") == 0) {
		put_text(line, " 1");
		put_word(line, property->device);
		put_word(line, property->text);
	}
}

size_t systemd_format_set(const struct cgw_owner *owner, const struct systemd_property *properties,
			  size_t count, bool persist, char *buffer, size_t size)
{
	struct line line = {.buffer = buffer, .size = size};

	put_call(&line, owner, "SetUnitProperties", "sba(sv)");
	put_text(&line, persist ? " false" : " true");
	put_number(&line, count);
	for (size_t i = 0; i < count; i++)
		put_property(&line, &properties[i]);
	return line.length;
}

size_t systemd_format_unit(const struct cgw_owner *owner, const char *method, char *buffer,
			   size_t size)
{
	struct line line = {.buffer = buffer, .size = size};

	put_call(&line, owner, method, "s");
	return line.length;
}
