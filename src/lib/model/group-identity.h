/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-identity.h - what a group is, as far as its path and its hierarchies tell it. */
#ifndef CGWARD_LIB_MODEL_GROUP_IDENTITY_H
#define CGWARD_LIB_MODEL_GROUP_IDENTITY_H

#include <cgward/expression.h>

/* Unit, container, owner and controller; all else is unknown. */
enum cgw_truth subject_by_path(const struct cgw_frame *frame, uint32_t group,
			       enum cgw_subject subject, const char *pattern);

#endif
