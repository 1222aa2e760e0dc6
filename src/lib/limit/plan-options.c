/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan-options.c - a plan's own copy of its options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/limit/plan.h"

static char *copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static void free_string(const char *text)
{
	free((void *)(uintptr_t)text);
}

void plan_options_done(const struct cgw_limit_options *options)
{
	free_string(options->journal);
	free_string(options->who);
	free_string(options->why);
}

int plan_options_copy(const struct cgw_limit_options *options, struct cgw_limit_options *ret_copy)
{
	struct cgw_limit_options copied = {0};

	if (options != NULL)
		copied = *options;
	copied.journal = copy(copied.journal);
	copied.who = copy(copied.who != NULL ? copied.who : "cgward");
	copied.why = copy(copied.why != NULL ? copied.why : "");
	if (copied.who == NULL || copied.why == NULL ||
	    (options != NULL && options->journal != NULL && copied.journal == NULL)) {
		plan_options_done(&copied);
		return -ENOMEM;
	}
	*ret_copy = copied;
	return 0;
}

bool plan_options_same_journal(const struct cgw_limit_options *a, const struct cgw_limit_options *b)
{
	return a->journal == NULL || b->journal == NULL ? a->journal == b->journal
							: strcmp(a->journal, b->journal) == 0;
}
