/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-identity.h - properties of a group that follow from its path and hierarchies. */
#pragma once

#include <cgward/expression.h>

/* Unit, container, owner and controller; CGW_UNKNOWN for other subjects. */
enum cgw_truth subject_by_path(const struct cgw_frame *frame, uint32_t group,
			       enum cgw_subject subject, const char *pattern);
