/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* counter-growth.h - how far the counters of groups advanced between the samples of a frame. */
#pragma once

#include <cgward/model.h>

/*
 * The growth of a counter that includes descendants, without that of the children. A group that did
 * not exist in the sample before has counted from 0. 0 if it is unknown.
 */
uint64_t counter_own_growth(const struct cgw_frame *frame, enum cgw_metric metric, uint32_t group);
