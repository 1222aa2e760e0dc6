/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* show-json.h - the same page for programs. */
#ifndef CGWARD_EXAMINE_SHOW_JSON_H
#define CGWARD_EXAMINE_SHOW_JSON_H

#include "page/view.h"

/* Each returns 0 or a negative error; what could not be written shows in ferror(). */
int show_json(const struct view *view, FILE *out);
int show_namespaces_json(const struct cgw_namespace *namespaces, size_t count, FILE *out);

#endif
