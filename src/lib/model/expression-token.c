/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* expression-token.c - words and errors of the expression parsers. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/model/expression-priv.h"

int expression_fail(const struct expression_parser *parser, const char *at, const char *format, ...)
{
	char reason[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return cgw_diag_set(parser->diag, -EINVAL, "position %zu: %s",
			    (size_t)(at - parser->text) + 1, reason);
}

void expression_skip_blanks(struct expression_parser *parser)
{
	parser->at += strspn(parser->at, " \t");
}

size_t expression_word_length(const char *at)
{
	if ((*at < 'a' || *at > 'z') && (*at < 'A' || *at > 'Z'))
		return 0;
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:");
}

bool expression_accept_word(struct expression_parser *parser, const char *word)
{
	size_t length = strlen(word);

	expression_skip_blanks(parser);
	if (expression_word_length(parser->at) != length || strncmp(parser->at, word, length) != 0)
		return false;
	parser->at += length;
	expression_skip_blanks(parser);
	return true;
}
