/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * short-page.h - what a page states without memory to allocate: the event, the memory of the group,
 * and the kernel's report.
 */
#pragma once

#include "shared/postmortem/event-page.h"

/* Allocated before it is needed. Lines of the report that do not fit are left out and counted. */
struct short_page {
	char json[96 << 10], text[48 << 10];
	char escaped[16 << 10]; /* the string that is being written */
};

/* Fills in both texts, which end with a newline. */
void short_page_make(struct short_page *to, const struct event_page *page, const char *id);
