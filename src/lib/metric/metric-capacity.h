/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metric-capacity.h - the size of arrays by metric: it has room for new ones. */
#pragma once

/* A constant, so that a new metric changes no header. */
#define METRIC_CAPACITY 512
