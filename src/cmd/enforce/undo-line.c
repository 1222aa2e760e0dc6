/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * undo-line.c - one line of enforce.state.
 *
 * VERB LEVEL KEY ID HIERARCHY PERSISTENT INSTANCE OLD KEPT PATH ASKED DROP_INS, separated by tabs.
 * Texts are escaped, so that they cannot contain a tab or a newline; this format is independent of
 * how names are printed. A line without the last or the last two fields is valid.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/enforce/undo-line.h"
#include "lib/base/cleanup.h"

enum field {
	FIELD_VERB,
	FIELD_LEVEL,
	FIELD_KEY,
	FIELD_ID,
	FIELD_HIERARCHY,
	FIELD_PERSISTENT,
	FIELD_INSTANCE,
	FIELD_OLD,
	FIELD_KEPT,
	FIELD_PATH,
	FIELD_ASKED,
	FIELD_DROP_INS,
	FIELD_COUNT,
};

static const char freeze_key[] = "freeze";

static char *encode(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *copy = malloc(4 * strlen(text) + 1), *to = copy;

	for (; copy != NULL && *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f || byte == '\\') {
			memcpy(to, "\\x", 2);
			to[2] = digits[byte >> 4];
			to[3] = digits[byte & 0xf];
			to += 4;
		} else {
			*to++ = *text;
		}
	}
	if (copy != NULL)
		*to = '\0';
	return copy;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Reverts encode(), in place. */
static void decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0'; to++) {
		if (at[0] == '\\' && at[1] == 'x' && hex_digit(at[2]) >= 0 &&
		    hex_digit(at[3]) >= 0) {
			*to = (char)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
}

int undo_line_format(const struct cgw_layout *layout, const struct undo_record *record,
		     bool removed, char **ret_line)
{
	CLEANUP(cleanup_free) char *instance = encode(record->instance);
	CLEANUP(cleanup_free) char *old = encode(record->old);
	CLEANUP(cleanup_free) char *kept = encode(record->kept != NULL ? record->kept : "");
	CLEANUP(cleanup_free) char *path = encode(record->path);
	CLEANUP(cleanup_free) char *asked = encode(record->asked != NULL ? record->asked : "");
	CLEANUP(cleanup_free)
	char *drop_ins = encode(record->drop_ins != NULL ? record->drop_ins : "");

	if (instance == NULL || old == NULL || kept == NULL || path == NULL || asked == NULL ||
	    drop_ins == NULL ||
	    asprintf(ret_line, "%s\t%d\t%s\t%llu\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n",
		     removed        ? "end"
		     : record->left ? "left"
				    : "set",
		     (int)record->level,
		     record->control < cgw_control_count() ? cgw_control_info(record->control)->key
							   : freeze_key,
		     (unsigned long long)record->group_id,
		     layout->hierarchies[record->hierarchy].label, record->persistent, instance,
		     old, kept, path, asked, drop_ins) < 0)
		return -ENOMEM;
	return 0;
}

static int find_hierarchy(const struct cgw_layout *layout, const char *label, size_t *ret_index)
{
	for (size_t i = 0; i < layout->hierarchy_count; i++)
		if (strcmp(layout->hierarchies[i].label, label) == 0) {
			*ret_index = i;
			return 0;
		}
	return -ENOENT;
}

static const char *text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static int split(char *line, char **fields)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		fields[i] = strsep(&line, "\t");
		if (fields[i] == NULL)
			return i > FIELD_PATH ? 0 : -EBADMSG;
	}
	return 0;
}

int undo_line_parse(const struct cgw_layout *layout, char *line, struct undo_record *ret_record,
		    bool *ret_removed)
{
	char *fields[FIELD_COUNT] = {NULL};
	int control, r = split(line, fields);
	unsigned long level;
	size_t hierarchy;

	if (r < 0)
		return r;
	level = strtoul(fields[FIELD_LEVEL], NULL, 10);
	if (level >= STORE_LEVEL_COUNT || fields[FIELD_PATH][0] != '/' ||
	    (strcmp(fields[FIELD_VERB], "set") != 0 && strcmp(fields[FIELD_VERB], "end") != 0 &&
	     strcmp(fields[FIELD_VERB], "left") != 0))
		return -EBADMSG;
	control = strcmp(fields[FIELD_KEY], freeze_key) == 0
			  ? (int)CGW_CONTROL_NONE
			  : cgw_control_find(fields[FIELD_KEY], NULL);
	r = find_hierarchy(layout, fields[FIELD_HIERARCHY], &hierarchy);
	if (control < 0 || r < 0)
		return -ENOENT;
	for (size_t i = FIELD_INSTANCE; i < FIELD_COUNT; i++)
		if (fields[i] != NULL)
			decode(fields[i]);
	*ret_removed = strcmp(fields[FIELD_VERB], "end") == 0;
	*ret_record = (struct undo_record){
		.level = (enum undo_store_level)level,
		.control = (enum cgw_control)control,
		.group_id = strtoull(fields[FIELD_ID], NULL, 10),
		.hierarchy = hierarchy,
		.persistent = fields[FIELD_PERSISTENT][0] == '1',
		.left = strcmp(fields[FIELD_VERB], "left") == 0,
		.path = fields[FIELD_PATH],
		.instance = fields[FIELD_INSTANCE],
		.old = fields[FIELD_OLD],
		.kept = text_or_null(fields[FIELD_KEPT]),
		.asked = text_or_null(fields[FIELD_ASKED]),
		.drop_ins = text_or_null(fields[FIELD_DROP_INS]),
	};
	return 0;
}
