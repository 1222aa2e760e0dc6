/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unreleased-metric-ids.h - the rows of metrics.def that are not yet in metric-ids.h. */
#pragma once

#include <cgward/metric-ids.h>

#define METRIC_COUNT 430
