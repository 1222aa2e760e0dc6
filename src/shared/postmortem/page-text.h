/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* page-text.h - a post-mortem page as text, from its JSON. */
#pragma once

#include <jansson.h>

/*
 * Members that are missing or of another type are left out; texts are escaped again, so that a file
 * of unknown origin is safe to print. Tables are at most `width` wide, unless it is 0. The caller
 * frees the text. -ENOMEM.
 */
int page_text(const json_t *page, unsigned width, char **ret_text);
