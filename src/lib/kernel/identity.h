/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identity.h - access to the rows of identities.def for tests. */
#pragma once

#include <cgward/kernel.h>

/*
 * Units and containers are never this deep. The names in further components of a path are not
 * read: it may have thousands, each of which would be compared with all patterns.
 */
#define IDENTITY_DEPTH_MAX 32

size_t identity_rule_count(void);
const char *identity_rule_pattern(size_t rule);

/* Like cgw_identity_from_path(); returns the row of the innermost match, or the number of rows. */
size_t identity_read(const char *path, struct cgw_identity *ret_identity);
