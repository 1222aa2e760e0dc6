/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metric-capacity.h - the size of arrays by metric: it has room for new ones. */
#ifndef CGWARD_LIB_METRIC_METRIC_CAPACITY_H
#define CGWARD_LIB_METRIC_METRIC_CAPACITY_H

/* A constant, so that a new metric changes no header. */
#define METRIC_CAPACITY 512

#endif
