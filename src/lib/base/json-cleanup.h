/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* json-cleanup.h - release a JSON value when its variable goes out of scope. */
#pragma once

#include <jansson.h>

#include "lib/base/cleanup.h"

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}
