/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* network-traffic.h - network traffic of a group, by the network namespaces of its processes. */
#pragma once

#include "lib/metric/decode.h"
#include "lib/sample/group-tree.h"

/*
 * Fills the slots of the requests by their keys: "received", "sent", "namespace". Absent if the
 * group has no processes, or all of them use the host's network.
 */
void network_traffic_count(const struct cgw_layout *layout, const struct tree_group *group,
			   size_t hierarchy, const struct decode_request *requests,
			   size_t request_count, struct cgw_number *out);
