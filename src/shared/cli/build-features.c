/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* build-features.c - parts of the program that a build may leave out. */
#include <stddef.h>

#include "shared/cli/build-features.h"

#define X(name, left_out) {name, left_out},

const struct build_feature build_features[] = {
#include "build-features.def"
	{NULL, NULL},
};
