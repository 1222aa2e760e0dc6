/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* unreleased-metric-ids.h - the rows of metrics.def that are not yet in metric-ids.h. */
#ifndef CGWARD_UNRELEASED_METRIC_IDS_H
#define CGWARD_UNRELEASED_METRIC_IDS_H

#include <cgward/metric-ids.h>

#define METRIC_COUNT 426

#endif
