/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* identity.h - the rows of identities.def, for the test that wants a path for each. */
#ifndef CGWARD_LIB_MODEL_IDENTITY_H
#define CGWARD_LIB_MODEL_IDENTITY_H

#include <cgward/model.h>

size_t identity_rule_count(void);
const char *identity_rule_pattern(size_t rule);

/* As cgw_identity_from_path(); returns the row that named the innermost thing, or their number. */
size_t identity_read(const char *path, struct cgw_identity *ret_identity);

#endif
