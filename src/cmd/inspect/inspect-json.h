/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inspect-json.h - prints the report of a group as JSON. */
#pragma once

#include "shared/report/inspect-view.h"

/* Both return 0 or a negative error. Write errors are reported by ferror(). */
int show_json(const struct view *view, FILE *out);
int show_namespaces_json(const struct cgw_namespace *namespaces, size_t count, FILE *out);
