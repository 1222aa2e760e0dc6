/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-words.c - keys of expressions that are not fields; suggestions for unknown keys. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/suggest.h"
#include "lib/base/word-list.h"
#include "lib/model/expression-priv.h"
#include "lib/model/field.h"

/* Properties of a group that are not metrics: their name, followed by aliases. */
static const struct {
	const char *words, *help;
} subjects[CGW_SUBJECT_COUNT] = {
	[CGW_SUBJECT_UNIT] = {"unit", "systemd unit that the group belongs to"},
	[CGW_SUBJECT_CONTAINER] = {"container", "Id or name of the container"},
	[CGW_SUBJECT_OWNER] = {"owner", "Manager of the group: systemd, docker, user, ..."},
	[CGW_SUBJECT_USER] = {"user", "User that owns most of its processes"},
	[CGW_SUBJECT_USER_GROUP] = {"usergroup", "User group that owns most of its processes"},
	[CGW_SUBJECT_COMMAND] = {"command comm", "Name of one of its processes"},
	[CGW_SUBJECT_EXECUTABLE] = {"executable exe", "Executable of one of its processes"},
	[CGW_SUBJECT_ATTRIBUTE] = {"xattr", "Extended attribute: NAME or NAME=VALUE"},
	[CGW_SUBJECT_CONTROLLER] = {"controller", "Controller whose hierarchy contains the group"},
};

static const char age_word[] = "age", age_help[] = "Time since the group was created";

const char *cgw_subject_name(enum cgw_subject subject)
{
	static const char *const names[CGW_SUBJECT_COUNT] = {
		[CGW_SUBJECT_UNIT] = "unit",
		[CGW_SUBJECT_CONTAINER] = "container",
		[CGW_SUBJECT_OWNER] = "owner",
		[CGW_SUBJECT_USER] = "user",
		[CGW_SUBJECT_USER_GROUP] = "usergroup",
		[CGW_SUBJECT_COMMAND] = "command",
		[CGW_SUBJECT_EXECUTABLE] = "executable",
		[CGW_SUBJECT_ATTRIBUTE] = "xattr",
		[CGW_SUBJECT_CONTROLLER] = "controller",
	};

	return subject < CGW_SUBJECT_COUNT ? names[subject] : "?";
}

int cgw_expression_word(size_t i, const char **ret_word, const char **ret_help)
{
	if (i < CGW_SUBJECT_COUNT) {
		*ret_word = cgw_subject_name((enum cgw_subject)i);
		*ret_help = subjects[i].help;
		return 0;
	}
	i -= CGW_SUBJECT_COUNT;
	if (i == 0) {
		*ret_word = age_word;
		*ret_help = age_help;
		return 0;
	}
	*ret_word = host_key(i - 1, ret_help);
	return *ret_word != NULL ? 0 : -ENOENT;
}

bool expression_is_age(const char *key)
{
	return strcmp(key, age_word) == 0;
}

bool expression_find_subject(const char *key, struct term *term)
{
	for (size_t i = 0; i < CGW_SUBJECT_COUNT; i++)
		if (word_list_has(subjects[i].words, key)) {
			term->kind = CGW_TERM_SUBJECT;
			term->subject = (uint8_t)i;
			term->unit = CGW_UNIT_TEXT;
			return true;
		}
	return false;
}

int expression_unknown_key(const struct expression_parser *parser, const char *where,
			   const char *key, bool after_of)
{
	static const char *const wholes[] = {"limit", "host", "parent"};
	struct suggestion nearest = {.input = key};
	struct cgw_field field;
	struct cgw_diag reason = {0};
	char source_key[FIELD_SOURCE_KEY_SIZE];
	const char *word, *help;

	/* A known key with a suffix that is not valid for it. */
	if (cgw_field_parse(key, &field, NULL) == -EINVAL &&
	    cgw_field_parse(key, &field, &reason) == -EINVAL)
		return expression_fail(parser, where, "%s", reason.text);
	for (size_t i = 0; after_of && i < ARRAY_SIZE(wholes); i++)
		suggestion_offer(&nearest, wholes[i]);
	for (size_t i = 0; cgw_expression_word(i, &word, &help) == 0; i++)
		suggestion_offer(&nearest, word);
	field_suggest(&nearest, source_key);
	if (suggestion_word(&nearest) == NULL)
		return expression_fail(parser, where, "unknown field '%s'", key);
	return expression_fail(parser, where, "unknown field '%s'; did you mean '%s'?", key,
			       suggestion_word(&nearest));
}
