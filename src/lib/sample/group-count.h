/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* group-count.h - estimate of the number of groups. */
#pragma once

#include <cgward/kernel.h>

/* The number of groups in the largest hierarchy, as the kernel reports it without a walk. */
uint32_t group_count_estimate(const struct cgw_layout *layout);
