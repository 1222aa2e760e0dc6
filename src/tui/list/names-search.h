/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names-search.h - looks up the names of containers and pods in a worker thread. */
#pragma once

#include "tui/core/app.h"

/* Posts a job that looks up the names of these groups, unless all are known. */
void group_names_search(struct app *app, const uint32_t *groups, size_t count);
