/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* build-features.h - parts of the program that a build may leave out. */
#pragma once

struct build_feature {
	const char *name;     /* public, in `--version --json` */
	const char *left_out; /* why it is not part of this build; NULL: it is */
};

/* Ends with a NULL name. */
extern const struct build_feature build_features[];
