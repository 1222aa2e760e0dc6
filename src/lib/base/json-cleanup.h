/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-cleanup.h - release a JSON value when its variable goes out of scope. */
#ifndef CGWARD_LIB_BASE_JSON_CLEANUP_H
#define CGWARD_LIB_BASE_JSON_CLEANUP_H

#include <jansson.h>

#include "lib/base/cleanup.h"

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#endif
